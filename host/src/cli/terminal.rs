//! Colour, where a person looks at it.

use std::io::IsTerminal as _;

/// Paints text for one stream, or leaves it as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Paint {
    on: bool,
}

impl Paint {
    pub(super) fn stderr() -> Self {
        Self { on: std::io::stderr().is_terminal() && wanted() }
    }

    pub(super) fn stdout() -> Self {
        Self { on: std::io::stdout().is_terminal() && wanted() }
    }

    pub(super) fn is_on(self) -> bool {
        self.on
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(super) fn cyan(self, text: &str) -> String {
        self.paint("36", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
