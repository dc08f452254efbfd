//! The functions that depend on the tenant's locale: `formatDate`, `parseDate` and `phone`.

use super::super::date_pattern::DatePattern;
use super::super::error::{EvalError, EvalResult, truncated};
use super::super::evaluate::Evaluator;
use super::super::operator;
use super::super::runtime_value::RuntimeValue;
use super::FunctionEntry;

pub(super) const GLOBALS: &[FunctionEntry] =
    &[("formatDate", format_date), ("parseDate", parse_date), ("phone", phone)];

/// Steps for a call of the locale.
const LOOKUP_STEPS: usize = 40;
/// Maximum bytes of a date, a date pattern or a phone number.
const MAX_ARGUMENT_BYTES: usize = 1_000;
/// Bytes of a date or its pattern that one step reads or writes.
const BYTES_PER_STEP: usize = 2;

fn wrong_argument(evaluator: &mut Evaluator<'_>, form: &str) -> Box<EvalError> {
    evaluator.fuel.spend(LOOKUP_STEPS).err().unwrap_or_else(|| EvalError::evaluation_failed(form))
}

fn check_length(text: &str, function: &str, what: &str) -> EvalResult<()> {
    if text.len() > MAX_ARGUMENT_BYTES {
        return Err(EvalError::evaluation_failed(format!(
            "{function}(…): {what} is longer than {MAX_ARGUMENT_BYTES} bytes"
        )));
    }
    Ok(())
}

fn format_date<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
) -> EvalResult<Option<RuntimeValue<'a>>> {
    let [RuntimeValue::Timestamp(instant), RuntimeValue::Text(pattern)] = arguments else {
        return Err(wrong_argument(
            evaluator,
            "formatDate requires a timestamp and a pattern, as in formatDate(now, \"dd/MM/yyyy\")",
        ));
    };
    evaluator.fuel.spend(LOOKUP_STEPS + pattern.len().min(MAX_ARGUMENT_BYTES) / BYTES_PER_STEP)?;
    check_length(pattern, "formatDate", "the pattern")?;
    let pattern = DatePattern::parse(pattern).map_err(EvalError::evaluation_failed)?;
    Ok(Some(RuntimeValue::text(pattern.format(evaluator.scope.locale.to_local(*instant)))))
}

fn parse_date<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
) -> EvalResult<Option<RuntimeValue<'a>>> {
    let [RuntimeValue::Text(text), RuntimeValue::Text(pattern)] = arguments else {
        return Err(wrong_argument(
            evaluator,
            "parseDate requires a text and a pattern, as in parseDate(day, \"dd/MM/yyyy\")",
        ));
    };
    evaluator.fuel.spend(
        LOOKUP_STEPS + (text.len().min(MAX_ARGUMENT_BYTES) + pattern.len().min(MAX_ARGUMENT_BYTES)) / BYTES_PER_STEP,
    )?;
    check_length(pattern, "parseDate", "the pattern")?;
    check_length(text, "parseDate", "the text")?;
    let local = DatePattern::parse(pattern).and_then(|pattern| pattern.parse_date(text)).map_err(|reason| {
        EvalError::evaluation_failed(format!(
            "`{}` is not a date of the form {}: {reason}",
            truncated(text),
            truncated(pattern)
        ))
    })?;
    match operator::checked_timestamp(evaluator.scope.locale.to_utc(local)) {
        Some(value) => Ok(Some(value)),
        None => Err(EvalError::evaluation_failed("the date is outside the years 1 to 9999")),
    }
}

fn phone<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    let [RuntimeValue::Text(text)] = arguments else {
        return Err(wrong_argument(
            evaluator,
            "phone requires a text, as in phone(\"9 8765 4321\"): convert a number with string(…)",
        ));
    };
    // Parsing a phone number costs some microseconds.
    evaluator.fuel.spend(LOOKUP_STEPS * 5)?;
    check_length(text, "phone", "the text")?;
    match evaluator.scope.locale.phone(text) {
        Ok(number) => Ok(Some(RuntimeValue::text(number))),
        Err(reason) => Err(EvalError::evaluation_failed(format!("phone(…): {reason}"))),
    }
}
