//! Expressions: what a designer writes where a value is computed.
//!
//! The language is CEL, the Common Expression Language, with the extensions for texts, math, lists, encoding and
//! optionals, and with `formatDate`, `parseDate` and `phone`. Sources come from tenants and are hostile until proven
//! otherwise. So the parser and the evaluator are this module's own: neither calls itself deeper than the bounds allow,
//! and every operation is paid for in steps, which an evaluation takes from a [`Budget`]; [`bounds`] has the numbers. (The crate `cel` was tried. It has nothing to
//! count steps with, and parsing, copying and dropping its trees takes stack in proportion to the length of a chain: 490
//! terms of `1+1+…` overflow 512 KiB and abort the process.)
//!
//! This module knows no store, no plugin and no clock; what an expression sees comes in as a [`Scope`].
//!
//! All of the language's public conformance cases that apply here pass. What is deliberately absent: messages, variables
//! bound inside an expression, comprehensions over keys and values, and type checking before evaluation.

pub mod bounds;
mod budget;
mod cache;
mod date_pattern;
mod datum;
mod error;
mod evaluate;
mod function;
mod literal;
mod nearest;
mod operator;
mod parse;
mod pattern;
mod result;
mod scope;
mod template;
mod token;
mod tree;
mod value;

#[cfg(test)]
mod tests;

pub use budget::Budget;
pub use cache::{CACHE_BYTES, Cache};
pub use error::{Code, Explanation, ExpressionError};
pub use scope::{Entities, Region, Scope, SessionView};
pub use value::{TIMESTAMP_HINT, Value, answer};

use std::sync::Arc;

use budget::Fuel;
use datum::Datum;
use error::Outcome;
use evaluate::Run;
use template::Part;
use tree::Node;

/// A parsed, bounded CEL expression: cheap to clone, shared between threads.
#[derive(Debug, Clone)]
pub struct Expression {
    parsed: Arc<Parsed<Node>>,
}

/// A parsed text expression: CEL, or a template when the source contains `{{`.
#[derive(Debug, Clone)]
pub struct TextExpression {
    parsed: Arc<Parsed<TextTree>>,
}

#[derive(Debug)]
struct Parsed<T> {
    source: Box<str>,
    tree: T,
}

#[derive(Debug)]
enum TextTree {
    Expression(Node),
    Template(Vec<Part>),
}

impl Expression {
    /// Parses a source.
    ///
    /// # Errors
    /// `expression-syntax` with its position, or `expression-too-large`.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let tree = whole(source).map_err(|fault| fault.explain(source, std::iter::empty()))?;
        Ok(Self { parsed: Arc::new(Parsed { source: source.into(), tree }) })
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
        self.parsed.evaluate(scope, budget, |run, tree| converted(run, tree, result::value))
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
        self.parsed.evaluate(scope, budget, |run, tree| converted(run, tree, |_, datum| result::boolean(datum)))
    }
}

impl TextExpression {
    /// Parses a source.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let tree = if let Err(fault) = bounds::check_source(source) {
            Err(fault)
        } else if template::is_template(source) {
            template::parse(source).map(TextTree::Template)
        } else {
            whole(source).map(TextTree::Expression)
        };
        let tree = tree.map_err(|fault| fault.explain(source, std::iter::empty()))?;
        Ok(Self { parsed: Arc::new(Parsed { source: source.into(), tree }) })
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
        self.parsed.evaluate(scope, budget, |run, tree| match tree {
            TextTree::Expression(node) => converted(run, node, |_, datum| result::text(datum)),
            TextTree::Template(parts) => template::evaluate(run, parts).map(Some),
        })
    }
}

impl<T> Parsed<T> {
    /// Evaluates a tree, and explains what fails.
    fn evaluate<'a, 'p: 'a, R>(
        &'a self,
        scope: &'a Scope<'a>,
        budget: &mut Budget<'p>,
        evaluate: impl FnOnce(&mut Run<'a>, &'a T) -> Outcome<R>,
    ) -> Result<R, ExpressionError> {
        let mut run = Run::new(scope, Fuel::of(budget));
        let result = run.fuel.begin().and_then(|()| evaluate(&mut run, &self.tree)).map_err(|fault| {
            // The hint compares names as long as there are steps left.
            let names = datum::set_names(scope.entities);
            fault.explain(&self.source, names.take_while(|name| run.fuel.spend(nearest::comparing(name)).is_ok()))
        });
        run.fuel.settle(budget);
        result
    }
}

/// The value of a node, made into what is due. Where it cannot be, the whole expression is the place.
fn converted<'a, R>(
    run: &mut Run<'a>,
    node: &'a Node,
    convert: impl FnOnce(&mut Run<'a>, Datum<'a>) -> Outcome<R>,
) -> Outcome<R> {
    let datum = run.evaluate(node)?;
    convert(run, datum).map_err(|fault| fault.at(node.at))
}

/// Parses a source that is one expression from its beginning to its end.
fn whole(source: &str) -> Outcome<Node> {
    bounds::check_source(source)?;
    let (tokens, end) = token::tokens(source, 0, false, &mut token::Budget::full())?;
    parse::parse(source, &tokens, end)
}
