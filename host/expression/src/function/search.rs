//! Text search: `contains`, `indexOf`, `lastIndexOf`, `split` and `replace`.

use memchr::memmem::{Finder, FinderRev};

use super::super::error::EvalResult;
use super::super::evaluate::Evaluator;
use super::super::limits::{STEPS_PER_ALLOCATION, check_list};
use super::super::runtime_value::{RuntimeValue, Text};
use super::text::{BoundedString, byte_at, integer_value};

/// Bytes of a text that one step searches. The worst patterns cost about 2 ns per byte.
const BYTES_PER_STEP: usize = 16;
/// Bytes of the first search window.
const FIRST_WINDOW: usize = 256;
/// Maximum bytes that a search reads between two charges.
const WINDOW: usize = 16 * 1024;
/// Bytes of a pattern that the search finds directly. It compares the rest of the pattern after each match.
const HEAD_BYTES: usize = 1_024;

type FunctionResult<'a> = EvalResult<Option<RuntimeValue<'a>>>;

/// A text to search for. An empty one matches everywhere.
struct Needle<'p> {
    head: Finder<'p>,
    rest: &'p [u8],
    length: usize,
}

impl<'p> Needle<'p> {
    fn new(evaluator: &mut Evaluator<'_>, part: &'p str) -> EvalResult<Self> {
        let (head, rest) = part.as_bytes().split_at(part.len().min(HEAD_BYTES));
        evaluator.fuel.spend(2 + head.len() / BYTES_PER_STEP)?;
        Ok(Self { head: Finder::new(head), rest, length: part.len() })
    }

    /// Returns the first match in a text at or after byte `from`.
    fn find(&self, evaluator: &mut Evaluator<'_>, text: &str, from: usize) -> EvalResult<Option<usize>> {
        let text = text.as_bytes();
        let last = text.len().checked_sub(self.length);
        let head = self.head.needle().len();
        let (mut start, mut size) = (from, FIRST_WINDOW);
        while last.is_some_and(|last| start <= last) {
            let window = text.get(start..(start + size + head).min(text.len())).unwrap_or_default();
            let steps = 1 + window.len() / BYTES_PER_STEP;
            evaluator.fuel.spend(steps)?;
            let Some(offset) = self.head.find(window) else {
                // The next window includes a match that begins in the last bytes of this one.
                start += (window.len() + 1).saturating_sub(head).max(1);
                size = (2 * size).min(WINDOW);
                continue;
            };
            evaluator.fuel.refund(steps - 1 - (offset + head).min(window.len()) / BYTES_PER_STEP);
            start += offset;
            if self.rest_matches(evaluator, text, start)? {
                return Ok(Some(start));
            }
            start += 1;
        }
        Ok(None)
    }

    /// Returns whether the rest of the pattern follows its head, which matches at `start`.
    fn rest_matches(&self, evaluator: &mut Evaluator<'_>, text: &[u8], start: usize) -> EvalResult<bool> {
        if self.rest.is_empty() {
            return Ok(true);
        }
        evaluator.fuel.spend_bytes(self.rest.len())?;
        Ok(text.get(start + self.head.needle().len()..).is_some_and(|tail| tail.starts_with(self.rest)))
    }

    /// Returns the last match in a text.
    fn find_last(&self, evaluator: &mut Evaluator<'_>, text: &str) -> EvalResult<Option<usize>> {
        let text = text.as_bytes();
        let head = self.head.needle();
        let reverse = FinderRev::new(head);
        // The positions before `end` are still to be searched.
        let mut end = text.len().checked_sub(self.length).map_or(0, |last| last + 1);
        let mut size = FIRST_WINDOW;
        while end > 0 {
            let start = end.saturating_sub(size);
            let window = text.get(start..end - 1 + head.len()).unwrap_or_default();
            evaluator.fuel.spend(1 + window.len() / BYTES_PER_STEP)?;
            end = match reverse.rfind(window) {
                Some(offset) if self.rest_matches(evaluator, text, start + offset)? => return Ok(Some(start + offset)),
                Some(offset) => start + offset,
                None => start,
            };
            size = (2 * size).min(WINDOW);
        }
        Ok(None)
    }
}

pub(super) fn contains<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::Text(text), RuntimeValue::Text(part)] = arguments else { return Ok(None) };
    let found = Needle::new(evaluator, part)?.find(evaluator, text, 0)?;
    Ok(Some(RuntimeValue::Boolean(found.is_some())))
}

