//! The errors of commands and their report on stderr.

use super::output::print_stderr_text;
use super::terminal::Style;
use flowhost::store::StoreError;
use flowhost::text::escape;
use flowhost::{CodeClass, ErrorCode, Failure, LoadError, OpenError};
use std::process::ExitCode;

/// The reason why a command ends early.
#[derive(Debug)]
pub(super) enum CliError {
    /// The command has already reported the error.
    AlreadyReported,
    /// The reader has closed stdout. This is not an error.
    PipeClosed,
    /// A signal ended the command, and the requests in flight are answered. Holds the exit code.
    Interrupted(u8),
    /// The arguments are not a valid combination.
    Usage(Box<clap::Error>),
    /// The command failed with this message.
    Message(Box<ErrorMessage>),
}

/// The parts of an error's report.
#[derive(Debug)]
pub(super) struct ErrorMessage {
    pub(super) message: String,
    pub(super) code: Option<ErrorCode>,
    pub(super) retryable: bool,
    /// The excerpt of a text with a caret at the position.
    pub(super) excerpt: Option<String>,
    pub(super) hint: Option<String>,
}

impl CliError {
    pub(super) fn message(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Message(Box::new(ErrorMessage { message, code: None, retryable: false, excerpt: None, hint: None }))
    }

    pub(super) fn usage(error: clap::Error) -> Self {
        Self::Usage(Box::new(error))
    }

    fn change_message(mut self, change: impl FnOnce(&mut ErrorMessage)) -> Self {
        if let Self::Message(reason) = &mut self {
            change(reason);
        }
        self
    }

    pub(super) fn with_code(self, code: impl Into<Option<ErrorCode>>) -> Self {
        self.change_message(|reason| reason.code = code.into())
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.change_message(|reason| reason.hint = Some(hint.into()))
    }

    pub(super) fn with_excerpt(self, excerpt: Option<String>) -> Self {
        self.change_message(|reason| reason.excerpt = excerpt)
    }

    /// Returns the failure of a request; `None` if the error does not concern a request.
    pub(super) fn as_failure(&self) -> Option<Failure> {
        let Self::Message(reason) = self else { return None };
        let code = reason.code.filter(|code| code.class() == CodeClass::Failure)?;
        let message = reason.message.clone();
        Some(if reason.retryable { Failure::transient(code, message) } else { Failure::new(code, message) })
    }

    /// Reports the error on stderr, in lines `error: …` and `hint: …`, and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::AlreadyReported => ExitCode::FAILURE,
            Self::PipeClosed => ExitCode::SUCCESS,
            Self::Interrupted(code) => code.into(),
            Self::Usage(error) => print_usage(&error),
            Self::Message(reason) => {
                reason.print();
                ExitCode::FAILURE
            }
        }
    }
}

impl ErrorMessage {
    fn print(&self) {
        let style = Style::stderr();
        let code = self.code.map(|code| style.dim(&format!(" ({code})"))).unwrap_or_default();
        let mut text = format!("{}: {}{code}\n", style.red("error"), escape(&self.message));
        text.extend(self.excerpt.iter().map(String::as_str));
        text.extend(self.hint.iter().map(|hint| format!("{}: {}\n", style.cyan("hint"), escape(hint))));
        print_stderr_text(&text);
    }
}

/// Prints the message of clap, either an error or the help.
fn print_usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let text = error.render();
        print_stderr_text(&if Style::stderr().is_on() { text.ansi().to_string() } else { text.to_string() });
    } else {
        error.print().ok();
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

impl From<Failure> for CliError {
    fn from(Failure { code, message, retryable, .. }: Failure) -> Self {
        Self::message(message).with_code(ErrorCode::find(&code)).change_message(|reason| reason.retryable = retryable)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl From<LoadError> for CliError {
    fn from(error: LoadError) -> Self {
        Self::message(error.message).with_code(error.code)
    }
}

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            error => Self::message(error.to_string()),
        }
    }
}
