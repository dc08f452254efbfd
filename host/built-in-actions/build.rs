//! Builds the built-in actions and embeds them into the host.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn std::error::Error>> {
    let crate_folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let repository = crate_folder.ancestors().nth(2).ok_or("the crate's folder is not in the repository")?;
    let (actions, out) = (repository.join("actions"), PathBuf::from(std::env::var("OUT_DIR")?));
    watch(repository, &actions)?;

    // Outside the profiles' folders, so that debug, release and clippy share one build of the guests.
    let target = out.ancestors().nth(4).unwrap_or(&out).join("guests");
    let mut list = String::from("const BUILT_IN: &[(&str, &[u8])] = &[\n");
    for guest in flow_pack::build(&actions, &target)? {
        std::fs::write(out.join(&guest.id).with_extension("wasm"), &guest.bytes)?;
        let id = guest.id;
        writeln!(list, r#"    ("{id}", include_bytes!(concat!(env!("OUT_DIR"), "/{id}.wasm"))),"#)?;
    }
    list.push_str("];\n");
    std::fs::write(out.join("actions.rs"), list)?;
    Ok(())
}

/// Watches all sources of the guests, but not their build output.
fn watch(repository: &Path, actions: &Path) -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={}", repository.join("wit").display());
    for entry in std::fs::read_dir(actions)? {
        let entry = entry?;
        if entry.file_name() != "target" {
            println!("cargo::rerun-if-changed={}", entry.path().display());
        }
    }
    Ok(())
}
