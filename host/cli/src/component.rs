//! Reading of a component's file.

use super::error::CliError;
use super::input::Input;
use flowhost::ErrorCode;
use flowhost::catalog::{ReadError, read_component};

/// Reads a whole file or stdin, at most `limit` bytes.
pub(super) fn read_input(input: &Input, limit: usize) -> Result<Vec<u8>, CliError> {
    let Input::File(path) = input else { return input.read_bytes(limit, ErrorCode::LimitComponentSize) };
    read_component(path, limit).map_err(|error| match error {
        ReadError::Refused(error) => CliError::message(format!("{input}: {}", error.message)).with_code(error.code),
        error => CliError::message(format!("can't read {input}: {error}")),
    })
}
