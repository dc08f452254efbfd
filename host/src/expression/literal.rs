//! What the literals of a source stand for.

use super::error::{Fault, Outcome};

/// The text or bytes of a literal as written, prefix and quotes included; `at` is where it stands.
fn content(written: &str) -> (&str, bool) {
    let quoted = written.trim_start_matches(['r', 'R', 'b', 'B']);
    let prefix = written.get(..written.len() - quoted.len()).unwrap_or_default();
    let raw = prefix.contains(['r', 'R']);
    let quotes = if quoted.len() >= 6 && (quoted.starts_with("\"\"\"") || quoted.starts_with("'''")) { 3 } else { 1 };
    (quoted.get(quotes..quoted.len().saturating_sub(quotes)).unwrap_or_default(), raw)
}

/// The text of a text literal.
pub(super) fn text(written: &str, at: usize) -> Outcome<String> {
    let (content, raw) = content(written);
    let mut text = String::with_capacity(content.len());
    decode(content, raw, at, |piece| {
        match piece {
            Piece::Character(character) | Piece::Code(character) => text.push(character),
            Piece::Byte(byte) => text.push(char::from(byte)),
            Piece::Run(run) => text.push_str(run),
        }
        true
    })?;
    Ok(text)
}

/// The bytes of a bytes literal.
pub(super) fn bytes(written: &str, at: usize) -> Outcome<Vec<u8>> {
    let (content, raw) = content(written);
    let mut bytes = Vec::with_capacity(content.len());
    decode(content, raw, at, |piece| {
        match piece {
            Piece::Character(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Piece::Byte(byte) => bytes.push(byte),
            Piece::Run(run) => bytes.extend_from_slice(run.as_bytes()),
            Piece::Code(_) => return false,
        }
        true
    })?;
    Ok(bytes)
}

enum Piece<'c> {
    /// Characters that stand for themselves.
    Run(&'c str),
    /// A character that stands for itself.
    Character(char),
    /// An escape of one byte (a code point up to 255 in a text).
    Byte(u8),
    /// An escape of a code point, which bytes don't have.
    Code(char),
}

fn decode<'c>(content: &'c str, raw: bool, at: usize, mut take: impl FnMut(Piece<'c>) -> bool) -> Outcome<()> {
    let is_special = |character: char| character == '\r' || (character == '\\' && !raw);
    let mut rest = content;
    while let Some(end) = rest.find(is_special) {
        let (run, special) = rest.split_at(end);
        let mut characters = special.chars();
        let piece = if characters.next() == Some('\r') {
            // Line ends inside a literal are the same on every system.
            Some(Piece::Character('\n'))
        } else {
            escape(&mut characters)
        };
        rest = characters.as_str();
        if special.starts_with('\r') {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        if !(take(Piece::Run(run)) && piece.is_some_and(&mut take)) {
            return Err(Fault::syntax("a \\ in this text begins no known escape: a \\ itself is written \\\\", at));
        }
    }
    take(Piece::Run(rest));
    Ok(())
}

fn escape(characters: &mut impl Iterator<Item = char>) -> Option<Piece<'static>> {
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
        'x' | 'X' => return u8::try_from(code(characters, 2, 16, 0)?).ok().map(Piece::Byte),
        'u' => return char::from_u32(code(characters, 4, 16, 0)?).map(Piece::Code),
        'U' => return char::from_u32(code(characters, 8, 16, 0)?).map(Piece::Code),
        '0'..='3' => return u8::try_from(code(characters, 2, 8, kind.to_digit(8)?)?).ok().map(Piece::Byte),
        _ => return None,
    };
    Some(Piece::Character(character))
}

/// Reads `count` digits that go on a number.
fn code(characters: &mut impl Iterator<Item = char>, count: usize, radix: u32, first: u32) -> Option<u32> {
    (0..count).try_fold(first, |code, _| code.checked_mul(radix)?.checked_add(characters.next()?.to_digit(radix)?))
}
