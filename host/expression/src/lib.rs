//! The expression language of parameters.
//!
//! The language is CEL, the Common Expression Language. This implementation supports the extensions for texts, math,
//! lists, encoding and optionals, and adds `formatDate`, `parseDate` and `phone`. Sources come from tenants and are
//! untrusted. Parser and evaluator are therefore part of this module: their recursion depth has limits, and every
//! operation costs steps from a [`Budget`]. Module [`limits`] has the numbers.
//!
//! The crate `cel` does not meet these requirements. It cannot count steps, and it parses, copies and drops its trees
//! recursively. The stack that it needs grows with the length of a chain: 490 terms of `1+1+…` overflow 512 KiB and
//! abort the process.
//!
//! This module has no access to stores, plugins or clocks. A [`Scope`] provides all the data that an expression can
//! read.
//!
//! The implementation passes all applicable cases of the public CEL conformance suite. It deliberately omits messages,
//! variable bindings inside an expression, comprehensions over keys and values, and type checking before evaluation.

mod ast;
mod budget;
mod cache;
mod conversion;
mod date_pattern;
mod dates;
mod error;
mod evaluate;
mod function;
mod lexer;
pub mod limits;
mod literal;
mod operator;
mod parse;
mod pattern;
mod runtime_value;
mod scope;
mod template;
mod value;

#[cfg(test)]
mod tests;

pub use budget::Budget;
pub use cache::{CACHE_BYTES, ExpressionCache};
pub use dates::{DateError, format_date, parse_date};
pub use error::{ErrorDetails, ExpressionError};
pub use parse::is_variable_name;
pub use scope::{Entities, Locale, Scope, SessionView};
pub use value::{TIMESTAMP_HINT, Value, to_json_result};

use std::sync::Arc;

use ast::Node;
use budget::Fuel;
use error::EvalResult;
use evaluate::Evaluator;
use runtime_value::RuntimeValue;
use template::TemplatePart;

/// A parsed CEL expression within the limits. It is cheap to clone and shared between threads.
///
/// Parsing checks the size of the source. Evaluation takes steps from a [`Budget`], so that its CPU time has a limit.
/// [`limits`] has the numbers.
///
/// # Errors
/// [`Expression::parse`] and [`Expression::evaluate`] return an [`ExpressionError`] with a stable code and, for a syntax
/// error, the line and the column, both from 1.
///
/// ```
/// use chrono::{DateTime, NaiveDateTime, Utc};
/// use flowhost_expression::limits::MAX_STEPS;
/// use flowhost_expression::{Budget, Expression, Locale, Scope, SessionView, Value};
///
/// /// The time zone UTC, without phone numbers.
/// struct UtcLocale;
///
/// impl Locale for UtcLocale {
///     fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
///         instant.naive_utc()
///     }
///
///     fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
///         local.and_utc()
///     }
///
///     fn phone(&self, _: &str) -> Result<String, String> {
///         Err("phone numbers are not available".to_owned())
///     }
/// }
///
/// # fn main() -> Result<(), flowhost_expression::ExpressionError> {
/// let mut entities = serde_json::Map::new();
/// entities.insert("contact_name".to_owned(), "Ana".into());
/// let session = SessionView { id: "s-1", channel: "whatsapp", user: "56987654321" };
/// let scope = Scope { entities: &entities, variables: None, session, now: Utc::now(), locale: &UtcLocale };
///
/// let expression = Expression::parse(r#""Hola " + contact_name"#)?;
/// let mut budget = Budget::new(MAX_STEPS);
/// assert_eq!(expression.evaluate(&scope, &mut budget)?, Value::Text("Hola Ana".to_owned()));
/// assert!(budget.steps_left() < MAX_STEPS);
///
/// assert_eq!(Expression::parse("1 +").unwrap_err().code.as_str(), "expression-syntax");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Expression {
    parsed: Arc<ParsedSource<Node>>,
}

/// A parsed text expression: CEL, or a template if the source contains `{{`.
#[derive(Debug, Clone)]
pub struct TextExpression {
    parsed: Arc<ParsedSource<TextTree>>,
}

#[derive(Debug)]
struct ParsedSource<T> {
    source: Box<str>,
    tree: T,
}

#[derive(Debug)]
enum TextTree {
    Expression(Node),
    Template(Vec<TemplatePart>),
}

