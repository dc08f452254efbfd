//! Chunks of bytes that do not split characters.

/// Bytes that are read between two charges.
const CHUNK_BYTES: usize = 4 * 1024;

/// Splits bytes that may be UTF-8 text into chunks. No two chunks share the bytes of a character.
pub(super) fn chunks(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (piece, tail) = rest.split_at(boundary(rest, CHUNK_BYTES.min(rest.len())));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Returns the last character boundary up to `at`.
fn boundary(bytes: &[u8], at: usize) -> usize {
    let is_continuation = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    // A character has at most three continuation bytes, so four in a row do not belong to one character.
    let first = (at.saturating_sub(3)..=at).rev().find(|at| !is_continuation(at));
    first.filter(|first| *first > 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::{CHUNK_BYTES, chunks};

    #[test]
    fn chunks_decode_like_the_whole() {
        for character in ["a", "é", "€", "😀", "\u{fffd}"] {
            for shift in 0..5 {
                let text = format!("{}{}", "x".repeat(shift), character.repeat(CHUNK_BYTES));
                for cut in 0..4 {
                    let bytes = &text.as_bytes()[..text.len() - cut];
                    let read: String = chunks(bytes).map(String::from_utf8_lossy).collect();
                    assert_eq!(read, String::from_utf8_lossy(bytes));
                    assert!(chunks(bytes).all(|piece| piece.len() <= CHUNK_BYTES));
                }
            }
        }
        for byte in [0x80, 0xff, 0xe2, 0xf0] {
            let bytes = vec![byte; 3 * CHUNK_BYTES];
            let read: String = chunks(&bytes).map(String::from_utf8_lossy).collect();
            assert_eq!(read, String::from_utf8_lossy(&bytes));
        }
    }
}
