//! The build of a project: its command, then the packing of its core module.

use crate::error::AuthorError;
use crate::project::Project;
use flowhost::ErrorCode;
use flowhost::catalog::{pack, read_component};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A component that a build has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltComponent {
    /// The file.
    pub path: PathBuf,
    /// The size, bytes.
    pub bytes: usize,
    /// The SHA-256, hexadecimal.
    pub digest: String,
}

impl Project {
    /// Runs the command of the project and packs its module. The output of the command goes to stderr. `limit` is the
    /// maximum size of module and component, bytes.
    ///
    /// # Errors
    /// `build-failed`: the command failed, or it did not write its file. Otherwise the code of a component that cannot be
    /// packed.
    pub fn build(&self, limit: usize) -> Result<BuiltComponent, AuthorError> {
        self.run_command()?;
        let component = self.component();
        let bytes = match &self.settings.build.module {
            Some(module) => {
                let core = read_output(&self.path(module), limit)?;
                let packed = pack(&core).map_err(|error| AuthorError::new(error.code, error.message))?;
                write_file(&component, &packed)?;
                packed
            }
            None => read_output(&component, limit)?,
        };
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(BuiltComponent { path: component, bytes: bytes.len(), digest })
    }

    fn run_command(&self) -> Result<(), AuthorError> {
        let component = self.component();
        // The tools of Python and JavaScript do not create the folder of their output.
        component.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| {
            AuthorError::system(format!("can't create the folder of {}: {error}", component.display()))
        })?;
        let command = &self.settings.build.command;
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(&self.folder).env("PATH", self.search_path());
        shell.stdin(Stdio::null()).stdout(std::io::stderr());
        let status = shell.status().map_err(|error| AuthorError::system(format!("can't run sh: {error}")))?;
        if status.success() {
            return Ok(());
        }
        let message = format!("the command `{command}` failed with {status}; correct the error that it printed");
        Err(AuthorError::new(ErrorCode::BuildFailed, message))
    }
}

fn read_output(path: &Path, limit: usize) -> Result<Vec<u8>, AuthorError> {
    read_component(path, limit).map_err(|error| {
        let message = format!("the build did not write {}: {error}; correct flowhost.toml", path.display());
        AuthorError::new(ErrorCode::BuildFailed, message)
    })
}

/// Writes the whole file or nothing.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), AuthorError> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = written.and_then(|()| fs::write(&temporary, bytes)).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // The first error is the one to report.
        drop(fs::remove_file(&temporary));
        AuthorError::system(format!("can't write {}: {error}", path.display()))
    })
}
