//! The functions that depend on where the tenant is: `formatDate`, `parseDate` and `phone`.

use super::super::date_pattern::DatePattern;
use super::super::datum::Datum;
use super::super::error::{Fault, Outcome, shortened};
use super::super::evaluate::Run;
use super::super::operator;
use super::Entry;

pub(super) const GLOBALS: &[Entry] = &[("formatDate", format_date), ("parseDate", parse_date), ("phone", phone)];

/// Steps for what the region works out.
const LOOKUP: usize = 40;
/// Bytes of a text that may be a date, a pattern of dates or a phone number.
const LONGEST: usize = 1_000;
/// Bytes of a date or its pattern that one step reads or writes.
const BYTES_PER_STEP: usize = 2;

fn misused(run: &mut Run<'_>, form: &str) -> Box<Fault> {
    run.fuel.spend(LOOKUP).err().unwrap_or_else(|| Fault::failed(form))
}

fn check_length(text: &str, function: &str, what: &str) -> Outcome<()> {
    if text.len() > LONGEST {
        return Err(Fault::failed(format!("{function}(…): {what} is longer than {LONGEST} bytes")));
    }
    Ok(())
}

fn format_date<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Timestamp(instant), Datum::Text(pattern)] = arguments else {
        return Err(misused(run, "formatDate takes a timestamp and a pattern, as in formatDate(now, \"dd/MM/yyyy\")"));
    };
    run.fuel.spend(LOOKUP + pattern.len().min(LONGEST) / BYTES_PER_STEP)?;
    check_length(pattern, "formatDate", "the pattern")?;
    let pattern = DatePattern::parse(pattern).map_err(Fault::failed)?;
    Ok(Some(Datum::text(pattern.format(run.scope.region.to_local(*instant)))))
}

fn parse_date<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Text(text), Datum::Text(pattern)] = arguments else {
        return Err(misused(run, "parseDate takes a text and a pattern, as in parseDate(day, \"dd/MM/yyyy\")"));
    };
    run.fuel.spend(LOOKUP + (text.len().min(LONGEST) + pattern.len().min(LONGEST)) / BYTES_PER_STEP)?;
    check_length(pattern, "parseDate", "the pattern")?;
    check_length(text, "parseDate", "the text")?;
    let local = DatePattern::parse(pattern).and_then(|pattern| pattern.read(text)).map_err(|reason| {
        Fault::failed(format!("`{}` is no date of the form {}: {reason}", shortened(text), shortened(pattern)))
    })?;
    match operator::timestamp(run.scope.region.to_utc(local)) {
        Some(datum) => Ok(Some(datum)),
        None => Err(Fault::failed("the date is outside the years 1 to 9999")),
    }
}

fn phone<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Text(text)] = arguments else {
        return Err(misused(
            run,
            "phone takes a text, as in phone(\"9 8765 4321\"): a number becomes one with string(…)",
        ));
    };
    // Whatever the rules of a region look up costs some microseconds.
    run.fuel.spend(LOOKUP * 5)?;
    check_length(text, "phone", "the text")?;
    match run.scope.region.phone(text) {
        Ok(number) => Ok(Some(Datum::text(number))),
        Err(reason) => Err(Fault::failed(format!("phone(…): {reason}"))),
    }
}
