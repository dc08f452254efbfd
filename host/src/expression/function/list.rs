//! The list extension, and what `sortBy` needs.

use std::cmp::Ordering;

use super::super::bounds::check_list;
use super::super::datum::{Datum, List};
use super::super::error::{Fault, Outcome};
use super::super::evaluate::Run;
use super::super::operator::{equal, whole};
use super::Entry;

pub(super) const GLOBALS: &[Entry] = &[("lists.range", range)];

pub(super) const METHODS: &[Entry] =
    &[("slice", slice), ("flatten", flatten), ("distinct", distinct), ("sort", sort), ("first", first), ("last", last)];

type Answer<'a> = Outcome<Option<Datum<'a>>>;

fn range<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::Integer(end)] = arguments else { return Ok(None) };
    let count =
        usize::try_from(*end).map_err(|_| Fault::failed("lists.range(…) takes a number that is not negative"))?;
    check_list(count)?;
    run.fuel.spend(count)?;
    Datum::list((0..*end).map(Datum::Integer).collect()).map(Some)
}

fn slice<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::List(list), Datum::Integer(start), Datum::Integer(end)] = arguments else { return Ok(None) };
    let bounds = (usize::try_from(*start), usize::try_from(*end));
    let (Ok(start), Ok(end)) = bounds else {
        return Err(Fault::failed("slice(…) takes places that are not negative"));
    };
    if start > end || end > list.len() {
        return Err(Fault::failed(format!(
            "slice({start}, {end}) goes beyond the {} elements of the list",
            list.len()
        )));
    }
    check_list(end - start)?;
    run.fuel.spend(end - start)?;
    Datum::list((start..end).filter_map(|index| list.get(index)).collect()).map(Some)
}

fn first<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::List(list)] = arguments else { return Ok(None) };
    Datum::optional(list.get(0)).map(Some)
}

fn last<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::List(list)] = arguments else { return Ok(None) };
    Datum::optional(list.len().checked_sub(1).and_then(|index| list.get(index))).map(Some)
}

/// The elements in reverse order.
pub(super) fn reversed<'a>(run: &mut Run<'a>, list: &List<'a>) -> Answer<'a> {
    check_list(list.len())?;
    run.fuel.spend(list.len())?;
    Datum::list(list.iter().rev().collect()).map(Some)
}

fn flatten<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (list, levels) = match arguments {
        [Datum::List(list)] => (list, 1),
        [Datum::List(list), Datum::Integer(levels)] => (list, *levels),
        _ => return Ok(None),
    };
    let levels = u64::try_from(levels).map_err(|_| Fault::failed("flatten(…) takes a number that is not negative"))?;
    let mut items = Vec::new();
    flatten_into(run, list, levels, &mut items)?;
    Datum::list(items).map(Some)
}

fn flatten_into<'a>(run: &mut Run<'a>, list: &List<'a>, levels: u64, items: &mut Vec<Datum<'a>>) -> Outcome<()> {
    for item in list.iter() {
        run.fuel.spend(1)?;
        match item {
            Datum::List(inner) if levels > 0 => run.walk(|run| flatten_into(run, &inner, levels - 1, items))?,
            other => {
                items.push(other);
                check_list(items.len())?;
            }
        }
    }
    Ok(())
}

fn distinct<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::List(list)] = arguments else { return Ok(None) };
    let mut items: Vec<Datum<'a>> = Vec::new();
    for item in list.iter() {
        let mut known = false;
        for other in &items {
            known = equal(run, other, &item)?;
            if known {
                break;
            }
        }
        if !known {
            items.push(item);
        }
    }
    Datum::list(items).map(Some)
}

fn sort<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::List(list)] = arguments else { return Ok(None) };
    check_list(list.len())?;
    run.fuel.spend(list.len())?;
    sorted(run, list.iter().map(|item| (item.clone(), item)).collect()).map(Some)
}

/// Steps of comparing, paid for beforehand, between two pauses.
const STEPS_PER_PAUSE: usize = 1_000;

/// The steps of one comparison with a key.
fn comparing(key: &Datum<'_>) -> usize {
    let bytes = match key {
        Datum::Text(text) => text.len(),
        Datum::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    1 + bytes / 64
}

/// The values of pairs, in the order of their keys; equal ones stay as they are.
///
/// Keys must be of one type that has an order, or numbers of any types.
pub(in super::super) fn sorted<'a>(run: &mut Run<'a>, mut keyed: Vec<(Datum<'a>, Datum<'a>)>) -> Outcome<Datum<'a>> {
    let comparisons = keyed.len().max(2).ilog2() as usize + 1;
    let first = keyed.first().map(|(key, _)| key.clone());
    for (key, _) in &keyed {
        run.fuel.spend(comparisons.saturating_mul(comparing(key)))?;
        if first.as_ref().is_none_or(|first| total_order(first, key).is_none()) {
            return Err(Fault::failed(
                "only texts, only numbers, only booleans, only timestamps or only durations can be sorted",
            ));
        }
    }
    let mut steps = 0;
    keyed.sort_by(|(left, _), (right, _)| {
        steps += comparing(left);
        if steps > STEPS_PER_PAUSE {
            steps = 0;
            run.fuel.pause();
        }
        total_order(left, right).unwrap_or(Ordering::Equal)
    });
    Datum::list(keyed.into_iter().map(|(_, value)| value).collect())
}

/// An order in which no three values contradict one another, as sorting needs; nothing where there is none.
fn total_order(left: &Datum<'_>, right: &Datum<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => (**left).cmp(&**right),
        (Datum::Bytes(left), Datum::Bytes(right)) => left.cmp(right),
        (Datum::Boolean(left), Datum::Boolean(right)) => left.cmp(right),
        (Datum::Timestamp(left), Datum::Timestamp(right)) => left.cmp(right),
        (Datum::Duration(left), Datum::Duration(right)) => left.cmp(right),
        (Datum::Number(left), Datum::Number(right)) => left.partial_cmp(right)?,
        (Datum::Number(left), right) => mixed_order(whole(right)?, *left)?.reverse(),
        (left, Datum::Number(right)) => mixed_order(whole(left)?, *right)?,
        (left, right) => whole(left)?.cmp(&whole(right)?),
    })
}

/// The order of a whole number and a number, without loss.
fn mixed_order(whole: i128, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    // The conversion saturates at 128 bits, far beyond any whole number here.
    let floor = number.floor();
    Some(whole.cmp(&(floor as i128)).then(if number > floor { Ordering::Less } else { Ordering::Equal }))
}
