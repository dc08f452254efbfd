//! The format of the child's answer: one byte for its kind, eight bytes for its length, then the content.

use super::{CompileError, code_limit};
use std::io::{self, Read, Write};

/// Kinds of answers.
const CODE: u8 = 0;
const INVALID: u8 = 1;
const TOO_MUCH_CODE: u8 = 2;

/// Maximum length of a message, bytes.
const MESSAGE_BYTES: usize = 64 << 10;

/// Writes the result of a compilation.
pub(super) fn write(mut output: impl Write, compiled: &Result<Vec<u8>, CompileError>) -> io::Result<()> {
    let message;
    let (kind, bytes) = match compiled {
        Ok(code) => (CODE, code.as_slice()),
        Err(CompileError::Code(_)) => (TOO_MUCH_CODE, &[][..]),
        Err(error) => {
            message = error.to_string();
            (INVALID, message.as_bytes().get(..MESSAGE_BYTES).unwrap_or(message.as_bytes()))
        }
    };
    output.write_all(&[kind])?;
    output.write_all(&(bytes.len() as u64).to_le_bytes())?;
    output.write_all(bytes)?;
    output.flush()
}

/// Reads the result for a component of this size. An answer that is too long is rejected before memory is allocated for
/// it.
pub(super) fn read(mut input: impl Read, component_bytes: usize) -> io::Result<Result<Vec<u8>, CompileError>> {
    let (mut kind, mut length) = ([0; 1], [0; 8]);
    input.read_exact(&mut kind)?;
    input.read_exact(&mut length)?;
    let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
    let limit = code_limit(component_bytes);
    match kind {
        [CODE] if length > limit => Ok(Err(CompileError::Code(limit))),
        [CODE] => bytes(input, length).map(Ok),
        [INVALID] if length <= MESSAGE_BYTES => {
            let message = bytes(input, length)?;
            Ok(Err(CompileError::Invalid(String::from_utf8_lossy(&message).into_owned())))
        }
        [TOO_MUCH_CODE] => Ok(Err(CompileError::Code(limit))),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer has an unknown kind")),
    }
}

fn bytes(mut input: impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(io::Error::other)?;
    bytes.resize(length, 0);
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_written_frame_is_read_back() {
        for compiled in [
            Ok(vec![1, 2, 3]),
            Ok(Vec::new()),
            Err(CompileError::Invalid("not valid".to_owned())),
            Err(CompileError::Code(code_limit(10))),
        ] {
            let mut written = Vec::new();
            write(&mut written, &compiled).unwrap();
            assert_eq!(read(written.as_slice(), 10).unwrap(), compiled);
            // A truncated answer is an error.
            let length = written.len() - 1;
            assert!(read(&written[..length], 10).is_err());
        }
    }

    #[test]
    fn code_beyond_the_limit_is_not_read() {
        let mut written = vec![CODE];
        written.extend(u64::MAX.to_le_bytes());
        assert_eq!(read(written.as_slice(), 10).unwrap(), Err(CompileError::Code(code_limit(10))));
        assert!(read(&b"\xff\0\0\0\0\0\0\0\0"[..], 10).is_err());
    }
}
