//! Serialisation of JSON with a maximum length.

use serde::Serialize;
use std::io;

/// Returns the value's JSON; `None` if it is longer than `limit` bytes. The function stops writing at the limit.
pub(super) fn to_bounded_json(value: &impl Serialize, limit: usize) -> Option<String> {
    let mut text = BoundedWriter { bytes: Vec::new(), limit };
    serde_json::to_writer(&mut text, value).ok()?;
    String::from_utf8(text.bytes).ok()
}

struct BoundedWriter {
    bytes: Vec<u8>,
    limit: usize,
}

impl io::Write for BoundedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit.saturating_sub(self.bytes.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::to_bounded_json;

    #[test]
    fn the_limit_is_inclusive() {
        assert_eq!(to_bounded_json(&"abc", 5), Some("\"abc\"".to_owned()));
        assert_eq!(to_bounded_json(&"abc", 4), None);
    }
}
