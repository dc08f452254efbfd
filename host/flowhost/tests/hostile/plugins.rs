//! The components of the hostile plugins, built once for all tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/plugins");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-plugins");
    // The build of the shipped actions uses the same folder, so that common dependencies are compiled once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guests");
    // The folder may contain components of deleted or renamed sources.
    drop(std::fs::remove_dir_all(&out));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    cargo.args(["run", "--quiet", "--locked", "-p", "build-plugins", "--"]).args([&out, &target]);
    let status = cargo.env("CARGO_TARGET_DIR", &target).current_dir(plugins).status().unwrap();
    assert!(status.success(), "the hostile plugins can't be built, see above");
    out
});

/// The component of this name.
pub(crate) fn component(name: &str) -> Vec<u8> {
    std::fs::read(FOLDER.join(name).with_extension("wasm")).unwrap()
}

/// The names of all components.
pub(crate) fn plugin_names() -> Vec<String> {
    let names = std::fs::read_dir(&*FOLDER).unwrap().map(|entry| entry.unwrap().path());
    names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}
