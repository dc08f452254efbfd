//! The values of literals.

use super::error::{EvalError, EvalResult};

/// Removes prefix and quotes from a literal. Returns its content and whether it is raw.
fn strip_quotes(written: &str) -> (&str, bool) {
    let quoted = written.trim_start_matches(['r', 'R', 'b', 'B']);
    let prefix = written.get(..written.len() - quoted.len()).unwrap_or_default();
    let raw = prefix.contains(['r', 'R']);
    let quotes = if quoted.len() >= 6 && (quoted.starts_with("\"\"\"") || quoted.starts_with("'''")) { 3 } else { 1 };
    (quoted.get(quotes..quoted.len().saturating_sub(quotes)).unwrap_or_default(), raw)
}

/// Returns the text of a text literal. `at` is its position in the source.
pub(super) fn parse_text(written: &str, at: usize) -> EvalResult<String> {
    let (content, raw) = strip_quotes(written);
    let mut text = String::with_capacity(content.len());
    decode_escapes(content, raw, at, |piece| {
        match piece {
            LiteralPart::Character(character) | LiteralPart::CodePoint(character) => text.push(character),
            LiteralPart::Byte(byte) => text.push(char::from(byte)),
            LiteralPart::Plain(run) => text.push_str(run),
        }
        true
    })?;
    Ok(text)
}

/// Returns the bytes of a bytes literal. `at` is its position in the source.
pub(super) fn parse_bytes(written: &str, at: usize) -> EvalResult<Vec<u8>> {
    let (content, raw) = strip_quotes(written);
    let mut bytes = Vec::with_capacity(content.len());
    decode_escapes(content, raw, at, |piece| {
        match piece {
            LiteralPart::Character(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            LiteralPart::Byte(byte) => bytes.push(byte),
            LiteralPart::Plain(run) => bytes.extend_from_slice(run.as_bytes()),
            LiteralPart::CodePoint(_) => return false,
        }
        true
    })?;
    Ok(bytes)
}

enum LiteralPart<'c> {
    /// Characters that stand for themselves.
    Plain(&'c str),
    /// A character in place of a line end or an escape.
    Character(char),
    /// An escape of one byte, or of a code point up to 255 in a text.
    Byte(u8),
    /// An escape of a code point, which a bytes literal cannot contain.
    CodePoint(char),
}

fn decode_escapes<'c>(
    content: &'c str,
    is_raw: bool,
    at: usize,
    mut push_part: impl FnMut(LiteralPart<'c>) -> bool,
) -> EvalResult<()> {
    let is_special = |character: char| character == '\r' || (character == '\\' && !is_raw);
    let mut rest = content;
    while let Some(end) = rest.find(is_special) {
        let (run, special) = rest.split_at(end);
        let mut characters = special.chars();
        let piece = if characters.next() == Some('\r') {
            // Line ends inside a literal are the same on every system.
            Some(LiteralPart::Character('\n'))
        } else {
            decode_escape(&mut characters)
        };
        rest = characters.as_str();
        if special.starts_with('\r') {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        if !(push_part(LiteralPart::Plain(run)) && piece.is_some_and(&mut push_part)) {
            return Err(EvalError::syntax("the text has an unknown escape sequence: write a \\ itself as \\\\", at));
        }
    }
    push_part(LiteralPart::Plain(rest));
    Ok(())
}

fn decode_escape(characters: &mut impl Iterator<Item = char>) -> Option<LiteralPart<'static>> {
    let kind = characters.next()?;
    let character = match kind {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' | '\'' | '"' | '`' | '?' => kind,
        'x' | 'X' => return u8::try_from(read_code_point(characters, 2, 16, 0)?).ok().map(LiteralPart::Byte),
        'u' => return char::from_u32(read_code_point(characters, 4, 16, 0)?).map(LiteralPart::CodePoint),
        'U' => return char::from_u32(read_code_point(characters, 8, 16, 0)?).map(LiteralPart::CodePoint),
        '0'..='3' => {
            return u8::try_from(read_code_point(characters, 2, 8, kind.to_digit(8)?)?).ok().map(LiteralPart::Byte);
        }
        _ => return None,
    };
    Some(LiteralPart::Character(character))
}

/// Reads `count` further digits of a number that begins with `first`.
fn read_code_point(characters: &mut impl Iterator<Item = char>, count: usize, radix: u32, first: u32) -> Option<u32> {
    (0..count).try_fold(first, |code, _| code.checked_mul(radix)?.checked_add(characters.next()?.to_digit(radix)?))
}
