//! Texts: the standard functions and the string extension. Places in a text count code points.

use super::super::bounds::{STEPS_PER_PIECE, check_list, check_text};
use super::super::datum::{Datum, Text};
use super::super::error::{Fault, Outcome};
use super::super::evaluate::Run;
use super::{Entry, format, list, pattern};

pub(super) const GLOBALS: &[Entry] = &[("size", size), ("matches", pattern::matches), ("strings.quote", quote)];

pub(super) const METHODS: &[Entry] = &[
    ("size", size),
    ("contains", |run, arguments| test(run, arguments, |text, part| text.contains(part))),
    ("startsWith", |run, arguments| test(run, arguments, |text, part| text.starts_with(part))),
    ("endsWith", |run, arguments| test(run, arguments, |text, part| text.ends_with(part))),
    ("matches", pattern::matches),
    ("charAt", char_at),
    ("indexOf", index_of),
    ("lastIndexOf", last_index_of),
    ("substring", substring),
    ("split", split),
    ("replace", replace),
    ("join", join),
    ("format", format::format),
    ("reverse", reverse),
    ("lowerAscii", |run, arguments| changed(run, arguments, |text| text.to_ascii_lowercase())),
    ("upperAscii", |run, arguments| changed(run, arguments, |text| text.to_ascii_uppercase())),
    ("trim", |run, arguments| changed(run, arguments, |text| text.trim().to_owned())),
];

type Answer<'a> = Outcome<Option<Datum<'a>>>;

/// A text that grows while a function makes it: each part is paid for and checked before it is added.
#[derive(Default)]
pub(in super::super) struct Growing(String);

impl Growing {
    pub(in super::super) fn push(&mut self, run: &mut Run<'_>, part: &str) -> Outcome<()> {
        check_text(self.0.len() + part.len())?;
        run.fuel.spend_bytes(part.len())?;
        self.0.push_str(part);
        Ok(())
    }

    pub(in super::super) fn into_string(self) -> String {
        self.0
    }

    pub(super) fn into_datum<'a>(self) -> Datum<'a> {
        Datum::text(self.0)
    }
}

fn size<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let size = match arguments {
        [Datum::Text(text)] => {
            run.fuel.spend_bytes(text.len())?;
            text.chars().count()
        }
        [Datum::Bytes(bytes)] => bytes.len(),
        [Datum::List(list)] => list.len(),
        [Datum::Map(map)] => map.len(&mut run.fuel)?,
        _ => return Ok(None),
    };
    Ok(Some(integer(size)))
}

fn integer<'a>(count: usize) -> Datum<'a> {
    Datum::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn test<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>], function: fn(&str, &str) -> bool) -> Answer<'a> {
    let [Datum::Text(text), Datum::Text(part)] = arguments else { return Ok(None) };
    run.fuel.spend_bytes(text.len() + part.len())?;
    Ok(Some(Datum::Boolean(function(text, part))))
}

fn changed<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>], function: fn(&str) -> String) -> Answer<'a> {
    let [Datum::Text(text)] = arguments else { return Ok(None) };
    run.fuel.spend_bytes(text.len())?;
    Ok(Some(Datum::text(function(text))))
}

/// The byte at which a code point begins; the end of the text is one place more.
fn byte_at(text: &str, place: i64) -> Outcome<usize> {
    let ends = text.char_indices().map(|(byte, _)| byte).chain(std::iter::once(text.len()));
    usize::try_from(place)
        .ok()
        .and_then(|place| ends.into_iter().nth(place))
        .ok_or_else(|| Fault::failed(format!("the place {place} is outside the text, whose places count from 0")))
}

fn char_at<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::Text(text), Datum::Integer(place)] = arguments else { return Ok(None) };
    run.fuel.spend_bytes(text.len())?;
    let rest = text.get(byte_at(text, *place)?..).unwrap_or_default();
    Ok(Some(Datum::text(rest.chars().take(1).collect())))
}

fn index_of<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, part, from) = match arguments {
        [Datum::Text(text), Datum::Text(part)] => (text, part, 0),
        [Datum::Text(text), Datum::Text(part), Datum::Integer(from)] => (text, part, *from),
        _ => return Ok(None),
    };
    run.fuel.spend_bytes(2 * text.len() + part.len())?;
    let start = byte_at(text, from)?;
    let found = text.get(start..).and_then(|rest| rest.find(&**part)).map(|byte| start + byte);
    Ok(Some(place_of(text, found)))
}

fn last_index_of<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, part, until) = match arguments {
        [Datum::Text(text), Datum::Text(part)] => (text, part, None),
        [Datum::Text(text), Datum::Text(part), Datum::Integer(until)] => (text, part, Some(*until)),
        _ => return Ok(None),
    };
    run.fuel.spend_bytes(2 * text.len() + part.len())?;
    // The place given is the last one where the part may begin, so that the part may reach beyond it by its own length.
    let end = match until {
        None => text.len(),
        Some(until) => byte_at(text, until)?.saturating_add(part.len()).min(text.len()),
    };
    let found = text.get(..text.floor_char_boundary(end)).and_then(|head| head.rfind(&**part));
    Ok(Some(place_of(text, found)))
}

