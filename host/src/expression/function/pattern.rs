//! `matches`: whether a regular expression matches anywhere in a text.

use super::super::datum::Datum;
use super::super::error::Outcome;
use super::super::evaluate::Run;
use super::super::pattern::Pattern;

pub(super) fn matches<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Text(text), Datum::Text(source)] = arguments else { return Ok(None) };
    let pattern = Pattern::of(&mut run.fuel, source)?;
    Ok(Some(Datum::Boolean(pattern.is_match(&mut run.fuel, text)?)))
}
