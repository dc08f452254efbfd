//! Text functions: the standard ones and the string extension. Positions in a text count code points.

use super::super::error::{EvalError, EvalResult};
use super::super::evaluate::Evaluator;
use super::super::limits::check_text;
use super::super::runtime_value::{RuntimeValue, Text};
use super::{FunctionEntry, format, list, regex, search};

pub(super) const GLOBALS: &[FunctionEntry] = &[("size", size), ("matches", regex::matches), ("strings.quote", quote)];

pub(super) const METHODS: &[FunctionEntry] = &[
    ("size", size),
    ("contains", search::contains),
    ("startsWith", |evaluator, arguments| test_affix(evaluator, arguments, |text, part| text.starts_with(part))),
    ("endsWith", |evaluator, arguments| test_affix(evaluator, arguments, |text, part| text.ends_with(part))),
    ("matches", regex::matches),
    ("charAt", char_at),
    ("indexOf", search::index_of),
    ("lastIndexOf", search::last_index_of),
    ("substring", substring),
    ("split", search::split),
    ("replace", search::replace),
    ("join", join),
    ("format", format::format),
    ("reverse", reverse),
    ("lowerAscii", |evaluator, arguments| map_text(evaluator, arguments, |text| text.to_ascii_lowercase())),
    ("upperAscii", |evaluator, arguments| map_text(evaluator, arguments, |text| text.to_ascii_uppercase())),
    ("trim", trim_text),
];

/// Bytes of a text that a function handles between two charges.
const CHUNK_BYTES: usize = 4 * 1024;
/// Bytes of a text that one step pays for if the function reads each character.
const BYTES_PER_STEP: usize = 16;

/// Splits a text into chunks of whole characters.
fn chunks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, tail) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

type FunctionResult<'a> = EvalResult<Option<RuntimeValue<'a>>>;

/// A text that a function builds. Each part is charged and checked before it is appended.
#[derive(Default)]
pub(in super::super) struct BoundedString(String);

impl BoundedString {
    pub(in super::super) fn push(&mut self, evaluator: &mut Evaluator<'_>, part: &str) -> EvalResult<()> {
        check_text(self.0.len() + part.len())?;
        evaluator.fuel.spend_bytes(part.len())?;
        self.0.push_str(part);
        Ok(())
    }

    /// Appends a part, and charges for reading each of its characters.
    pub(super) fn push_each(&mut self, evaluator: &mut Evaluator<'_>, part: &str) -> EvalResult<()> {
        evaluator.fuel.spend(part.len() / BYTES_PER_STEP)?;
        self.push(evaluator, part)
    }

    pub(in super::super) fn into_string(self) -> String {
        self.0
    }

    pub(super) fn into_value<'a>(self) -> RuntimeValue<'a> {
        RuntimeValue::text(self.0)
    }
}

fn size<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let size = match arguments {
        [RuntimeValue::Text(text)] => {
            evaluator.fuel.spend_bytes(text.len())?;
            text.chars().count()
        }
        [RuntimeValue::Bytes(bytes)] => bytes.len(),
        [RuntimeValue::List(list)] => list.len(),
        [RuntimeValue::Map(map)] => map.len(&mut evaluator.fuel)?,
        _ => return Ok(None),
    };
    Ok(Some(integer_value(size)))
}

pub(super) fn integer_value<'a>(count: usize) -> RuntimeValue<'a> {
    RuntimeValue::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Returns whether a text begins or ends with another.
fn test_affix<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
    function: fn(&str, &str) -> bool,
) -> FunctionResult<'a> {
    let [RuntimeValue::Text(text), RuntimeValue::Text(part)] = arguments else { return Ok(None) };
    evaluator.fuel.spend_bytes(part.len())?;
    Ok(Some(RuntimeValue::Boolean(function(text, part))))
}

fn map_text<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
    function: fn(&str) -> String,
) -> FunctionResult<'a> {
    let [RuntimeValue::Text(text)] = arguments else { return Ok(None) };
    evaluator.fuel.spend_bytes(text.len())?;
    Ok(Some(RuntimeValue::text(function(text))))
}

