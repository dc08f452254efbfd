//! Errors of expressions, worded for the designer who wrote them.

use super::function;
use super::limits::MAX_SHOWN_SOURCE;
use flowhost_error::text::{escape, truncate};
use flowhost_error::{ErrorCode, comparison_steps, nearest_name};

/// The reason for a failed parse or evaluation.
///
/// Its `Display` output is only the message. The caller formats code, position and source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct ExpressionError(Box<ErrorDetails>);

/// The details of an [`ExpressionError`], which dereferences to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorDetails {
    /// The stable code.
    pub code: ErrorCode,
    /// The problem and its fix: one sentence without a full stop.
    pub message: String,
    /// The line in the source, from 1, if known.
    pub line: Option<u32>,
    /// The column in that line, in characters from 1, if known.
    pub column: Option<u32>,
    /// The source, truncated if it is long.
    pub expression: Option<String>,
    /// The entity that is not set.
    pub entity: Option<String>,
    /// The existing name of an entity or a function that is nearest to an unknown one.
    pub nearest: Option<String>,
    /// The exceeded limit: `source`, `literals`, `tokens`, `nesting`, `comprehensions`, `list`, `value` or `steps`.
    pub limit: Option<&'static str>,
}

impl std::ops::Deref for ExpressionError {
    type Target = ErrorDetails;

    fn deref(&self) -> &ErrorDetails {
        &self.0
    }
}

/// An error inside this module. Its position is an offset, and it has no costly details, since `||` may absorb the
/// error.
#[derive(Debug)]
pub(super) struct EvalError {
    pub(super) code: ErrorCode,
    pub(super) message: String,
    pub(super) at: Option<u32>,
    pub(super) unknown: Option<UnknownName>,
    pub(super) limit: Option<&'static str>,
}

/// An unknown name.
#[derive(Debug)]
pub(super) enum UnknownName {
    Entity(String),
    Function { name: String, is_method: bool },
}

/// The result of one step of parsing or evaluation.
pub(super) type EvalResult<T> = Result<T, Box<EvalError>>;

impl EvalError {
    fn new(code: ErrorCode, message: String) -> Box<Self> {
        Box::new(Self { code, message, at: None, unknown: None, limit: None })
    }

    pub(super) fn syntax(message: impl Into<String>, at: usize) -> Box<Self> {
        Self::new(ErrorCode::ExpressionSyntax, message.into()).at(offset(at))
    }

    pub(super) fn result_type(message: impl Into<String>) -> Box<Self> {
        Self::new(ErrorCode::ExpressionType, message.into())
    }

    pub(super) fn evaluation_failed(message: impl Into<String>) -> Box<Self> {
        Self::new(ErrorCode::ExpressionFailed, message.into())
    }

    pub(super) fn too_large(limit: &'static str, message: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(ErrorCode::ExpressionTooLarge, message.into());
        error.limit = Some(limit);
        error
    }

    pub(super) fn entity_not_set(name: &str) -> Box<Self> {
        let mut error = Self::new(ErrorCode::EntityNotSet, String::new());
        error.unknown = Some(UnknownName::Entity(name.to_owned()));
        error
    }

    pub(super) fn unknown_function(name: &str, is_method: bool) -> Box<Self> {
        let mut error = Self::new(ErrorCode::ExpressionFailed, String::new());
        error.unknown = Some(UnknownName::Function { name: name.to_owned(), is_method });
        error
    }

    /// Sets the position, unless the error already has one: the innermost position is the most precise.
    pub(super) fn at(mut self: Box<Self>, at: u32) -> Box<Self> {
        self.at.get_or_insert(at);
        self
    }

    /// Returns whether another operand may absorb this failure, as in `failure || true`. An exceeded limit is final.
    pub(super) fn is_short_circuitable(&self) -> bool {
        self.code != ErrorCode::ExpressionTooLarge
    }

    /// Converts to the public error for a source. Costly details, such as the nearest name, are computed only here.
    ///
    /// `spend` charges the steps of each comparison of names. The comparisons end when it returns false.
    pub(super) fn explain<'n>(
        self,
        text: &str,
        entities: impl Iterator<Item = &'n str>,
        mut spend: impl FnMut(usize) -> bool,
    ) -> ExpressionError {
        let position = self.at.map(|at| line_and_column(text, at as usize));
        let (message, entity, nearest) = match self.unknown {
            None => (self.message, None, None),
            Some(UnknownName::Entity(name)) => {
                let compared = entities.take_while(|other| spend(comparison_steps(&name, other)));
                let nearest = nearest_name(&name, compared).map(str::to_owned);
                (entity_not_set_message(&name, nearest.as_deref()), Some(name), nearest)
            }
            Some(UnknownName::Function { name, is_method }) => {
                let (message, nearest) = function::unknown_function_message(&name, is_method, spend);
                (message, None, nearest)
            }
        };
        ExpressionError(Box::new(ErrorDetails {
            code: self.code,
            message: escape(&message).into_owned(),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            expression: Some(truncated(text)),
            entity,
            nearest,
            limit: self.limit,
        }))
    }
}

fn entity_not_set_message(name: &str, nearest: Option<&str>) -> String {
    if function::is_namespace(name) {
        return format!("`{name}` has no such function, and there is no entity of that name either");
    }
    let hint = nearest.map(|nearest| format!(", the nearest name is `{nearest}`")).unwrap_or_default();
    format!(
        "the entity `{}` is not set{hint}: plain words without quotes are entity names, text needs quotes, and an entity \
         that may be unset is read with entities.?name.orValue(…)",
        truncated(name)
    )
}

/// Converts a byte offset. The limits keep sources far below 4 GiB.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Returns line and column, both from 1, of a byte offset.
fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let mut line = 1;
    let mut column = 1;
    for (index, character) in text.char_indices() {
        if index >= at {
            break;
        }
        if character == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    (line, column)
}

/// Returns a text for a message, truncated if it is long.
pub(super) fn truncated(text: &str) -> String {
    truncate(text, MAX_SHOWN_SOURCE).into_owned()
}
