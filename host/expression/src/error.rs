//! What went wrong with an expression, in words for the designer who wrote it.

use super::function;
use super::limits::MAX_SHOWN_SOURCE;
use super::suggestion::nearest_name;

/// The stable code of an [`ExpressionError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The source does not parse.
    Syntax,
    /// The result is of a type that its use does not allow.
    Type,
    /// An operation failed while it was evaluated.
    Failed,
    /// A bound on source, work or size was exceeded.
    TooLarge,
    /// An entity that the expression reads has no value.
    EntityNotSet,
}

impl ErrorCode {
    /// The code as programs and diagrams know it, such as `expression-syntax`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "expression-syntax",
            Self::Type => "expression-type",
            Self::Failed => "expression-failed",
            Self::TooLarge => "expression-too-large",
            Self::EntityNotSet => "entity-not-set",
        }
    }
}

/// Why an expression could not be parsed or evaluated.
///
/// Shown as its message alone: code, position and source are for the caller to set out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct ExpressionError(Box<ErrorDetails>);

/// What is known of an [`ExpressionError`], which lends it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorDetails {
    /// The stable code.
    pub code: ErrorCode,
    /// What was wrong and how to mend it: one sentence without a full stop.
    pub message: String,
    /// The line of the source, from 1, where known.
    pub line: Option<u32>,
    /// The column in that line, in characters from 1, where known.
    pub column: Option<u32>,
    /// The source, shortened where it is long.
    pub expression: Option<String>,
    /// The entity that is not set.
    pub entity: Option<String>,
    /// The existing name (of an entity or a function) that is nearest to an unknown one.
    pub nearest: Option<String>,
    /// The bound that was exceeded: `source`, `literals`, `tokens`, `nesting`, `comprehensions`, `list`, `value` or
    /// `steps`.
    pub limit: Option<&'static str>,
}

impl std::ops::Deref for ExpressionError {
    type Target = ErrorDetails;

    fn deref(&self) -> &ErrorDetails {
        &self.0
    }
}

impl ErrorDetails {
    /// The stable code as text.
    pub fn code(&self) -> &'static str {
        self.code.as_str()
    }
}

/// A failure inside this module: its place is an offset, and nothing costly is known yet, since `||` may absorb it.
#[derive(Debug)]
pub(super) struct EvalError {
    pub(super) code: ErrorCode,
    pub(super) message: String,
    pub(super) at: Option<u32>,
    pub(super) unknown: Option<UnknownName>,
    pub(super) limit: Option<&'static str>,
}

/// A name that stands for nothing.
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
        Self::new(ErrorCode::Syntax, message.into()).at(offset(at))
    }

    pub(super) fn result_type(message: impl Into<String>) -> Box<Self> {
        Self::new(ErrorCode::Type, message.into())
    }

    pub(super) fn evaluation_failed(message: impl Into<String>) -> Box<Self> {
        Self::new(ErrorCode::Failed, message.into())
    }

    pub(super) fn too_large(limit: &'static str, message: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(ErrorCode::TooLarge, message.into());
        error.limit = Some(limit);
        error
    }

    pub(super) fn entity_not_set(name: &str) -> Box<Self> {
        let mut error = Self::new(ErrorCode::EntityNotSet, String::new());
        error.unknown = Some(UnknownName::Entity(name.to_owned()));
        error
    }

    pub(super) fn unknown_function(name: &str, is_method: bool) -> Box<Self> {
        let mut error = Self::new(ErrorCode::Failed, String::new());
        error.unknown = Some(UnknownName::Function { name: name.to_owned(), is_method });
        error
    }

    /// The same failure at a place, unless it already has one: the innermost place is the useful one.
    pub(super) fn at(mut self: Box<Self>, at: u32) -> Box<Self> {
        self.at.get_or_insert(at);
        self
    }

    /// Whether another operand may outweigh this failure, as in `failure || true`. A bound is final.
    pub(super) fn is_short_circuitable(&self) -> bool {
        self.code != ErrorCode::TooLarge
    }

    /// The error to show for a source. What costs to find out, such as the name that was meant, is found out here, once.
    pub(super) fn explain<'n>(self, text: &str, entities: impl Iterator<Item = &'n str>) -> ExpressionError {
        let place = self.at.map(|at| line_and_column(text, at as usize));
        let (message, entity, nearest) = match self.unknown {
            None => (self.message, None, None),
            Some(UnknownName::Entity(name)) => {
                let nearest = nearest_name(&name, entities);
                (entity_not_set_message(&name, nearest.as_deref()), Some(name), nearest)
            }
            Some(UnknownName::Function { name, is_method }) => {
                let (message, nearest) = function::unknown_function_message(&name, is_method);
                (message, None, nearest)
            }
        };
        ExpressionError(Box::new(ErrorDetails {
            code: self.code,
            message: single_line(message),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
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

/// A byte offset as the parser keeps it; sources are bounded far below 4 GiB.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Line and column, both from 1, of a byte offset.
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

/// A message whose quotations hold nothing that a terminal would obey.
fn single_line(message: String) -> String {
    if !message.contains(char::is_control) {
        return message;
    }
    let mut shown = String::with_capacity(message.len());
    for character in message.chars() {
        if character.is_control() { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    shown
}

/// A text as a message shows it: long ones are cut.
pub(super) fn truncated(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_SOURCE) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
