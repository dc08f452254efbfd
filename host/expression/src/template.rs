//! Templates: literal text with expressions between `{{` and `}}`.

use super::ast::Node;
use super::conversion;
use super::error::EvalResult;
use super::evaluate::Evaluator;
use super::function::BoundedString;
use super::lexer::{SourceBudget, tokenize};
use super::limits::check_source;
use super::parse::parse as parse_tokens;

/// Returns whether a source is a template.
pub(super) fn is_template(source: &str) -> bool {
    source.contains("{{")
}

/// A part of a template.
#[derive(Debug)]
pub(super) enum TemplatePart {
    Text(String),
    Expression(Node),
}

/// Parses a template. Its expressions share one set of limits.
pub(super) fn parse(source: &str) -> EvalResult<Vec<TemplatePart>> {
    check_source(source)?;
    let mut budget = SourceBudget::new();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some((literal, expression)) = source.get(at..).and_then(|rest| rest.split_once("{{")) {
        budget.spend_literal(literal.len())?;
        push_text(&mut parts, literal);
        let start = source.len() - expression.len();
        let (tokens, end) = tokenize(source, start, true, &mut budget)?;
        parts.push(TemplatePart::Expression(parse_tokens(source, &tokens, end)?));
        at = end + 2;
    }
    let rest = source.get(at..).unwrap_or_default();
    budget.spend_literal(rest.len())?;
    push_text(&mut parts, rest);
    Ok(parts)
}

fn push_text(parts: &mut Vec<TemplatePart>, text: &str) {
    if !text.is_empty() {
        parts.push(TemplatePart::Text(text.to_owned()));
    }
}

/// Returns the text of a template.
pub(super) fn evaluate<'a>(evaluator: &mut Evaluator<'a>, parts: &'a [TemplatePart]) -> EvalResult<String> {
    let mut text = BoundedString::default();
    for part in parts {
        match part {
            TemplatePart::Text(literal) => text.push(evaluator, literal)?,
            TemplatePart::Expression(node) => {
                let part_text =
                    evaluator.evaluate(node).and_then(conversion::template_text).map_err(|error| error.at(node.at))?;
                text.push(evaluator, &part_text)?;
            }
        }
    }
    Ok(text.into_string())
}
