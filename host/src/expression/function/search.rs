//! Parts of texts: `contains`, `indexOf`, `lastIndexOf`, `split` and `replace`.

use memchr::memmem::{Finder, FinderRev};

use super::super::bounds::{STEPS_PER_VALUE, check_list};
use super::super::datum::{Datum, Text};
use super::super::error::Outcome;
use super::super::evaluate::Run;
use super::text::{Growing, byte_at, integer};

/// Bytes of a text that one step searches: the worst parts make each byte cost about two nanoseconds.
const BYTES_PER_STEP: usize = 16;
/// Bytes that a search begins with, and the most that it goes through between two payments.
const FIRST_WINDOW: usize = 256;
const WINDOW: usize = 16 * 1024;
/// Bytes of a part that the search looks for. Where it finds them, it compares the rest.
const HEAD: usize = 1_024;

type Answer<'a> = Outcome<Option<Datum<'a>>>;

/// A part that is looked for. It may be empty, which is found everywhere.
struct Part<'p> {
    head: Finder<'p>,
    rest: &'p [u8],
    length: usize,
}

impl<'p> Part<'p> {
    fn new(run: &mut Run<'_>, part: &'p str) -> Outcome<Self> {
        let (head, rest) = part.as_bytes().split_at(part.len().min(HEAD));
        run.fuel.spend(2 + head.len() / BYTES_PER_STEP)?;
        Ok(Self { head: Finder::new(head), rest, length: part.len() })
    }

    /// The first place of the part in a text, from a byte on.
    fn find(&self, run: &mut Run<'_>, text: &str, from: usize) -> Outcome<Option<usize>> {
        let text = text.as_bytes();
        let last = text.len().checked_sub(self.length);
        let head = self.head.needle().len();
        let (mut start, mut size) = (from, FIRST_WINDOW);
        while last.is_some_and(|last| start <= last) {
            let window = text.get(start..(start + size + head).min(text.len())).unwrap_or_default();
            let steps = 1 + window.len() / BYTES_PER_STEP;
            run.fuel.spend(steps)?;
            let Some(offset) = self.head.find(window) else {
                // A match that begins in the last bytes of the window is found from there on.
                start += (window.len() + 1).saturating_sub(head).max(1);
                size = (2 * size).min(WINDOW);
                continue;
            };
            run.fuel.refund(steps - 1 - (offset + head).min(window.len()) / BYTES_PER_STEP);
            start += offset;
            if self.goes_on(run, text, start)? {
                return Ok(Some(start));
            }
            start += 1;
        }
        Ok(None)
    }

    /// Whether the rest of the part follows its head, which has been found at `start`.
    fn goes_on(&self, run: &mut Run<'_>, text: &[u8], start: usize) -> Outcome<bool> {
        if self.rest.is_empty() {
            return Ok(true);
        }
        run.fuel.spend_bytes(self.rest.len())?;
        Ok(text.get(start + self.head.needle().len()..).is_some_and(|tail| tail.starts_with(self.rest)))
    }

    /// The last place of the part in a text.
    fn find_last(&self, run: &mut Run<'_>, text: &str) -> Outcome<Option<usize>> {
        let text = text.as_bytes();
        let head = self.head.needle();
        let reverse = FinderRev::new(head);
        // Places before this one are still to be searched.
        let mut end = text.len().checked_sub(self.length).map_or(0, |last| last + 1);
        let mut size = FIRST_WINDOW;
        while end > 0 {
            let start = end.saturating_sub(size);
            let window = text.get(start..end - 1 + head.len()).unwrap_or_default();
            run.fuel.spend(1 + window.len() / BYTES_PER_STEP)?;
            end = match reverse.rfind(window) {
                Some(offset) if self.goes_on(run, text, start + offset)? => return Ok(Some(start + offset)),
                Some(offset) => start + offset,
                None => start,
            };
            size = (2 * size).min(WINDOW);
        }
        Ok(None)
    }
}

pub(super) fn contains<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::Text(text), Datum::Text(part)] = arguments else { return Ok(None) };
    let found = Part::new(run, part)?.find(run, text, 0)?;
    Ok(Some(Datum::Boolean(found.is_some())))
}

