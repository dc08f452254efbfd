//! The code cache: a reader finds either no entry or the complete entry of one writer.

use crate::host::cache::{CachedComponent, CodeCache};
use crate::sync::{step, thread};
use std::fs;
use std::path::Path;

/// The entry of one writer. Entries of different writers differ.
fn entry_of(writer: u8) -> CachedComponent {
    CachedComponent {
        code: vec![writer; 64],
        manifest: format!("{{\"writer\":{writer}}}"),
        imports: vec![writer.to_string()],
    }
}

fn cache(folder: &Path) -> CodeCache {
    CodeCache::open(folder, 1).unwrap()
}

fn reader(cache: &CodeCache, writers: u8) -> thread::JoinHandle<()> {
    let cache = cache.clone();
    thread::spawn(move || {
        for _ in 0..2 {
            let found = cache.get("digest");
            assert!(
                found.as_ref().is_none_or(|found| (1..=writers).any(|writer| *found == entry_of(writer))),
                "{found:?}"
            );
        }
    })
}

pub(crate) fn readers_see_nothing_or_a_whole_entry() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    let writers = [1, 2].map(|writer| {
        let cache = cache.clone();
        thread::spawn(move || cache.put("digest", &entry_of(writer)).unwrap())
    });
    let readers = [reader(&cache, 2), reader(&cache, 2)];
    writers.into_iter().chain(readers).for_each(|thread| thread.join().unwrap());
    // The writers have removed their temporary files, and a later writer can replace the entry.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    cache.put("digest", &entry_of(1)).unwrap();
    assert_eq!(cache.get("digest"), Some(entry_of(1)));
}

pub(crate) fn a_crashed_writer_leaves_nothing_or_a_whole_entry() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    let writing = cache.clone();
    // The folder is copied while the writer runs: the copy has the state that a crash at this time leaves.
    let writer = thread::spawn(move || writing.put("digest", &entry_of(1)).unwrap());
    let left = tempfile::tempdir().unwrap();
    step();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), left.path().join(entry.file_name())).unwrap();
    }
    let later = CodeCache::open(left.path(), 1).unwrap();
    reader(&later, 1).join().unwrap();
    later.put("digest", &entry_of(2)).unwrap();
    assert_eq!(later.get("digest"), Some(entry_of(2)));
    writer.join().unwrap();
    assert_eq!(cache.get("digest"), Some(entry_of(1)));
}
