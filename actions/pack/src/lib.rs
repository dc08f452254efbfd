//! Builds the actions that ship with the host, and converts their core modules into components.
//!
//! The host's build script and the tests of the shipped actions use this crate: the tests cover the shipped bytes.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compilation target of the shipped actions: it has no imports of its own, so a component imports only what the
/// action uses.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// An action as a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltAction {
    /// The action's id, which is the name of its folder.
    pub id: String,
    /// The component.
    pub bytes: Vec<u8>,
}

/// The reason why there is no component. The text says what to do.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Converts a core module with the contract's type section into a component, and validates it.
///
/// # Errors
/// The bytes are not a core module, the section is missing, or the module imports something outside the contract.
pub fn component(core: &[u8]) -> Result<Vec<u8>, Error> {
    wit_component::ComponentEncoder::default()
        .module(core)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| Error(format!("{error:#}")))
}

/// The ids of the actions in the workspace `actions`, in alphabetical order. An action is a folder with a crate of the
/// type `cdylib`.
///
/// # Errors
/// The folder cannot be read.
pub fn action_ids(actions: &Path) -> Result<Vec<String>, Error> {
    let unreadable = |error| Error(format!("the folder {} cannot be read: {error}", actions.display()));
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(actions).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml")) else {
            continue;
        };
        if manifest.lines().any(|line| line.trim() == r#"crate-type = ["cdylib"]"#)
            && let Some(id) = folder.file_name().and_then(OsStr::to_str)
            && folder.join("src/lib.rs").exists()
            && !manifest.contains("[[example]]")
        {
            ids.push(id.to_owned());
        }
    }
    ids.sort();
    Ok(ids)
}

/// Compiles every action of the workspace `actions` in the folder `target`, and converts them into components.
///
/// # Errors
/// The toolchain does not have [`TARGET`], or an action does not compile or does not follow the contract.
pub fn build(actions: &Path, target: &Path) -> Result<Vec<BuiltAction>, Error> {
    check_toolchain()?;
    let status = cargo(actions, target)
        .args(["build", "--release", "--locked", "--target", TARGET])
        .status()
        .map_err(|error| Error(format!("cargo cannot be started to compile the actions: {error}")))?;
    if !status.success() {
        return Err(Error(format!("the actions in {} do not compile, see above", actions.display())));
    }
    action_ids(actions)?.into_iter().map(|id| built_action(target, id)).collect()
}

fn built_action(target: &Path, id: String) -> Result<BuiltAction, Error> {
    let core: PathBuf = [target, Path::new(TARGET), Path::new("release")].iter().collect();
    let core = core.join(id.replace('-', "_")).with_extension("wasm");
    let bytes = std::fs::read(&core).map_err(|error| Error(format!("{} cannot be read: {error}", core.display())))?;
    match component(&bytes) {
        Ok(bytes) => Ok(BuiltAction { id, bytes }),
        Err(error) => Err(Error(format!("the action {id} cannot be converted into a component: {error}"))),
    }
}

/// A cargo command without the variables of an outer build: its flags, wrappers, profiles and target folder would
/// change the components.
fn cargo(actions: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_outer_build_variable) {
            cargo.env_remove(name);
        }
    }
    cargo.env("CARGO_TARGET_DIR", target).current_dir(actions);
    cargo
}

fn is_outer_build_variable(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CARGO_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        "OUT_DIR",
        "TARGET",
        "HOST",
    ];
    const PREFIXES: [&str; 7] = [
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Checks that the target is installed, because the compiler's message about a missing target does not help.
fn check_toolchain() -> Result<(), Error> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| Error(format!("rustc cannot be started to compile the actions: {error}")))?;
    let folder = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && Path::new(folder.trim()).exists() {
        return Ok(());
    }
    Err(Error(format!(
        "the actions compile to WebAssembly, but this toolchain does not have the target {TARGET}; run `rustup target add {TARGET}`"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_outer_build_are_removed() {
        for name in ["RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "CARGO_TARGET_DIR", "CARGO_PROFILE_RELEASE_LTO"] {
            assert!(is_outer_build_variable(name), "{name}");
        }
        for name in ["PATH", "RUSTC", "CARGO", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "CARGO_NET_OFFLINE", "CARGO_MAKEFLAGS"]
        {
            assert!(!is_outer_build_variable(name), "{name}");
        }
    }

    #[test]
    fn an_invalid_module_is_an_error() {
        assert!(component(b"\0asm\x01\0\0").is_err());
        assert!(component(b"").is_err());
    }
}
