//! The plugin that a command is about: a file, or a shipped action.

use crate::error::AuthorError;
use flowhost::ErrorCode;
use flowhost::catalog::{ReadError, built_in, read_component};
use flowhost::text::quote;
use std::path::{Path, PathBuf};

/// The first argument of a command for authors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginName {
    /// A component in a file.
    File(PathBuf),
    /// The id of a shipped action.
    BuiltIn(String),
}

/// The bytes of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// The component.
    pub bytes: Vec<u8>,
    /// The id of the shipped action, which its own component may have.
    pub built_in_id: Option<String>,
}

impl PluginName {
    /// Returns the plugin with this name. A name that ends in `.wasm` is a file.
    pub fn new(name: &str) -> Self {
        let is_file = Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
        if is_file { Self::File(name.into()) } else { Self::BuiltIn(name.to_owned()) }
    }

    /// Reads the component, at most `limit` bytes.
    ///
    /// # Errors
    /// The file can't be read, it is too large, or no shipped action has the id. The error has a code unless the file
    /// can't be read.
    pub fn read(&self, limit: usize) -> Result<Plugin, AuthorError> {
        match self {
            Self::File(path) => {
                let shown = path.display();
                let bytes = read_component(path, limit).map_err(|error| match error {
                    ReadError::Refused(error) => AuthorError::new(error.code, format!("{shown}: {}", error.message)),
                    error => AuthorError::system(format!("can't read {shown}: {error}")),
                })?;
                Ok(Plugin { bytes, built_in_id: None })
            }
            Self::BuiltIn(id) => match built_in().find(|(known, _)| known == id) {
                Some((id, bytes)) => Ok(Plugin { bytes: bytes.to_vec(), built_in_id: Some(id.to_owned()) }),
                None => {
                    let ids: Vec<_> = built_in().map(|(id, _)| id).collect();
                    let name = flowhost_error::nearest_name(id, ids.iter().copied()).unwrap_or_default();
                    let hint = if name.is_empty() { "name a file *.wasm".to_owned() } else { format!("use {name}") };
                    let message = format!("{} is neither a shipped action nor a file *.wasm; {hint}", quote(id));
                    Err(AuthorError::new(ErrorCode::ActionNotFound, message))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_or_a_shipped_action() {
        assert_eq!(PluginName::new("dist/a.wasm"), PluginName::File("dist/a.wasm".into()));
        let shipped = PluginName::new("campaign-dnd-manager").read(0).unwrap();
        assert_eq!(shipped.built_in_id.as_deref(), Some("campaign-dnd-manager"));
        assert_eq!(PluginName::new("campaign-dnd").read(0).unwrap_err().code, Some(ErrorCode::ActionNotFound));
        assert_eq!(PluginName::new("none.wasm").read(0).unwrap_err().code, None);
    }
}
