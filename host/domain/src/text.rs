//! Normalisation of names and identifiers, as the program compares and stores them.

use super::refusal::Refusal;
use flowhost_error::ErrorCode;
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Maximum characters of a name, an identifier, a correlator or a reason.
pub const MAX_CHARACTERS: usize = 256;

/// Maximum bytes of an input. NFC composes at most four characters of at most four bytes each into one, and a longer
/// text therefore exceeds [`MAX_CHARACTERS`].
const MAX_BYTES: usize = MAX_CHARACTERS * 16;

/// Returns `given` in NFC, trimmed, with at most [`MAX_CHARACTERS`] characters.
///
/// `what` names the text in messages (`the contact's name`). The errors name `argument`: `value-too-large`, and
/// `refused` for a NUL, which some stores cannot hold.
pub fn normalise(given: &str, what: &str, argument: &'static str, refused: ErrorCode) -> Result<String, Refusal> {
    let too_large = || Refusal::too_large(what, MAX_CHARACTERS, "characters").about_argument(argument);
    let trimmed = given.trim();
    if trimmed.len() > MAX_BYTES {
        return Err(too_large());
    }
    let composed = if is_nfc(trimmed) { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.nfc().collect::<String>()) };
    let text = composed.trim();
    if exceeds(text, MAX_CHARACTERS) {
        return Err(too_large());
    }
    reject_nul(text, what, argument, refused)?;
    Ok(text.to_owned())
}

/// Returns whether a text has more than `characters` characters.
pub fn exceeds(text: &str, characters: usize) -> bool {
    // Every character takes at least one byte, and counting is therefore unnecessary for most texts.
    text.len() > characters && text.chars().count() > characters
}

/// Rejects a text with a NUL, which some stores cannot hold.
pub(crate) fn reject_nul(text: &str, what: &str, argument: &'static str, refused: ErrorCode) -> Result<(), Refusal> {
    if text.contains('\0') {
        let message = format!("{what} contains the character NUL (U+0000); remove it");
        return Err(Refusal::new(refused, message).about_argument(argument));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(!exceeds("", 0) && !exceeds("ñañ", 3) && !exceeds("abc", 3));
        assert!(exceeds("ñañ", 2) && exceeds("abc", 2));
    }

    fn name(text: &str) -> Result<String, Refusal> {
        normalise(text, "the name", "name", ErrorCode::ParameterInvalid)
    }

    #[test]
    fn names_are_composed_and_trimmed() {
        assert_eq!(name(" \u{a0}Jose\u{301}\n").unwrap(), "José");
    }

    #[test]
    fn the_limit_counts_composed_characters() {
        assert_eq!(name(&"e\u{301}".repeat(256)).unwrap().chars().count(), 256);
        let refusal = name(&"é".repeat(257)).unwrap_err();
        assert_eq!((refusal.code, refusal.argument), (ErrorCode::ValueTooLarge, Some("name")));
    }

    #[test]
    fn a_nul_is_rejected() {
        assert_eq!(name("a\0b").unwrap_err().code, "parameter-invalid");
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC{0,40}|[ \\ta\u{301}\u{2000}\u{1100}-\u{11ff}]{0,20}") {
            let once = name(&text).unwrap();
            prop_assert_eq!(name(&once).unwrap(), once);
        }
    }
}
