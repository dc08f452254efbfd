//! The hostile plugins, built once for all tests of a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The folder with the two hostile plugins that tests load.
pub(crate) static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (all, out) = (temporary.join("all-hostile-plugins"), temporary.join("hostile-plugins"));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    // The build of the shipped actions uses the same folder, so that common dependencies are compiled once.
    let target = temporary.join("../guests");
    cargo.args(["run", "--quiet", "--locked", "-p", "build-plugins", "--"]).args([&all, &target]);
    let status = cargo.env("CARGO_TARGET_DIR", &target).current_dir(plugins).status().unwrap();
    assert!(status.success(), "the hostile plugins can't be built, see above");
    std::fs::create_dir_all(&out).unwrap();
    for name in ["hostile.wasm", "hostile-wasi.wasm"] {
        std::fs::copy(all.join(name), out.join(name)).unwrap();
    }
    out
});

/// The file of a component that is not in the folder.
pub(crate) fn component(name: &str) -> PathBuf {
    FOLDER.with_file_name("all-hostile-plugins").join(name).with_extension("wasm")
}

/// An attack of so many callers, who all send this request again and again.
pub(crate) fn attack(callers: usize, request: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "callers": callers, "requests": [request] })
}

/// The request in the name of this tenant.
pub(crate) fn of_tenant(tenant: &str, mut request: serde_json::Value) -> serde_json::Value {
    request["session"]["tenant"] = tenant.into();
    request
}

/// A request to such a plugin.
pub(crate) fn request(plugin: &str, name: &str) -> serde_json::Value {
    let mut parameters = serde_json::json!({ "ATTACK": name });
    if plugin == "hostile" {
        parameters["RESULT_ENTITY"] = "result".into();
        parameters["STATUS_ENTITY"] = "status".into();
    }
    serde_json::json!({
        "action": plugin, "parameters": parameters,
        "session": { "id": "p", "tenant": "acme", "channel": "messenger", "user": "attacker", "entities": {} },
    })
}