pub(super) fn index_of<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, part, from) = match arguments {
        [Datum::Text(text), Datum::Text(part)] => (text, part, 0),
        [Datum::Text(text), Datum::Text(part), Datum::Integer(from)] => (text, part, *from),
        _ => return Ok(None),
    };
    let start = byte_at(run, text, from)?;
    let found = Part::new(run, part)?.find(run, text, start)?;
    place_of(run, text, found)
}

pub(super) fn last_index_of<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, part, until) = match arguments {
        [Datum::Text(text), Datum::Text(part)] => (text, part, None),
        [Datum::Text(text), Datum::Text(part), Datum::Integer(until)] => (text, part, Some(*until)),
        _ => return Ok(None),
    };
    // The place given is the last one where the part may begin, so that the part may reach beyond it by its own length.
    let end = match until {
        None => text.len(),
        Some(until) => byte_at(run, text, until)?.saturating_add(part.len()).min(text.len()),
    };
    let head = text.get(..text.floor_char_boundary(end)).unwrap_or_default();
    let found = Part::new(run, part)?.find_last(run, head)?;
    place_of(run, text, found)
}

/// A byte offset as a number of code points, and -1 for none.
fn place_of<'a>(run: &mut Run<'_>, text: &str, byte: Option<usize>) -> Answer<'a> {
    let Some(head) = byte.and_then(|byte| text.get(..byte)) else { return Ok(Some(Datum::Integer(-1))) };
    run.fuel.spend_bytes(head.len())?;
    Ok(Some(integer(head.chars().count())))
}

/// The length of the first character of what begins at a byte.
fn character_at(text: &str, byte: usize) -> Option<usize> {
    text.get(byte..)?.chars().next().map(char::len_utf8)
}

pub(super) fn split<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, separator, limit) = match arguments {
        [Datum::Text(text), Datum::Text(separator)] => (text, separator, usize::MAX),
        // A negative limit is none.
        [Datum::Text(text), Datum::Text(separator), Datum::Integer(limit)] => {
            (text, separator, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Ok(None),
    };
    let part = Part::new(run, separator)?;
    let mut items = Vec::new();
    let mut rest = (limit > 0).then_some(0);
    while let Some(start) = rest {
        let cut = if items.len() + 1 >= limit {
            None
        } else if separator.is_empty() {
            // Without a separator each character is a part.
            let end = character_at(text, start).map(|length| start + length);
            end.filter(|end| *end < text.len()).map(|end| (end, end))
        } else {
            part.find(run, text, start)?.map(|end| (end, end + separator.len()))
        };
        let end = cut.map_or(text.len(), |(end, _)| end);
        if !(separator.is_empty() && start == end) {
            check_list(items.len() + 1)?;
            run.fuel.spend(STEPS_PER_VALUE)?;
            run.fuel.spend_bytes(end - start)?;
            items.push(Datum::text(text.get(start..end).unwrap_or_default().to_owned()));
        }
        rest = cut.map(|(_, next)| next);
    }
    Datum::list(items).map(Some)
}

pub(super) fn replace<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, old, new, limit) = match arguments {
        [Datum::Text(text), Datum::Text(old), Datum::Text(new)] => (text, old, new, usize::MAX),
        [Datum::Text(text), Datum::Text(old), Datum::Text(new), Datum::Integer(limit)] => {
            (text, old, new, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Ok(None),
    };
    let replaced = replaced(run, text, old, new, limit)?;
    Ok(Some(replaced.into_datum()))
}

fn replaced<'a>(run: &mut Run<'a>, text: &str, old: &Text<'a>, new: &Text<'a>, limit: usize) -> Outcome<Growing> {
    let part = Part::new(run, old)?;
    let mut replaced = Growing::default();
    let mut copied = 0;
    let mut from = (limit > 0).then_some(0);
    let mut count = 0;
    while let Some(start) = from
        && let Some(byte) = part.find(run, text, start)?
    {
        replaced.push(run, text.get(copied..byte).unwrap_or_default())?;
        replaced.push(run, new)?;
        copied = byte + old.len();
        count += 1;
        from = match count < limit {
            true if old.is_empty() => character_at(text, byte).map(|length| byte + length),
            true => Some(copied),
            false => None,
        };
    }
    replaced.push(run, text.get(copied..).unwrap_or_default())?;
    Ok(replaced)
}
