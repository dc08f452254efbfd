//! Runs every target on its corpus.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

#[path = "../../../host/flowhost/tests/documents/generated.rs"]
mod generated;

use flowhost_fuzz_targets::{TARGETS, Target};
use generated::assert_section;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of the largest file in the corpus.
const MAX_FILE_BYTES: usize = 4 << 10;

/// The number of panics on the host's threads, which catch them.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_a_hosts = std::thread::current().name().is_none_or(|name| name.starts_with("flowhost"));
            PANICS.fetch_add(usize::from(is_a_hosts), Ordering::Relaxed);
            print(panic);
        }));
    });
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The corpus of a target, in the order of file names.
fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let mut files: Vec<_> =
        fs::read_dir(folder("corpus").join(target.name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn replay(name: &str) {
    count_panics();
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    corpus(target).iter().for_each(|bytes| parse(target, bytes));
}

fn parse(target: &Target, bytes: &[u8]) {
    let before = PANICS.load(Ordering::Relaxed);
    let result = panic::catch_unwind(AssertUnwindSafe(|| (target.parse)(bytes)));
    let is_fine = result.is_ok() && PANICS.load(Ordering::Relaxed) == before;
    if !is_fine {
        let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("finding-{}", target.name));
        fs::write(&found, bytes).unwrap();
        panic!("{} has a finding, kept in {}: {}", target.name, found.display(), bytes.escape_ascii());
    }
}

macro_rules! replays {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        #[test]
        fn every_target_is_replayed() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

replays! { component manifest expression template flow session apply date phone }

#[test]
fn every_target_has_a_corpus_a_program_and_a_table_row() {
    let manifest = fs::read_to_string(folder("../../host/fuzz/Cargo.toml")).unwrap();
    let mut table = String::from("| target | input | property |\n|---|---|---|\n");
    for target in TARGETS {
        let corpus = corpus(target);
        assert!((5..=60).contains(&corpus.len()), "{}: {} files", target.name, corpus.len());
        assert!(corpus.iter().all(|file| file.len() < MAX_FILE_BYTES), "{} has a file too large", target.name);
        let program = fs::read_to_string(folder("../../host/fuzz/fuzz_targets").join(target.name).with_extension("rs"));
        assert!(program.unwrap().contains(&format!("(flowhost_fuzz_targets::{}, bytes)", target.name)));
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{} has no program", target.name);
        table += &format!("| `{}` | {} | {} |\n", target.name, target.input, target.property);
    }
    assert_section("tests/docs/fuzz-targets.md", "fuzz-targets", &table);
}
