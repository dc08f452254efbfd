//! A folder of plugins: lists what the host reports about each file, loads the folder, and prepares a node.
//!
//! `cargo run --release --example own_plugin_folder -- FOLDER`. Without a folder, the example fills a temporary one.
#![allow(clippy::print_stdout, reason = "the example prints its results")]

use flowhost::catalog::{ReadError, built_in, read_component};
use flowhost::store::MemoryStore;
use flowhost::{Host, HostBuilder};
use serde_json::json;
use std::error::Error;
use std::fs;
use std::path::Path;

/// The shipped action that stands for a plugin here.
const PLUGIN: &str = "campaign-dnd-validator";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(folder) = std::env::args_os().nth(1) {
        return load(Path::new(&folder), Host::builder()).await.map(drop);
    }
    let folder = tempfile::tempdir()?;
    let (_, component) = built_in().find(|(id, _)| *id == PLUGIN).ok_or("the action ships with the host")?;
    fs::write(folder.path().join("copy.wasm"), component)?;
    fs::write(folder.path().join("text.wasm"), "not a component")?;

    // The id of a shipped action is reserved, unless the builder permits it.
    assert_eq!(load(folder.path(), Host::builder()).await?, ["action-reserved", "component-invalid"]);
    let builder = Host::builder().replace_built_in(PLUGIN);
    assert_eq!(load(folder.path(), builder.clone()).await?, ["component-invalid"]);

    // The diagnostics of a node name each parameter that is missing or has an error.
    let host = builder.without_built_in_actions().plugins(folder.path()).open(MemoryStore::new()).await?;
    let parameters = json!({"CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": "Recovery"});
    let node = host.prepare(PLUGIN, parameters.as_object().ok_or("not an object")?)?;
    for found in node.diagnostics() {
        println!("{PLUGIN}: {}: {} ({})", found.path, found.message, found.code);
    }
    let codes: Vec<_> = node.diagnostics().iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["parameter-invalid", "parameter-missing"]);
    Ok(())
}

/// Loads a folder and prints its actions. Returns the codes of the files that the host skips.
async fn load(folder: &Path, builder: HostBuilder) -> Result<Vec<&'static str>, Box<dyn Error>> {
    // The host logs a component that it rejects, and opens with the others. This host only inspects.
    let inspector = builder.clone().open(MemoryStore::new()).await?;
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    let mut codes = Vec::new();
    for path in &files {
        let component = read_component(path, inspector.limits().component_bytes);
        let inspected = component.and_then(|component| Ok(inspector.inspect(&component)?));
        match inspected {
            Ok(action) => println!("{}: {}@{}", path.display(), action.manifest.id, action.manifest.version),
            Err(ReadError::Refused(error)) => {
                println!("{}: {error} ({})", path.display(), error.code);
                codes.push(error.code.as_str());
            }
            Err(error) => return Err(error.into()),
        }
    }

    let host = builder.without_built_in_actions().plugins(folder).open(MemoryStore::new()).await?;
    let actions = host.catalog().all().count();
    // Of different components with one id and version, the host loads only the first.
    println!("{actions} of {} files loaded", files.len());
    Ok(codes)
}
