//! Expressions: what a designer writes where a value is computed.
//!
//! The language is CEL, the Common Expression Language, with the extensions for texts, math, lists, encoding and
//! optionals, and with `formatDate`, `parseDate` and `phone`. Sources come from tenants and are hostile until proven
//! otherwise. So the parser and the evaluator are this module's own: neither calls itself deeper than the bounds allow,
//! and every operation is paid for in steps, which an evaluation takes from a [`Budget`]; [`limits`] has the numbers. (The crate `cel` was tried. It has nothing to
//! count steps with, and parsing, copying and dropping its trees takes stack in proportion to the length of a chain: 490
//! terms of `1+1+…` overflow 512 KiB and abort the process.)
//!
//! This module knows no store, no plugin and no clock; what an expression sees comes in as a [`Scope`].
//!
//! All of the language's public conformance cases that apply here pass. What is deliberately absent: messages, variables
//! bound inside an expression, comprehensions over keys and values, and type checking before evaluation.

mod ast;
mod budget;
mod cache;
mod conversion;
mod date_pattern;
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
mod suggestion;
mod template;
mod value;

#[cfg(test)]
mod tests;

pub use budget::Budget;
pub use cache::{CACHE_BYTES, ExpressionCache};
pub use error::{ErrorCode, ErrorDetails, ExpressionError};
pub use scope::{Entities, Locale, Scope, SessionView};
pub use value::{TIMESTAMP_HINT, Value, to_json_result};

use std::sync::Arc;

use ast::Node;
use budget::Fuel;
use error::EvalResult;
use evaluate::Evaluator;
use runtime_value::RuntimeValue;
use template::TemplatePart;

/// A parsed, bounded CEL expression: cheap to clone, shared between threads.
#[derive(Debug, Clone)]
pub struct Expression {
    parsed: Arc<ParsedSource<Node>>,
}

/// A parsed text expression: CEL, or a template when the source contains `{{`.
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
        let tree = parse_complete(source).map_err(|error| error.explain(source, std::iter::empty()))?;
        Ok(Self { parsed: Arc::new(ParsedSource { source: source.into(), tree }) })
    }

    /// The source as the designer wrote it.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// Evaluates it with the steps of a budget.
    ///
    /// # Errors
    /// `expression-failed`, `expression-type` (the result is of a type that no value has), `expression-too-large` or
    /// `entity-not-set`.
    pub fn evaluate(&self, scope: &Scope<'_>, budget: &mut Budget<'_>) -> Result<Value, ExpressionError> {
        self.parsed.evaluate(scope, budget, |evaluator, tree| evaluate_as(evaluator, tree, conversion::to_value))
    }

    /// Evaluates it where a boolean is due. `None` when it yields null; nothing else stands for true or false.
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; `expression-type` also when the result is no boolean.
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

impl TextExpression {
    /// Parses a source.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let tree = if let Err(error) = limits::check_source(source) {
            Err(error)
        } else if template::is_template(source) {
            template::parse(source).map(TextTree::Template)
        } else {
            parse_complete(source).map(TextTree::Expression)
        };
        let tree = tree.map_err(|error| error.explain(source, std::iter::empty()))?;
        Ok(Self { parsed: Arc::new(ParsedSource { source: source.into(), tree }) })
    }

    /// The source as the designer wrote it.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// Evaluates it. `None` when it yields null; a template always yields text.
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; `expression-type` also when the result is no text, or when an expression inside a
    /// template yields neither text nor integer nor number.
    pub fn evaluate(&self, scope: &Scope<'_>, budget: &mut Budget<'_>) -> Result<Option<String>, ExpressionError> {
        self.parsed.evaluate(scope, budget, |evaluator, tree| match tree {
            TextTree::Expression(node) => evaluate_as(evaluator, node, |_, value| conversion::to_text(value)),
            TextTree::Template(parts) => template::evaluate(evaluator, parts).map(Some),
        })
    }
}

impl<T> ParsedSource<T> {
    /// Evaluates a tree, and explains what fails.
    fn evaluate<'a, 'p: 'a, R>(
        &'a self,
        scope: &'a Scope<'a>,
        budget: &mut Budget<'p>,
        evaluate: impl FnOnce(&mut Evaluator<'a>, &'a T) -> EvalResult<R>,
    ) -> Result<R, ExpressionError> {
        let mut evaluator = Evaluator::new(scope, Fuel::new(budget));
        let result =
            evaluator.fuel.spend_base_cost().and_then(|()| evaluate(&mut evaluator, &self.tree)).map_err(|error| {
                // The hint compares names as long as there are steps left.
                let names = runtime_value::entity_names(scope.entities);
                error.explain(
                    &self.source,
                    names.take_while(|name| evaluator.fuel.spend(suggestion::comparison_steps(name)).is_ok()),
                )
            });
        evaluator.fuel.charge_to(budget);
        result
    }
}

/// The value of a node, made into what is due. Where it cannot be, the whole expression is the place.
fn evaluate_as<'a, R>(
    evaluator: &mut Evaluator<'a>,
    node: &'a Node,
    convert: impl FnOnce(&mut Evaluator<'a>, RuntimeValue<'a>) -> EvalResult<R>,
) -> EvalResult<R> {
    let value = evaluator.evaluate(node)?;
    convert(evaluator, value).map_err(|error| error.at(node.at))
}

/// Parses a source that is one expression from its beginning to its end.
fn parse_complete(source: &str) -> EvalResult<Node> {
    limits::check_source(source)?;
    let (tokens, end) = lexer::tokenize(source, 0, false, &mut lexer::SourceBudget::new())?;
    parse::parse(source, &tokens, end)
}
