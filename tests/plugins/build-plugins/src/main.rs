//! Makes components of the hostile plugins: `build-plugins OUT TARGET` writes them into the folder `OUT`, and lets cargo
//! build in the folder `TARGET`.
//!
//! Those in Rust are built as the shipped actions are. Those in WebAssembly's text do what no compiler would write.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_component::StringEncoding;
use wit_parser::Resolve;

/// What a text's `$MANIFEST` stands for, with its file's name for `NAME`.
const MANIFEST: &str = r#"{"manifest":1,"id":"NAME","version":"1.0.0","category":"Test","title":{"en":"NAME"},"description":{"en":"Harm"},"parameters":[],"ports":["next","error"],"locales":["en"],"uses":[]}"#;

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
        let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a text's name is no text")?;
        let component = component_from_text(plugins, name, &std::fs::read_to_string(&path)?);
        let component = component.map_err(|error| format!("{}: {error}", path.display()))?;
        std::fs::write(out.join(name).with_extension("wasm"), component)?;
    }
    Ok(())
}

/// A core module's text as a component of the contract's larger world.
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

/// A component that imports WASI, which its own toolchain makes.
fn build_wasi_component(plugins: &Path, target: &Path, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    cargo.args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "-p", name]);
    if !cargo.env("CARGO_TARGET_DIR", target).current_dir(plugins).status()?.success() {
        return Err(format!("{name} doesn't compile; is there the target? `rustup target add wasm32-wasip2`").into());
    }
    let built = target.join("wasm32-wasip2/release").join(name.replace('-', "_")).with_extension("wasm");
    Ok(std::fs::read(built)?)
}
