//! Refusals and warnings of the domain rules.

use super::escape::is_unsafe;

/// The rejection of a request by a rule. A rejected request changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// One of the stable codes: `contact-not-found`, `schedule-invalid`, ...
    pub code: &'static str,
    /// One sentence without a full stop that names the input and suggests a fix.
    pub message: String,
    /// The argument or field that the rule rejected, as the contract spells it: `schedule`, `contact`, `locale`, ...
    pub argument: Option<&'static str>,
    /// Details for programs: (`contact`, an id), (`limit`, a number), ...
    pub details: Vec<(String, String)>,
}

impl Refusal {
    /// Creates a refusal that names no argument.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), argument: None, details: Vec::new() }
    }

    /// Sets the argument that the refusal names.
    #[must_use]
    pub fn about_argument(mut self, argument: &'static str) -> Self {
        self.argument = Some(argument);
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn with_detail(mut self, name: &str, value: impl Into<String>) -> Self {
        self.details.push((name.to_owned(), value.into()));
        self
    }

    // A missing object and an object of another tenant must give the same message. These constructors are the only
    // place that words it.

    /// Returns `tenant-not-found`.
    pub fn tenant_not_found(id: &str) -> Self {
        Self::new(
            "tenant-not-found",
            format!("there is no tenant {}; apply it first, or correct the session's tenant", quote(id)),
        )
    }

    /// Returns `contact-not-found`. `id` is the text as given, a UUID or not.
    pub fn contact_not_found(id: &str) -> Self {
        Self::new(
            "contact-not-found",
            format!(
                "there is no contact {} in this tenant; take the id that a contact manager wrote into its entity",
                quote(id)
            ),
        )
        .about_argument("contact")
    }

    /// Returns `campaign-not-found`. `id` is the text as given, a UUID or not.
    pub fn campaign_not_found(id: &str) -> Self {
        Self::new(
            "campaign-not-found",
            format!("there is no campaign {} in this tenant; pick one of its campaigns by id", quote(id)),
        )
        .about_argument("campaign")
    }

    /// Returns `category-not-found`: no campaign of the tenant has the category.
    pub fn category_not_found(category: &str) -> Self {
        Self::new(
            "category-not-found",
            format!("no campaign of this tenant has the category {}; use one spelt as in a campaign", quote(category)),
        )
        .about_argument("category")
    }

    /// Returns `value-too-large`: `what` (a noun phrase) exceeds `limit`, counted in `unit`.
    pub(crate) fn too_large(what: &str, limit: usize, unit: &str) -> Self {
        Self::new("value-too-large", format!("{what} is longer than {limit} {unit}; shorten it"))
            .with_detail("limit", limit.to_string())
    }
}

/// A warning for the flow designer from a rule that accepted the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// One of the stable warning codes: `schedule-ignored`, ...
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The argument that the warning is about, as in [`Refusal`].
    pub argument: Option<&'static str>,
}

impl Warning {
    /// Creates a warning about `argument`.
    pub fn new(code: &'static str, message: impl Into<String>, argument: &'static str) -> Self {
        Self { code, message: message.into(), argument: Some(argument) }
    }
}

/// Returns `text` for a message: in double quotes, with unsafe characters escaped, truncated after 60 characters.
pub fn quote(text: &str) -> String {
    let mut shown = String::from("\"");
    for (count, character) in text.chars().enumerate() {
        if count == 60 {
            shown.push('…');
            break;
        }
        if is_unsafe(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown.push('"');
    shown
}

/// Returns a message on one line, with unsafe characters escaped, truncated after 500 characters.
pub fn single_line(message: String) -> String {
    let is_plain = message.len() <= MAX_MESSAGE_CHARACTERS && !message.contains(is_unsafe);
    if is_plain {
        return message;
    }
    let mut shown = String::new();
    let mut left = MAX_MESSAGE_CHARACTERS;
    for character in message.chars() {
        let spelt = if is_unsafe(character) { character.escape_default().count() } else { 1 };
        left = match left.checked_sub(spelt) {
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

/// Maximum characters of a message on one line.
const MAX_MESSAGE_CHARACTERS: usize = 500;

/// Maximum bytes of a code.
const MAX_CODE_BYTES: usize = 128;

/// Returns whether the text has the form of a code: lower-case letters, digits, dots and hyphens, with at most one
/// slash between two non-empty parts.
pub fn is_code(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_of_codes = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        !part.is_empty() && part.bytes().all(is_of_codes)
    };
    text.len() <= MAX_CODE_BYTES
        && text.split_once('/').map_or(is_part(text), |(of, code)| is_part(of) && is_part(code))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_code_has_one_form() {
        for code in ["contact-in-dnd", "acme/credit-too-low", "acme.v2/e-1", "x"] {
            assert!(is_code(code), "{code}");
        }
        let long = "x".repeat(129);
        for other in
            ["", "/", "acme/", "/low", "a/b/c", "Acme/low", "acme/\u{1b}]0;x\u{7}", "acme/ñ", "a b", "a_b", &long]
        {
            assert!(!is_code(other), "{other}");
        }
    }

    #[test]
    fn a_not_found_refusal_names_the_id() {
        let refusal = Refusal::contact_not_found("nobody");
        assert_eq!((refusal.code, refusal.argument), ("contact-not-found", Some("contact")));
        assert!(refusal.message.contains("\"nobody\""));
    }
}
