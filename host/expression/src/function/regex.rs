//! The function `matches`, which searches a text for a regular expression.

use super::super::error::EvalResult;
use super::super::evaluate::Evaluator;
use super::super::pattern::Pattern;
use super::super::runtime_value::RuntimeValue;

pub(super) fn matches<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
) -> EvalResult<Option<RuntimeValue<'a>>> {
    let [RuntimeValue::Text(text), RuntimeValue::Text(source)] = arguments else { return Ok(None) };
    let pattern = Pattern::get_or_compile(&mut evaluator.fuel, source)?;
    Ok(Some(RuntimeValue::Boolean(pattern.is_match(&mut evaluator.fuel, text)?)))
}
