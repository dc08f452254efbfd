//! The optional extension; `or`, `orValue`, `optMap` and `optFlatMap` are the evaluator's, since they are lazy.

use super::super::datum::Datum;
use super::super::error::{Fault, Outcome};
use super::super::evaluate::Run;
use super::Entry;

pub(super) const GLOBALS: &[Entry] = &[
    ("optional.of", of),
    ("optional.none", none),
    ("optional.ofNonZeroValue", of_non_zero),
    ("optional.unwrap", unwrap),
];

pub(super) const METHODS: &[Entry] = &[("hasValue", has_value), ("value", value), ("unwrapOpt", unwrap)];

type Answer<'a> = Outcome<Option<Datum<'a>>>;

fn of<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    match arguments {
        [value] => Datum::some(value.clone()).map(Some),
        _ => Ok(None),
    }
}

fn none<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    Ok(arguments.is_empty().then_some(Datum::Optional(None)))
}

fn of_non_zero<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    match arguments {
        [value] if is_zero(run, value)? => Ok(Some(Datum::Optional(None))),
        [value] => Datum::some(value.clone()).map(Some),
        _ => Ok(None),
    }
}

fn is_zero(run: &mut Run<'_>, value: &Datum<'_>) -> Outcome<bool> {
    Ok(match value {
        Datum::Null | Datum::Boolean(false) | Datum::Integer(0) | Datum::Unsigned(0) | Datum::Optional(None) => true,
        Datum::Number(number) => *number == 0.0,
        Datum::Text(text) => text.is_empty(),
        Datum::Bytes(bytes) => bytes.is_empty(),
        Datum::List(list) => list.len() == 0,
        Datum::Map(map) => map.len(&mut run.fuel)? == 0,
        Datum::Duration(duration) => duration.is_zero(),
        _ => false,
    })
}

fn has_value<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Optional(value)] => Some(Datum::Boolean(value.is_some())),
        _ => None,
    })
}

fn value<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    match arguments {
        [Datum::Optional(Some(nested))] => Ok(Some(nested.value().clone())),
        [Datum::Optional(None)] => {
            Err(Fault::failed("the optional has no value: write orValue(…) in place of value()"))
        }
        _ => Ok(None),
    }
}

/// The values of a list of optionals, those that have one.
fn unwrap<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::List(list)] = arguments else { return Ok(None) };
    let mut items = Vec::new();
    for item in list.iter() {
        run.fuel.spend(1)?;
        match item {
            Datum::Optional(Some(nested)) => items.push(nested.value().clone()),
            Datum::Optional(None) => {}
            other => return Err(Fault::failed(format!("the list holds {}, and not optionals only", other.words()))),
        }
    }
    Datum::list(items).map(Some)
}
