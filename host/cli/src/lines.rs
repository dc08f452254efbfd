//! Reads the lines of stdin with a limited length.

use flowhost::ErrorCode;
use std::io::{BufRead, Read as _};

/// A line that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// The text of the line.
    Text(String),
    /// The line is too long, or it is not UTF-8.
    Invalid(LineError),
}

/// The reason why a line is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineError {
    TooLong { limit: usize },
    NotUtf8,
}

impl LineError {
    pub(super) fn code(self) -> ErrorCode {
        match self {
            Self::TooLong { .. } => ErrorCode::RequestTooLarge,
            Self::NotUtf8 => ErrorCode::RequestInvalid,
        }
    }

    pub(super) fn message(self) -> String {
        match self {
            Self::TooLong { limit } => format!("the line has more than {limit} bytes"),
            Self::NotUtf8 => "the line is not UTF-8 text".to_owned(),
        }
    }
}

/// The byte order mark in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes that are read beyond the limit: one byte too many, the line end, and the byte order mark.
const EXTRA_BYTES: u64 = 5;

/// An iterator over lines.
pub(super) struct Lines<R> {
    reader: R,
    limit: usize,
    is_first: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, is_first: true }
    }

    fn read_line(&mut self) -> std::io::Result<Option<Line>> {
        loop {
            let mut bytes = Vec::new();
            let most = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(EXTRA_BYTES);
            if self.reader.by_ref().take(most).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            // Some programs write a byte order mark, which is not valid JSON.
            if std::mem::take(&mut self.is_first) && bytes.starts_with(BYTE_ORDER_MARK) {
                bytes.drain(..BYTE_ORDER_MARK.len());
            }
            let ended = bytes.last() == Some(&b'\n');
            if ended {
                bytes.pop();
            }
            if bytes.len() > self.limit {
                if !ended {
                    self.reader.skip_until(b'\n')?;
                }
                return Ok(Some(Line::Invalid(LineError::TooLong { limit: self.limit })));
            }
            if !bytes.trim_ascii().is_empty() {
                let text = String::from_utf8(bytes);
                return Ok(Some(text.map_or(Line::Invalid(LineError::NotUtf8), Line::Text)));
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = std::io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_line().transpose()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_leading_byte_order_mark_is_skipped() {
        let read = |input: &'static [u8]| Lines::new(input, 5).map(Result::unwrap).collect::<Vec<_>>();
        let text = |text: &str| Line::Text(text.to_owned());
        assert_eq!(read(b"\xef\xbb\xbf12345\n2\n"), [text("12345"), text("2")]);
        assert_eq!(read(b"\xef\xbb\xbf12345"), [text("12345")]);
        assert_eq!(read(b"\xef\xbb\xbf\n1\n"), [text("1")]);
        assert_eq!(read(b"\xef\xbb\xbf"), []);
        let too_long = Line::Invalid(LineError::TooLong { limit: 5 });
        assert_eq!(read(b"\xef\xbb\xbf123456\n1\n"), [too_long, text("1")]);
        assert_eq!(read(b"1\n\xef\xbb\xbf2\n"), [text("1"), text("\u{feff}2")]);
    }

    #[test]
    fn an_invalid_line_is_reported_and_the_next_is_read() {
        let input = b"12345\n\n  \n123456\nabc\xff\n123456789\n12345".as_slice();
        let lines: Vec<_> = Lines::new(input, 5).map(Result::unwrap).collect();
        let too_long = Line::Invalid(LineError::TooLong { limit: 5 });
        let text = |text: &str| Line::Text(text.to_owned());
        assert_eq!(
            lines,
            [text("12345"), too_long.clone(), Line::Invalid(LineError::NotUtf8), too_long, text("12345")]
        );
    }
}
