//! Escapes external text for terminals, logs and readers.
//!
//! A terminal interprets control characters, and bidirectional formatting characters change the order of text that a
//! reader sees. All output of external text escapes both.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns whether the character is unsafe to show: control characters (C0, DEL, C1), bidirectional formatting
/// characters, and line and paragraph separators.
pub fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Returns the text on one line, with an escape such as `
/// ` or `\u{1b}` for every unsafe character.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_with(text, |character, escaped| escaped.extend(character.escape_default()))
}

/// Returns JSON text of the same value, with an escape such as `\u001b` for every unsafe character in its strings.
///
/// White space between the tokens stays, since only a string contains other unsafe characters.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    escape_with(json, |character, escaped| match character {
        '\n' | '\r' | '\t' => escaped.push(character),
        // Every unsafe character fits into four digits.
        _ => drop(write!(escaped, "\\u{:04x}", u32::from(character))),
    })
}

fn escape_with(text: &str, push: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) { push(character, &mut escaped) } else { escaped.push(character) }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The first and the last character of each kind.
    const UNSAFE: [char; 15] = [
        '\0', '\u{1b}', '\u{1f}', '\u{7f}', '\u{80}', '\u{9f}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}',
        '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}',
    ];

    #[test]
    fn text_shows_no_unsafe_character() {
        for character in UNSAFE {
            let text = format!("a{character}b");
            assert!(!escape(&text).contains(is_unsafe), "{character:?}");
        }
        assert_eq!(escape("a\n\u{1b}]0;x\u{7}\u{202e}ñ"), "a\\n\\u{1b}]0;x\\u{7}\\u{202e}ñ");
    }

    #[test]
    fn safe_text_is_unchanged() {
        let text = "Ñandú, 名前, שלום, family 👨\u{200d}👩\u{200d}👧 ~";
        assert!(matches!(escape(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ (String::from_iter(UNSAFE)): ["\u{9b}2J", "\n\t\"\\", "ñ"] });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escape_json(&text);
        assert!(!escaped.contains(|character| character != '\n' && is_unsafe(character)), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