impl Expression {
    /// Parses a source.
    ///
    /// # Errors
    /// `expression-syntax` with its position, or `expression-too-large`.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let tree = parse_complete(source).map_err(|error| error.explain(source, std::iter::empty(), |_| true))?;
        Ok(Self { parsed: Arc::new(ParsedSource { source: source.into(), tree }) })
    }

    /// Returns the source as the designer wrote it.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// Evaluates the expression with steps from a budget.
    ///
    /// # Errors
    /// `expression-failed`, `expression-type` (a [`Value`] cannot represent the result), `expression-too-large` or
    /// `entity-not-set`.
    pub fn evaluate(&self, scope: &Scope<'_>, budget: &mut Budget<'_>) -> Result<Value, ExpressionError> {
        self.parsed.evaluate(scope, budget, |evaluator, tree| evaluate_as(evaluator, tree, conversion::to_value))
    }

    /// Evaluates the expression to a boolean. Returns `None` for null. No other value converts to true or false.
    ///
    /// # Errors
    /// The errors of [`Expression::evaluate`], and `expression-type` also if the result is not a boolean.
    pub fn evaluate_boolean(
        &self,
        scope: &Scope<'_>,
        budget: &mut Budget<'_>,
    ) -> Result<Option<bool>, ExpressionError> {
        self.parsed.evaluate(scope, budget, |evaluator, tree| {
            evaluate_as(evaluator, tree, |_, value| conversion::to_boolean(value))
        })
    }
}

impl Expression {
    /// Evaluates the expression to an integer. Returns `None` for null. A number does not convert.
    ///
    /// # Errors
    /// The errors of [`Expression::evaluate`], and `expression-type` also if the result is not an integer.
    pub fn evaluate_integer(&self, scope: &Scope<'_>, budget: &mut Budget<'_>) -> Result<Option<i64>, ExpressionError> {
        self.parsed.evaluate(scope, budget, |evaluator, tree| {
            evaluate_as(evaluator, tree, |_, value| conversion::to_integer(value))
        })
    }

    /// Evaluates the expression to a finite number. Returns `None` for null. An integer does not convert.
    ///
    /// # Errors
    /// The errors of [`Expression::evaluate`], and `expression-type` also if the result is not a number.
    pub fn evaluate_number(&self, scope: &Scope<'_>, budget: &mut Budget<'_>) -> Result<Option<f64>, ExpressionError> {
        self.parsed.evaluate(scope, budget, |evaluator, tree| {
            evaluate_as(evaluator, tree, |_, value| conversion::to_number(value))
        })
    }
}

impl TextExpression {
    /// Parses a source.
    ///
    /// # Errors
    /// The errors of [`Expression::parse`].
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let tree = if let Err(error) = limits::check_source(source) {
            Err(error)
        } else if template::is_template(source) {
            template::parse(source).map(TextTree::Template)
        } else {
            parse_complete(source).map(TextTree::Expression)
        };
        let tree = tree.map_err(|error| error.explain(source, std::iter::empty(), |_| true))?;
        Ok(Self { parsed: Arc::new(ParsedSource { source: source.into(), tree }) })
    }

    /// Returns the source as the designer wrote it.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// Evaluates the expression to a text. Returns `None` for null. A template never gives null.
    ///
    /// # Errors
    /// The errors of [`Expression::evaluate`], and `expression-type` also if the result is not a text. An expression
    /// inside a template must return a text, an integer or a number.
    pub fn evaluate(&self, scope: &Scope<'_>, budget: &mut Budget<'_>) -> Result<Option<String>, ExpressionError> {
        self.parsed.evaluate(scope, budget, |evaluator, tree| match tree {
            TextTree::Expression(node) => evaluate_as(evaluator, node, |_, value| conversion::to_text(value)),
            TextTree::Template(parts) => template::evaluate(evaluator, parts).map(Some),
        })
    }
}

impl<T> ParsedSource<T> {
    /// Evaluates a tree and explains its error.
    fn evaluate<'a, 'p: 'a, R>(
        &'a self,
        scope: &'a Scope<'a>,
        budget: &mut Budget<'p>,
        evaluate: impl FnOnce(&mut Evaluator<'a>, &'a T) -> EvalResult<R>,
    ) -> Result<R, ExpressionError> {
        let mut evaluator = Evaluator::new(scope, Fuel::new(budget));
        let result =
            evaluator.fuel.spend_base_cost().and_then(|()| evaluate(&mut evaluator, &self.tree)).map_err(|error| {
                // The hint compares names while steps are left.
                let variables = scope.variables.into_iter().flat_map(|variables| variables.keys().map(String::as_str));
                let names = variables.chain(runtime_value::entity_names(scope.entities));
                error.explain(&self.source, names, |steps| evaluator.fuel.spend(steps).is_ok())
            });
        evaluator.fuel.charge_to(budget);
        result
    }
}

/// Evaluates a node and converts its value. An error of the conversion has the position of the whole expression.
fn evaluate_as<'a, R>(
    evaluator: &mut Evaluator<'a>,
    node: &'a Node,
    convert: impl FnOnce(&mut Evaluator<'a>, RuntimeValue<'a>) -> EvalResult<R>,
) -> EvalResult<R> {
    let value = evaluator.evaluate(node)?;
    convert(evaluator, value).map_err(|error| error.at(node.at))
}

/// Parses a source that consists of one expression.
fn parse_complete(source: &str) -> EvalResult<Node> {
    limits::check_source(source)?;
    let (tokens, end) = lexer::tokenize(source, 0, false, &mut lexer::SourceBudget::new())?;
    parse::parse(source, &tokens, end)
}
