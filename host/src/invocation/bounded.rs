//! JSON of a bounded length.

use serde::Serialize;
use std::io;

/// A value's JSON; `None`: it is longer than this limit. The function stops writing at the limit.
pub(super) fn json_within(value: &impl Serialize, most: usize) -> Option<String> {
    let mut text = Bounded { bytes: Vec::new(), most };
    serde_json::to_writer(&mut text, value).ok()?;
    String::from_utf8(text.bytes).ok()
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.most.saturating_sub(self.bytes.len()) {
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
    use super::json_within;

    #[test]
    fn the_bound_is_the_longest_length() {
        assert_eq!(json_within(&"abc", 5), Some("\"abc\"".to_owned()));
        assert_eq!(json_within(&"abc", 4), None);
    }
}
