//! The checks of the tools and of a project. They change nothing.

mod tools;

use crate::error::AuthorError;
use crate::project::{Project, ProjectLanguage};
use flowhost::catalog::{CONTRACT_VERSION, WIT_FILES};
use flowhost::testing::Cases;
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::time::SystemTime;
use tools::Tools;

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The subject.
    pub check: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// The state that was found.
    pub found: String,
    /// The state that is needed.
    pub wanted: String,
    /// The command or the change that fixes it; empty if nothing is to be done.
    pub fix: String,
}

impl Check {
    fn new(check: &str, ok: bool, found: impl Into<String>, wanted: impl Into<String>, fix: impl Into<String>) -> Self {
        let fix = if ok { String::new() } else { fix.into() };
        Self { check: check.to_owned(), ok, found: found.into(), wanted: wanted.into(), fix }
    }
}

/// A function that loads a component and returns the id in its manifest.
pub type LoadId<'l> = &'l dyn Fn(&[u8]) -> Result<String, String>;

/// Checks the tools for the project's language, or for all languages without a project, and the project itself.
pub fn check_setup(project: Option<Result<Project, AuthorError>>, load_id: LoadId<'_>) -> Vec<Check> {
    let (project, invalid) = match project {
        Some(Ok(project)) => (Some(project), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let language = project.as_ref().map(|project| project.settings.plugin.language);
    let is_needed = |other| language.is_none_or(|language| language == other);
    let tools = Tools::new(project.as_ref());
    let mut checks = Vec::new();
    if is_needed(ProjectLanguage::Rust) {
        checks.extend(tools.check_rust());
    }
    if is_needed(ProjectLanguage::Python) {
        checks.extend(tools.check_python());
    }
    if is_needed(ProjectLanguage::Javascript) {
        checks.extend(tools.check_javascript());
    }
    let fix = "correct flowhost.toml, or create a project with flowhost new";
    checks.extend(invalid.map(|error| Check::new("flowhost.toml", false, error.message, "a valid file", fix)));
    checks.extend(project.iter().flat_map(|project| check_project(project, load_id)));
    checks
}

fn check_project(project: &Project, load_id: LoadId<'_>) -> Vec<Check> {
    let plugin = &project.settings.plugin;
    let mut checks = vec![Check::new("flowhost.toml", true, "valid", "a valid file", "")];
    if plugin.language == ProjectLanguage::Rust {
        checks.push(check_crate_type(project));
    }
    let is_known = plugin.contract == CONTRACT_VERSION;
    let fix = format!("write contract = \"{CONTRACT_VERSION}\" in flowhost.toml, or use another flowhost");
    checks.push(Check::new("contract", is_known, &plugin.contract, CONTRACT_VERSION, fix));
    checks.extend(check_wit(project));
    checks.extend(check_component(project, load_id));
    let cases = Cases::read([project.cases()]);
    let found = match &cases {
        Ok(cases) => format!("{} cases", cases.len()),
        Err(error) => error.to_string(),
    };
    checks.push(Check::new("cases", cases.is_ok(), found, "valid cases", "correct the file that is named"));
    checks
}

fn check_crate_type(project: &Project) -> Check {
    let manifest = fs::read_to_string(project.path(Path::new("Cargo.toml"))).unwrap_or_default();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap_or_default();
    let types = manifest.get("lib").and_then(|lib| lib.get("crate-type")).and_then(toml::Value::as_array);
    let is_library = types.is_some_and(|types| types.iter().any(|name| name.as_str() == Some("cdylib")));
    let found = if is_library { "cdylib" } else { "another" };
    let fix = "write crate-type = [\"cdylib\"] below [lib] in Cargo.toml";
    Check::new("crate-type", is_library, found, "cdylib", fix)
}

/// Checks the copy of the contract, if the project has one.
fn check_wit(project: &Project) -> Option<Check> {
    let folder = project.path(Path::new("wit"));
    if !folder.is_dir() {
        return None;
    }
    let changed = WIT_FILES.iter().find(|(name, text)| {
        name.ends_with(".wit") && !fs::read_to_string(folder.join(name)).is_ok_and(|found| found == *text)
    });
    let found = changed.map_or_else(|| "the same".to_owned(), |(name, _)| format!("another {name}"));
    let wanted = format!("the contract {CONTRACT_VERSION}");
    Some(Check::new("wit", changed.is_none(), found, wanted, format!("flowhost wit {}", folder.display())))
}

fn check_component(project: &Project, load_id: LoadId<'_>) -> Vec<Check> {
    let path = project.component();
    let Ok(bytes) = fs::read(&path) else {
        return vec![Check::new("component", false, "none", path.display().to_string(), "flowhost build")];
    };
    let sources = project.settings.build.watch.iter().filter_map(|source| newest(&project.path(source))).max();
    let built = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    let is_newer = sources.is_none_or(|sources| built.is_some_and(|built| built >= sources));
    let found = if is_newer { "newer" } else { "older" };
    let id = &project.settings.plugin.id;
    let loaded = load_id(&bytes);
    let (has_id, found_id) = match &loaded {
        Ok(found) => (found == id, found.clone()),
        Err(error) => (false, error.clone()),
    };
    let fix = "write the same id in flowhost.toml and in the manifest, then run flowhost build";
    vec![
        Check::new("component", is_newer, found, "newer than its sources", "flowhost build"),
        Check::new("id", has_id, found_id, id, fix),
    ]
}

/// Returns the time of the last change of a file, or of the newest file in a folder.
fn newest(path: &Path) -> Option<SystemTime> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_dir() {
        return metadata.modified().ok();
    }
    fs::read_dir(path).ok()?.filter_map(|entry| newest(&entry.ok()?.path())).max()
}
