//! Sections of pages that come from code: tests compare them, and rewrite them on request.
//!
//! A section stands between the lines `<!-- generated: NAME -->` and `<!-- end: NAME -->`.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Locked while a page is read and written: tests of one process run at the same time.
static PAGES: Mutex<()> = Mutex::new(());

/// The root folder of the repository.
pub(crate) fn repository() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.ancestors().find(|folder| folder.join(".ci/run").is_file()).unwrap().to_owned()
}

/// Asserts that the section `name` of the page is `content`. With `UPDATE_DOCS=1` in the environment, it writes the
/// section instead. The path of `page` starts at the root of the repository.
#[track_caller]
pub(crate) fn assert_section(page: &str, name: &str, content: &str) {
    let path = repository().join(page);
    let _guard = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- generated: {name} -->\n"), format!("<!-- end: {name} -->\n"));
    let parts = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?)));
    let Some((before, (section, after))) = parts else { panic!("{page} does not contain the section {name}") };
    if section == content {
        return;
    }
    let is_update = std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1");
    assert!(is_update, "the section {name} of {page} is not current; set UPDATE_DOCS=1. Expected:\n\n{content}");
    std::fs::write(&path, [before, &begin, content, &end, after].concat()).unwrap();
}