pub(super) fn index_of<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let (text, part, from) = match arguments {
        [RuntimeValue::Text(text), RuntimeValue::Text(part)] => (text, part, 0),
        [RuntimeValue::Text(text), RuntimeValue::Text(part), RuntimeValue::Integer(from)] => (text, part, *from),
        _ => return Ok(None),
    };
    let start = byte_at(evaluator, text, from)?;
    let found = Needle::new(evaluator, part)?.find(evaluator, text, start)?;
    char_offset(evaluator, text, found)
}

pub(super) fn last_index_of<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let (text, part, until) = match arguments {
        [RuntimeValue::Text(text), RuntimeValue::Text(part)] => (text, part, None),
        [RuntimeValue::Text(text), RuntimeValue::Text(part), RuntimeValue::Integer(until)] => {
            (text, part, Some(*until))
        }
        _ => return Ok(None),
    };
    // The given position is the last one at which the pattern may begin, and the match may extend beyond it.
    let end = match until {
        None => text.len(),
        Some(until) => byte_at(evaluator, text, until)?.saturating_add(part.len()).min(text.len()),
    };
    let head = text.get(..text.floor_char_boundary(end)).unwrap_or_default();
    let found = Needle::new(evaluator, part)?.find_last(evaluator, head)?;
    char_offset(evaluator, text, found)
}

/// Converts a byte offset to a number of code points; -1 for `None`.
fn char_offset<'a>(evaluator: &mut Evaluator<'_>, text: &str, byte: Option<usize>) -> FunctionResult<'a> {
    let Some(head) = byte.and_then(|byte| text.get(..byte)) else { return Ok(Some(RuntimeValue::Integer(-1))) };
    evaluator.fuel.spend_bytes(head.len())?;
    Ok(Some(integer_value(head.chars().count())))
}

/// Returns the length of the character at a byte offset.
fn character_length_at(text: &str, byte: usize) -> Option<usize> {
    text.get(byte..)?.chars().next().map(char::len_utf8)
}

pub(super) fn split<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let (text, separator, limit) = match arguments {
        [RuntimeValue::Text(text), RuntimeValue::Text(separator)] => (text, separator, usize::MAX),
        // A negative limit means no limit.
        [RuntimeValue::Text(text), RuntimeValue::Text(separator), RuntimeValue::Integer(limit)] => {
            (text, separator, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Ok(None),
    };
    let part = Needle::new(evaluator, separator)?;
    let mut items = Vec::new();
    let mut rest = (limit > 0).then_some(0);
    while let Some(start) = rest {
        let cut = if items.len() + 1 >= limit {
            None
        } else if separator.is_empty() {
            // An empty separator splits the text into characters.
            let end = character_length_at(text, start).map(|length| start + length);
            end.filter(|end| *end < text.len()).map(|end| (end, end))
        } else {
            part.find(evaluator, text, start)?.map(|end| (end, end + separator.len()))
        };
        let end = cut.map_or(text.len(), |(end, _)| end);
        if !(separator.is_empty() && start == end) {
            check_list(items.len() + 1)?;
            evaluator.fuel.spend(STEPS_PER_ALLOCATION)?;
            evaluator.fuel.spend_bytes(end - start)?;
            items.push(RuntimeValue::text(text.get(start..end).unwrap_or_default().to_owned()));
        }
        rest = cut.map(|(_, next)| next);
    }
    RuntimeValue::list(items).map(Some)
}

pub(super) fn replace<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let (text, old, new, limit) = match arguments {
        [RuntimeValue::Text(text), RuntimeValue::Text(old), RuntimeValue::Text(new)] => (text, old, new, usize::MAX),
        [RuntimeValue::Text(text), RuntimeValue::Text(old), RuntimeValue::Text(new), RuntimeValue::Integer(limit)] => {
            (text, old, new, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Ok(None),
    };
    let replaced = replace_parts(evaluator, text, old, new, limit)?;
    Ok(Some(replaced.into_value()))
}

fn replace_parts<'a>(
    evaluator: &mut Evaluator<'a>,
    text: &str,
    old: &Text<'a>,
    new: &Text<'a>,
    limit: usize,
) -> EvalResult<BoundedString> {
    let part = Needle::new(evaluator, old)?;
    let mut replaced = BoundedString::default();
    let mut copied = 0;
    let mut from = (limit > 0).then_some(0);
    let mut count = 0;
    while let Some(start) = from
        && let Some(byte) = part.find(evaluator, text, start)?
    {
        replaced.push(evaluator, text.get(copied..byte).unwrap_or_default())?;
        replaced.push(evaluator, new)?;
        copied = byte + old.len();
        count += 1;
        from = match count < limit {
            true if old.is_empty() => character_length_at(text, byte).map(|length| byte + length),
            true => Some(copied),
            false => None,
        };
    }
    replaced.push(evaluator, text.get(copied..).unwrap_or_default())?;
    Ok(replaced)
}
