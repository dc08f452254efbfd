//! Untrusted text as a terminal, a log or a message may show it.
//!
//! A terminal obeys control characters, and marks of the writing direction change what a reader sees. Everything that
//! shows untrusted text escapes both, and limits the length of the text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of a text that [`quote`] shows.
const MAX_QUOTED_CHARACTERS: usize = 60;

/// Characters of a message that [`single_line`] shows.
const MAX_MESSAGE_CHARACTERS: usize = 500;

/// Whether a terminal obeys the character, or its effect on other characters misleads a reader: control characters
/// (C0, DEL, C1), marks of writing direction, and the separators of lines and paragraphs.
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

/// The text on one line: `\n`, `\u{1b}` and so on stand for every unsafe character.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_with(text, |character, escaped| escaped.extend(character.escape_default()))
}

/// JSON text of the same value: `\u001b` and so on stand for every unsafe character of its strings.
///
/// White space between the parts of the text stays, since only a string contains other unsafe characters.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    escape_with(json, |character, escaped| match character {
        '\n' | '\r' | '\t' => escaped.push(character),
        // None of them needs more than four digits.
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

/// The text for a message: in double quotes, unsafe characters escaped, cut after 60 characters.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for (count, character) in text.chars().enumerate() {
        if count == MAX_QUOTED_CHARACTERS {
            quoted.push('…');
            break;
        }
        if is_unsafe(character) {
            quoted.extend(character.escape_unicode());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('"');
    quoted
}

/// A message for people: on one line, unsafe characters escaped, cut after 500 characters.
pub fn single_line(message: String) -> String {
    let is_plain = message.len() <= MAX_MESSAGE_CHARACTERS && !message.contains(is_unsafe);
    if is_plain {
        return message;
    }
    let mut shown = String::new();
    let mut left = MAX_MESSAGE_CHARACTERS;
    for character in message.chars() {
        let width = if is_unsafe(character) { character.escape_default().count() } else { 1 };
        left = match left.checked_sub(width) {
            Some(left) => left,
            None => {
                shown.push('…');
                break;
            }
        };
        if is_unsafe(character) { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    shown
}

/// The first `max_characters` of the text, followed by `…` if the text is longer.
pub fn truncate(text: &str, max_characters: usize) -> Cow<'_, str> {
    let beginning = first_characters(text, max_characters);
    if beginning.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(format!("{beginning}…")) }
}

/// The first `max_characters` of the text.
pub fn first_characters(text: &str, max_characters: usize) -> &str {
    text.char_indices().nth(max_characters).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// The longest beginning of the text that has at most `max_bytes`, in no more memory than it needs.
pub fn truncate_bytes(mut text: String, max_bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(max_bytes));
    text.shrink_to_fit();
    text
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn hostile_text_is_truncated_and_single_line() {
        assert_eq!(quote("a\nb"), "\"a\\u{a}b\"");
        assert_eq!(quote(&"x".repeat(100_000)), format!("\"{}…\"", "x".repeat(60)));
        assert_eq!(single_line("a\nñ\u{1b}[2J".to_owned()), "a\\nñ\\u{1b}[2J");
        assert_eq!(single_line("ñ".repeat(100_000)), format!("{}…", "ñ".repeat(500)));
        assert_eq!(single_line("\u{7f}".repeat(100)), format!("{}…", "\\u{7f}".repeat(83)));
    }

    #[test]
    fn hidden_characters_are_escaped() {
        assert_eq!(quote("a\u{202e}b"), "\"a\\u{202e}b\"");
        assert_eq!(single_line("\u{9b}2J\u{2028}".to_owned()), "\\u{9b}2J\\u{2028}");
    }

    #[test]
    fn text_is_truncated_between_characters() {
        assert_eq!(
            (truncate("ñññ", 2), truncate("ñññ", 3), truncate("ñ", 0)),
            ("ññ…".into(), "ñññ".into(), "…".into())
        );
        assert_eq!((first_characters("ñññ", 2), first_characters("ñññ", 9)), ("ññ", "ñññ"));
        assert_eq!((truncate_bytes("ñññ".to_owned(), 5), truncate_bytes("ñ".to_owned(), 9)), ("ññ".into(), "ñ".into()));
        assert!(truncate_bytes("x".repeat(100_000), 4).capacity() < 100);
    }
}
