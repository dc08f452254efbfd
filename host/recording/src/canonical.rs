//! The canonical text of a recording, and its seal.

use flowhost_domain::canonical_json::canonicalise;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::fmt::Write as _;

/// Returns the canonical text of a value: RFC 8785, in which an integer has all of its digits.
pub fn canonical_text(value: &Json) -> String {
    let Ok(text) = canonicalise::<Infallible>(&value.to_string(), &mut |_| Ok(()));
    text
}

/// Returns the seal of a recording: `sha256:` and the SHA-256 of its canonical text. The value has no member `seal`.
pub(crate) fn seal(unsealed: &Json) -> String {
    let digest = Sha256::digest(canonical_text(unsealed).as_bytes());
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a text does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