fn trim_text<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::Text(text)] = arguments else { return Ok(None) };
    let mut rest: &str = text;
    loop {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES));
        let trimmed = head.trim_start();
        evaluator.fuel.spend(1 + (head.len() - trimmed.len()) / BYTES_PER_STEP)?;
        if !trimmed.is_empty() || tail.is_empty() {
            rest = rest.get(head.len() - trimmed.len()..).unwrap_or_default();
            break;
        }
        rest = tail;
    }
    loop {
        let (head, tail) = rest.split_at(rest.ceil_char_boundary(rest.len().saturating_sub(CHUNK_BYTES)));
        let trimmed = tail.trim_end();
        evaluator.fuel.spend(1 + (tail.len() - trimmed.len()) / BYTES_PER_STEP)?;
        if !trimmed.is_empty() || head.is_empty() {
            rest = rest.get(..head.len() + trimmed.len()).unwrap_or_default();
            break;
        }
        rest = head;
    }
    evaluator.fuel.spend_bytes(rest.len())?;
    Ok(Some(RuntimeValue::text(rest.to_owned())))
}

/// Returns the byte offset of a code point. The end of the text is also a valid position.
pub(super) fn byte_at(evaluator: &mut Evaluator<'_>, text: &str, position: i64) -> EvalResult<usize> {
    let outside =
        || EvalError::evaluation_failed(format!("the position {position} is outside the text: positions count from 0"));
    let mut left = usize::try_from(position).map_err(|_| outside())?;
    let mut start = 0;
    for piece in chunks(text) {
        evaluator.fuel.spend_bytes(piece.len())?;
        let count = piece.chars().count();
        if left < count {
            return Ok(start + piece.char_indices().nth(left).map_or(0, |(byte, _)| byte));
        }
        left -= count;
        start += piece.len();
    }
    if left == 0 { Ok(start) } else { Err(outside()) }
}

fn char_at<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::Text(text), RuntimeValue::Integer(position)] = arguments else { return Ok(None) };
    let rest = text.get(byte_at(evaluator, text, *position)?..).unwrap_or_default();
    Ok(Some(RuntimeValue::text(rest.chars().take(1).collect())))
}

fn substring<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let (text, start, end) = match arguments {
        [RuntimeValue::Text(text), RuntimeValue::Integer(start)] => (text, *start, None),
        [RuntimeValue::Text(text), RuntimeValue::Integer(start), RuntimeValue::Integer(end)] => {
            (text, *start, Some(*end))
        }
        _ => return Ok(None),
    };
    let first = byte_at(evaluator, text, start)?;
    let last = match end {
        Some(end) => byte_at(evaluator, text, end)?,
        None => text.len(),
    };
    match text.get(first..last) {
        Some(part) => {
            evaluator.fuel.spend_bytes(part.len())?;
            Ok(Some(RuntimeValue::text(part.to_owned())))
        }
        None => Err(EvalError::evaluation_failed("substring(…) requires a start that is not after its end")),
    }
}

fn join<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let (list, separator) = match arguments {
        [RuntimeValue::List(list)] => (list, &Text::Borrowed("")),
        [RuntimeValue::List(list), RuntimeValue::Text(separator)] => (list, separator),
        _ => return Ok(None),
    };
    let mut joined = BoundedString::default();
    for (index, item) in list.iter().enumerate() {
        let RuntimeValue::Text(item) = item else {
            let message = format!(
                "join(…) needs texts, but this list contains {}: convert it to text with string(…)",
                item.type_description()
            );
            return Err(EvalError::evaluation_failed(message));
        };
        if index > 0 {
            joined.push(evaluator, separator)?;
        }
        joined.push(evaluator, &item)?;
    }
    Ok(Some(joined.into_value()))
}

fn reverse<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    match arguments {
        [RuntimeValue::Text(text)] => {
            let mut reversed = String::with_capacity(text.len());
            let mut rest: &str = text;
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(rest.ceil_char_boundary(rest.len().saturating_sub(CHUNK_BYTES)));
                evaluator.fuel.spend(1 + tail.len() / BYTES_PER_STEP)?;
                reversed.extend(tail.chars().rev());
                rest = head;
            }
            Ok(Some(RuntimeValue::text(reversed)))
        }
        [RuntimeValue::List(list)] => list::reverse_list(evaluator, list),
        _ => Ok(None),
    }
}

/// Returns a text in double quotes with escapes, as a source would write it.
fn quote<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::Text(text)] = arguments else { return Ok(None) };
    check_text(2 * text.len() + 2)?;
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for piece in chunks(text) {
        evaluator.fuel.spend(1 + piece.len() / BYTES_PER_STEP)?;
        quote_into(piece, &mut quoted);
    }
    quoted.push('"');
    Ok(Some(RuntimeValue::text(quoted)))
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
