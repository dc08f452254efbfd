//! Builds the hostile plugins as components: `build-plugins OUT TARGET` writes them into the folder `OUT`, and Cargo
//! builds in the folder `TARGET`.
//!
//! Plugins in Rust are built like the shipped actions. Plugins in WebAssembly's text format contain code that no
//! compiler emits.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_component::StringEncoding;
use wit_parser::Resolve;

/// The manifest that replaces `$MANIFEST` in a text, with the name of the file in place of `NAME`.
const MANIFEST: &str = r#"{"manifest":1,"id":"NAME","version":"1.0.0","category":"Test","title":{"en":"NAME"},"description":{"en":"Attack"},"parameters":[],"ports":["next","error"],"locales":["en"],"uses":[]}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(out), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: build-plugins OUT TARGET".into());
    };
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder of plugins")?;
    std::fs::create_dir_all(&out)?;
    for guest in flow_pack::build(plugins, &target)? {
        std::fs::write(out.join(guest.id).with_extension("wasm"), guest.bytes)?;
    }
    for name in ["describes-by-printing", "describes-by-waiting", "hostile-wasi"] {
        std::fs::write(out.join(name).with_extension("wasm"), build_wasi_component(plugins, &target, name)?)?;
    }
    for entry in std::fs::read_dir(plugins.join("wat"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a file name is not UTF-8")?;
        let component = component_from_text(plugins, name, &std::fs::read_to_string(&path)?);
        let component = component.map_err(|error| format!("{}: {error}", path.display()))?;
        std::fs::write(out.join(name).with_extension("wasm"), component)?;
    }
    Ok(())
}

/// The component of a core module in the text format, for the world `outbound-action`.
fn component_from_text(plugins: &Path, name: &str, source: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let manifest = MANIFEST.replace("NAME", name);
    let length = manifest.len().to_string();
    let source = source.replace("$MANIFEST", &manifest.replace('"', "\\\"")).replace("$LENGTH", &length);
    let mut module = wat::parse_str(source)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(plugins.join("../../wit/outbound"))?;
    let world = resolve.select_world(&[package], Some("outbound-action"))?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(flow_pack::component(&module)?)
}

/// A component that imports WASI, built by Cargo for `wasm32-wasip2`.
fn build_wasi_component(plugins: &Path, target: &Path, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    cargo.args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "-p", name]);
    if !cargo.env("CARGO_TARGET_DIR", target).current_dir(plugins).status()?.success() {
        return Err(format!("{name} does not compile; it needs `rustup target add wasm32-wasip2`").into());
    }
    let built = target.join("wasm32-wasip2/release").join(name.replace('-', "_")).with_extension("wasm");
    Ok(std::fs::read(built)?)
}
