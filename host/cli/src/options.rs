//! The global options.

use super::error::CliError;
use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory as _};
use flowhost::text::quote;
use std::path::PathBuf;
use std::str::FromStr;

/// The global options, before or after the command.
#[derive(Debug, Clone, Args)]
pub(super) struct Options {
    /// The store of contacts, campaigns and records: sqlite:PATH (created if missing) or memory: [env: FLOWHOST_STORE]
    /// [default: sqlite:flowhost.db]
    // The variable is read when a store is needed: a wrong value must not stop a command that needs no store.
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    store: Option<StoreLocation>,

    /// Adds the components (*.wasm) in this folder to the built-in actions; repeatable
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(super) plugins: Vec<PathBuf>,

    /// Permits a component in --plugins to have the id of this built-in action; repeatable
    #[arg(long, global = true, value_name = "ID", help_heading = "Global options")]
    pub(super) replace: Vec<String>,

    /// Shows more of the log on stderr: -v information, -vv details. FLOWHOST_LOG sets levels by target (warn, debug,
    /// flowhost::plugin=info, ...)
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub(super) verbose: u8,
}

/// The environment variable that names the store if the option is absent.
const STORE_VARIABLE: &str = "FLOWHOST_STORE";

/// The file of the default store.
const DEFAULT_FILE: &str = "flowhost.db";

impl Options {
    /// Returns the store of a command.
    pub(super) fn store(&self) -> Result<StoreLocation, CliError> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        let Some(url) = std::env::var_os(STORE_VARIABLE) else { return Ok(StoreLocation::Sqlite(DEFAULT_FILE.into())) };
        let store = url.to_str().ok_or_else(|| "it is not UTF-8".to_owned()).and_then(str::parse);
        store.map_err(|why| {
            let message = format!("invalid value {} of {STORE_VARIABLE}: {why}", quote(&url.to_string_lossy()));
            CliError::usage(super::Arguments::command().error(ErrorKind::ValueValidation, message))
        })
    }
}

/// The location of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StoreLocation {
    /// In memory, lost when the process ends.
    Memory,
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, not supported yet.
    Postgres,
}

impl FromStr for StoreLocation {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let forms = "use sqlite:PATH or memory:";
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() {
                    Err(format!("the path after sqlite: is missing; {forms}"))
                } else {
                    Ok(Self::Sqlite(path.into()))
                }
            }
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            _ => Err(format!("the type of store is not known; {forms}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_store_is_named_by_a_url() {
        for (url, location) in [
            ("memory:", StoreLocation::Memory),
            ("sqlite:a/b.db", StoreLocation::Sqlite("a/b.db".into())),
            ("sqlite:///var/a.db", StoreLocation::Sqlite("/var/a.db".into())),
            ("sqlite:C:\\a.db", StoreLocation::Sqlite("C:\\a.db".into())),
            ("postgres://host/db", StoreLocation::Postgres),
        ] {
            assert_eq!(url.parse(), Ok(location), "{url}");
        }
        for url in ["", "flowhost.db", "sqlite:", "memory:x", "mysql://host/db"] {
            assert!(url.parse::<StoreLocation>().unwrap_err().contains("sqlite:PATH"), "{url}");
        }
    }
}
