//! Texts: the standard functions and the string extension. Places in a text count code points.

use super::super::bounds::check_text;
use super::super::datum::{Datum, Text};
use super::super::error::{Fault, Outcome};
use super::super::evaluate::Run;
use super::{Entry, format, list, pattern, search};

pub(super) const GLOBALS: &[Entry] = &[("size", size), ("matches", pattern::matches), ("strings.quote", quote)];

pub(super) const METHODS: &[Entry] = &[
    ("size", size),
    ("contains", search::contains),
    ("startsWith", |run, arguments| test(run, arguments, |text, part| text.starts_with(part))),
    ("endsWith", |run, arguments| test(run, arguments, |text, part| text.ends_with(part))),
    ("matches", pattern::matches),
    ("charAt", char_at),
    ("indexOf", search::index_of),
    ("lastIndexOf", search::last_index_of),
    ("substring", substring),
    ("split", search::split),
    ("replace", search::replace),
    ("join", join),
    ("format", format::format),
    ("reverse", reverse),
    ("lowerAscii", |run, arguments| changed(run, arguments, |text| text.to_ascii_lowercase())),
    ("upperAscii", |run, arguments| changed(run, arguments, |text| text.to_ascii_uppercase())),
    ("trim", trim),
];

/// Bytes of a text that are handled between two payments.
const PIECE: usize = 4 * 1024;
/// Bytes of a text that one step handles where each character is looked at.
const BYTES_PER_STEP: usize = 16;

/// The pieces of a text, each of whole characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, tail) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

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

    /// Adds a part, and pays for looking at each of its characters.
    pub(super) fn push_each(&mut self, run: &mut Run<'_>, part: &str) -> Outcome<()> {
        run.fuel.spend(part.len() / BYTES_PER_STEP)?;
        self.push(run, part)
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

pub(super) fn integer<'a>(count: usize) -> Datum<'a> {
    Datum::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Whether a text begins or ends with another.
fn test<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>], function: fn(&str, &str) -> bool) -> Answer<'a> {
    let [Datum::Text(text), Datum::Text(part)] = arguments else { return Ok(None) };
    run.fuel.spend_bytes(part.len())?;
    Ok(Some(Datum::Boolean(function(text, part))))
}

fn changed<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>], function: fn(&str) -> String) -> Answer<'a> {
    let [Datum::Text(text)] = arguments else { return Ok(None) };
    run.fuel.spend_bytes(text.len())?;
    Ok(Some(Datum::text(function(text))))
}

fn trim<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::Text(text)] = arguments else { return Ok(None) };
    let mut rest: &str = text;
    loop {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(PIECE));
        let kept = head.trim_start();
        run.fuel.spend(1 + (head.len() - kept.len()) / BYTES_PER_STEP)?;
        if !kept.is_empty() || tail.is_empty() {
            rest = rest.get(head.len() - kept.len()..).unwrap_or_default();
            break;
        }
        rest = tail;
    }
    loop {
        let (head, tail) = rest.split_at(rest.ceil_char_boundary(rest.len().saturating_sub(PIECE)));
        let kept = tail.trim_end();
        run.fuel.spend(1 + (tail.len() - kept.len()) / BYTES_PER_STEP)?;
        if !kept.is_empty() || head.is_empty() {
            rest = rest.get(..head.len() + kept.len()).unwrap_or_default();
            break;
        }
        rest = head;
    }
    run.fuel.spend_bytes(rest.len())?;
    Ok(Some(Datum::text(rest.to_owned())))
}

/// The byte at which a code point begins; the end of the text is one place more.
pub(super) fn byte_at(run: &mut Run<'_>, text: &str, place: i64) -> Outcome<usize> {
    let outside = || Fault::failed(format!("the place {place} is outside the text, whose places count from 0"));
    let mut left = usize::try_from(place).map_err(|_| outside())?;
    let mut start = 0;
    for piece in pieces(text) {
        run.fuel.spend_bytes(piece.len())?;
        let count = piece.chars().count();
        if left < count {
            return Ok(start + piece.char_indices().nth(left).map_or(0, |(byte, _)| byte));
        }
        left -= count;
        start += piece.len();
    }
    if left == 0 { Ok(start) } else { Err(outside()) }
}

fn char_at<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::Text(text), Datum::Integer(place)] = arguments else { return Ok(None) };
    let rest = text.get(byte_at(run, text, *place)?..).unwrap_or_default();
    Ok(Some(Datum::text(rest.chars().take(1).collect())))
}

fn substring<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let (text, start, end) = match arguments {
        [Datum::Text(text), Datum::Integer(start)] => (text, *start, None),
        [Datum::Text(text), Datum::Integer(start), Datum::Integer(end)] => (text, *start, Some(*end)),
        _ => return Ok(None),
    };
    let first = byte_at(run, text, start)?;
    let last = match end {
        Some(end) => byte_at(run, text, end)?,
        None => text.len(),
    };
    match text.get(first..last) {
        Some(part) => {
            run.fuel.spend_bytes(part.len())?;
            Ok(Some(Datum::text(part.to_owned())))
        }
        None => Err(Fault::failed("substring(…) takes a start that is not after its end")),
    }
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
            let mut reversed = String::with_capacity(text.len());
            let mut rest: &str = text;
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(rest.ceil_char_boundary(rest.len().saturating_sub(PIECE)));
                run.fuel.spend(1 + tail.len() / BYTES_PER_STEP)?;
                reversed.extend(tail.chars().rev());
                rest = head;
            }
            Ok(Some(Datum::text(reversed)))
        }
        [Datum::List(list)] => list::reversed(run, list),
        _ => Ok(None),
    }
}

/// The text between quotes as a source would write it.
fn quote<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Answer<'a> {
    let [Datum::Text(text)] = arguments else { return Ok(None) };
    check_text(2 * text.len() + 2)?;
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for piece in pieces(text) {
        run.fuel.spend(1 + piece.len() / BYTES_PER_STEP)?;
        quote_into(piece, &mut quoted);
    }
    quoted.push('"');
    Ok(Some(Datum::text(quoted)))
}

fn quote_into(text: &str, quoted: &mut String) {
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
}
