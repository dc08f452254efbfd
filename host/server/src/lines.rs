//! Splits a body into lines of limited length, as they arrive.

use crate::settings::MAX_LINE_BYTES;
use flowhost::ErrorCode;

/// A line that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// The text of the line.
    Text(String),
    /// The line is too long, or it is not UTF-8.
    Invalid(ErrorCode, String),
}

/// Splits bytes into lines. A line beyond the limit is not kept.
#[derive(Debug, Default)]
pub(crate) struct LineSplitter {
    pending: Vec<u8>,
    /// Whether the current line is too long: its bytes are skipped up to its end.
    is_too_long: bool,
}

impl LineSplitter {
    /// Adds bytes, and calls `on_line` for each line that ends in them.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut on_line: impl FnMut(Line)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.extend(line);
            bytes = rest.get(1..).unwrap_or_default();
            self.take().map(&mut on_line);
        }
        self.extend(bytes);
    }

    /// Returns the last line, which may have no line end.
    pub(crate) fn finish(&mut self) -> Option<Line> {
        self.take()
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.is_too_long || self.pending.len() + bytes.len() > MAX_LINE_BYTES {
            self.is_too_long = true;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn take(&mut self) -> Option<Line> {
        let bytes = std::mem::take(&mut self.pending);
        if std::mem::take(&mut self.is_too_long) {
            let message = format!("the line has more than {MAX_LINE_BYTES} bytes");
            return Some(Line::Invalid(ErrorCode::RequestTooLarge, message));
        }
        if bytes.trim_ascii().is_empty() {
            return None;
        }
        Some(match String::from_utf8(bytes) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::Invalid(ErrorCode::RequestInvalid, "the line is not UTF-8 text".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(parts: &[&[u8]]) -> Vec<Line> {
        let (mut splitter, mut lines) = (LineSplitter::default(), Vec::new());
        for part in parts {
            splitter.push(part, |line| lines.push(line));
        }
        lines.extend(splitter.finish());
        lines
    }

    #[test]
    fn lines_may_arrive_in_any_parts() {
        let text = |text: &str| Line::Text(text.to_owned());
        assert_eq!(split(&[b"a\nb", b"c\n\n \nd"]), [text("a"), text("bc"), text("d")]);
        assert_eq!(split(&[b"\n", b"", b"a\r\n"]), [text("a\r")]);
        assert_eq!(split(&[]), []);
    }

    #[test]
    fn an_invalid_line_is_reported_and_the_next_is_read() {
        let long = vec![b'x'; MAX_LINE_BYTES + 1];
        let lines = split(&[b"\xff\n", &long, b"y\nz\n"]);
        assert!(matches!(lines[0], Line::Invalid(ErrorCode::RequestInvalid, _)));
        assert!(matches!(lines[1], Line::Invalid(ErrorCode::RequestTooLarge, _)));
        assert_eq!(lines[2..], [Line::Text("z".to_owned())]);
        assert!(matches!(split(&[&long])[..], [Line::Invalid(ErrorCode::RequestTooLarge, _)]));
    }
}
