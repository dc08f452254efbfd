//! The hostile plugins as components, built once for all tests of a process.

use crate::command::{TestEnv, target};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    // The build of the shipped actions uses the same folder, so that common dependencies are compiled once.
    let (out, guests) = (target().join("tmp/flowhost-test-plugins"), target().join("guests"));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    cargo.args(["run", "--quiet", "--locked", "-p", "build-plugins", "--"]).args([&out, &guests]);
    let status = cargo.env("CARGO_TARGET_DIR", &guests).current_dir(plugins).status().expect("cargo runs");
    assert!(status.success(), "the hostile plugins can't be built, see above");
    out
});

impl TestEnv {
    /// Copies these hostile plugins into the subfolder `plugins`.
    pub fn plugins(&self, names: &[&str]) {
        let folder = self.path("plugins");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        for name in names {
            let file = Path::new(name).with_extension("wasm");
            std::fs::copy(FOLDER.join(&file), folder.join(&file)).expect("the plugin was built");
        }
    }
}
