//! The documents of the repository: links, sizes, and the tables that come from code.
//!
//! `UPDATE_DOCS=1 cargo test --release --workspace` rewrites the generated sections of all pages.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod codes;
mod dependencies;
mod enums;
mod generated;
mod limits;
mod links;
mod markdown;

use generated::repository;
use std::fs;

/// The largest size of the README, bytes.
const MAX_README_BYTES: u64 = 8 << 10;

#[test]
fn readme_is_short() {
    let bytes = fs::metadata(repository().join("README.md")).unwrap().len();
    assert!(bytes <= MAX_README_BYTES, "README.md has {bytes} bytes; move text to a page of its own");
}
