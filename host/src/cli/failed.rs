//! How a command says that it could not do what it was asked.

use super::output::say_text;
use super::terminal::Paint;
use flowhost::domain::escape::escape;
use flowhost::invocation::codes::{self, Class};
use flowhost::store::StoreError;
use flowhost::{Failure, LoadError, OpenError};
use std::process::ExitCode;

/// Why a command ends early.
#[derive(Debug)]
pub(super) enum Failed {
    /// What there is to say was said.
    Said,
    /// Nobody reads stdout any more: nothing is wrong, and nothing is left to do.
    PipeClosed,
    /// A signal asked for the end, and what was in flight is answered.
    Interrupted(u8),
    /// The arguments don't go together.
    Usage(Box<clap::Error>),
    /// It can't be done.
    Because(Box<Reason>),
}

/// What to say of it.
#[derive(Debug)]
pub(super) struct Reason {
    pub(super) message: String,
    pub(super) code: Option<String>,
    pub(super) retryable: bool,
    /// The place in a text, drawn.
    pub(super) excerpt: Option<String>,
    pub(super) hint: Option<String>,
}

impl Failed {
    pub(super) fn because(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Because(Box::new(Reason { message, code: None, retryable: false, excerpt: None, hint: None }))
    }

    pub(super) fn usage(error: clap::Error) -> Self {
        Self::Usage(Box::new(error))
    }

    fn change(mut self, change: impl FnOnce(&mut Reason)) -> Self {
        if let Self::Because(reason) = &mut self {
            change(reason);
        }
        self
    }

    pub(super) fn with_code(self, code: &str) -> Self {
        self.change(|reason| reason.code = Some(code.to_owned()))
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.change(|reason| reason.hint = Some(hint.into()))
    }

    pub(super) fn with_excerpt(self, excerpt: Option<String>) -> Self {
        self.change(|reason| reason.excerpt = excerpt)
    }

    /// The answer to a request that this kept from being carried out; `None`: it is about no request.
    pub(super) fn as_failure(&self) -> Option<Failure> {
        let Self::Because(reason) = self else { return None };
        let code = reason.code.as_deref().filter(|code| codes::class(code) == Some(Class::Failure))?;
        let message = reason.message.clone();
        Some(if reason.retryable { Failure::passing(code, message) } else { Failure::new(code, message) })
    }

    /// Says it on stderr, in lines `error: …` and `hint: …`, and answers the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Said => ExitCode::FAILURE,
            Self::PipeClosed => ExitCode::SUCCESS,
            Self::Interrupted(code) => code.into(),
            Self::Usage(error) => usage(&error),
            Self::Because(reason) => {
                reason.say();
                ExitCode::FAILURE
            }
        }
    }
}

impl Reason {
    fn say(&self) {
        let paint = Paint::stderr();
        let code = self.code.as_ref().map(|code| paint.dim(&format!(" ({})", escape(code)))).unwrap_or_default();
        let mut text = format!("{}: {}{code}\n", paint.red("error"), escape(&self.message));
        text.extend(self.excerpt.iter().map(String::as_str));
        text.extend(self.hint.iter().map(|hint| format!("{}: {}\n", paint.cyan("hint"), escape(hint))));
        say_text(&text);
    }
}

/// Shows what clap has to say, which is help as well as errors.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let text = error.render();
        say_text(&if Paint::stderr().is_on() { text.ansi().to_string() } else { text.to_string() });
    } else {
        error.print().ok();
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

impl From<Failure> for Failed {
    fn from(Failure { code, message, retryable }: Failure) -> Self {
        Self::because(message).with_code(&code).change(|reason| reason.retryable = retryable)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl From<LoadError> for Failed {
    fn from(error: LoadError) -> Self {
        Self::because(error.message).with_code(error.code)
    }
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            error => Self::because(error.to_string()),
        }
    }
}