/// A byte offset as a number of code points, and -1 for none.
fn place_of<'a>(text: &str, byte: Option<usize>) -> Datum<'a> {
    match byte.and_then(|byte| text.get(..byte)) {
        Some(head) => integer(head.chars().count()),
        None => Datum::Integer(-1),
    }
}

fn substring<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, start, end) = match arguments {
        [Datum::Text(text), Datum::Integer(start)] => (text, *start, None),
        [Datum::Text(text), Datum::Integer(start), Datum::Integer(end)] => (text, *start, Some(*end)),
        _ => return Ok(None),
    };
    run.fuel.spend_bytes(2 * text.len())?;
    let first = byte_at(text, start)?;
    let last = end.map_or(Ok(text.len()), |end| byte_at(text, end))?;
    match text.get(first..last) {
        Some(part) => Ok(Some(Datum::text(part.to_owned()))),
        None => Err(Fault::failed("substring(…) takes a start that is not after its end")),
    }
}

fn split<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, separator, limit) = match arguments {
        [Datum::Text(text), Datum::Text(separator)] => (text, separator, usize::MAX),
        // A negative limit is none.
        [Datum::Text(text), Datum::Text(separator), Datum::Integer(limit)] => {
            (text, separator, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Ok(None),
    };
    run.fuel.spend_bytes(2 * text.len() + separator.len())?;
    let mut items = Vec::new();
    let mut rest = (limit > 0).then_some(&**text);
    while let Some(remaining) = rest {
        let cut = if items.len() + 1 >= limit {
            None
        } else if separator.is_empty() {
            // Without a separator each character is a part.
            remaining
                .chars()
                .next()
                .map(char::len_utf8)
                .filter(|length| *length < remaining.len())
                .map(|length| (length, length))
        } else {
            remaining.find(&**separator).map(|byte| (byte, byte + separator.len()))
        };
        let part = match cut {
            Some((end, _)) => remaining.get(..end).unwrap_or_default(),
            None => remaining,
        };
        if !(separator.is_empty() && part.is_empty()) {
            check_list(items.len() + 1)?;
            run.fuel.spend(2 * STEPS_PER_PIECE)?;
            items.push(Datum::text(part.to_owned()));
        }
        rest = cut.and_then(|(_, next)| remaining.get(next..));
    }
    Datum::list(items).map(Some)
}

fn replace<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, old, new, limit) = match arguments {
        [Datum::Text(text), Datum::Text(old), Datum::Text(new)] => (text, old, new, usize::MAX),
        [Datum::Text(text), Datum::Text(old), Datum::Text(new), Datum::Integer(limit)] => {
            (text, old, new, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Ok(None),
    };
    run.fuel.spend_bytes(text.len() + old.len())?;
    let mut replaced = Growing::default();
    let mut copied = 0;
    for (byte, found) in text.match_indices(&**old).take(limit) {
        replaced.push(run, text.get(copied..byte).unwrap_or_default())?;
        replaced.push(run, new)?;
        copied = byte + found.len();
    }
    replaced.push(run, text.get(copied..).unwrap_or_default())?;
    Ok(Some(replaced.into_datum()))
}

fn join<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (list, separator) = match arguments {
        [Datum::List(list)] => (list, &Text::Borrowed("")),
        [Datum::List(list), Datum::Text(separator)] => (list, separator),
        _ => return Ok(None),
    };
    let mut joined = Growing::default();
    for (index, item) in list.iter().enumerate() {
        let Datum::Text(item) = item else {
            let message =
                format!("join(…) needs texts, and this list holds {}: turn it into text with string(…)", item.words());
            return Err(Fault::failed(message));
        };
        if index > 0 {
            joined.push(run, separator)?;
        }
        joined.push(run, &item)?;
    }
    Ok(Some(joined.into_datum()))
}

fn reverse<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    match arguments {
        [Datum::Text(text)] => {
            run.fuel.spend_bytes(4 * text.len())?;
            Ok(Some(Datum::text(text.chars().rev().collect())))
        }
        [Datum::List(list)] => list::reversed(run, list),
        _ => Ok(None),
    }
}

/// The text between quotes as a source would write it.
fn quote<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::Text(text)] = arguments else { return Ok(None) };
    check_text(2 * text.len() + 2)?;
    run.fuel.spend_bytes(4 * text.len())?;
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        let escaped = match character {
            '\x07' => 'a',
            '\x08' => 'b',
            '\x0c' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\x0b' => 'v',
            '\\' | '"' => character,
            _ => {
                quoted.push(character);
                continue;
            }
        };
        quoted.push('\\');
        quoted.push(escaped);
    }
    quoted.push('"');
    Ok(Some(Datum::text(quoted)))
}
