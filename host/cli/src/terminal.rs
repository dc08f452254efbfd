//! Colours for terminals, and escaping of all other control characters.

use flowhost::text::is_unsafe;
use std::borrow::Cow;
use std::io::IsTerminal as _;

/// The colours of one stream, on only for a terminal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    is_on: bool,
}

impl Style {
    pub(super) fn stderr() -> Self {
        Self { is_on: std::io::stderr().is_terminal() && is_colour_enabled() }
    }

    pub(super) fn stdout() -> Self {
        Self { is_on: std::io::stdout().is_terminal() && is_colour_enabled() }
    }

    pub(super) fn is_on(self) -> bool {
        self.is_on
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.apply("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.apply("2", text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.apply("1;31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.apply("32", text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.apply("33", text)
    }

    pub(super) fn cyan(self, text: &str) -> String {
        self.apply("36", text)
    }

    fn apply(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Returns the text with its line breaks and the colours of `style`, and with every other control character escaped.
/// Callers already escape external text on one line; this function is the second line of defence.
pub(super) fn sanitise(text: &str, style: Style) -> Cow<'_, str> {
    let is_hidden = |character| character != '\n' && is_unsafe(character);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let (mut shown, mut rest) = (String::with_capacity(text.len() + 16), text);
    while let Some(index) = rest.find(is_hidden) {
        let (before, from) = rest.split_at(index);
        shown.push_str(before);
        let colour = if style.is_on { colour_sequence_length(from) } else { None };
        rest = if let Some(length) = colour {
            let (colour, rest) = from.split_at(length);
            shown.push_str(colour);
            rest
        } else {
            let mut characters = from.chars();
            shown.extend(characters.next().into_iter().flat_map(char::escape_default));
            characters.as_str()
        };
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Returns the length of the colour sequence at the start of the text.
fn colour_sequence_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|character: char| !character.is_ascii_digit() && character != ';')?;
    parameters.get(end..)?.starts_with('m').then_some(end + 3)
}

fn is_colour_enabled() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_and_colour_reach_a_terminal() {
        let (plain, painted) = (Style::default(), Style { is_on: true });
        let text = format!("{}\n\u{1b}[2J\u{9b}m\u{1b}]0;x\u{7}\t\u{202e}ñ", painted.red("a"));
        assert_eq!(
            sanitise(&text, painted),
            "\u{1b}[1;31ma\u{1b}[0m\n\\u{1b}[2J\\u{9b}m\\u{1b}]0;x\\u{7}\\t\\u{202e}ñ"
        );
        assert!(!sanitise(&text, plain).contains('\u{1b}'));
        assert!(matches!(sanitise("a\nñ", plain), Cow::Borrowed("a\nñ")));
    }
}
