//! Reading what is to be a component.

use super::failed::Failed;
use super::input::Input;
use flowhost::catalog::{ReadError, read_component};

/// All of a file, or of stdin, if it has no more than `limit` bytes.
pub(super) fn read(input: &Input, limit: usize) -> Result<Vec<u8>, Failed> {
    let Input::File(path) = input else { return input.bytes(limit, "limit-component-size") };
    read_component(path, limit).map_err(|error| match error {
        ReadError::Io(error) => Failed::because(format!("can't read {input}: {error}")),
        ReadError::Refused(error) => Failed::because(format!("{input}: {}", error.message)).with_code(error.code),
    })
}
