//! The checks of the tools and of a project. They change nothing.

use crate::error::AuthorError;
use crate::project::{Project, ProjectLanguage};
use flowhost::catalog::{CONTRACT_VERSION, WIT_FILES};
use flowhost::testing::Cases;
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// The version of `componentize-py` that the guide uses.
const COMPONENTIZE_PY: &str = "0.25.1";

/// The version of `componentize-qjs` that the guide uses.
const COMPONENTIZE_QJS: &str = "0.4.5";

/// The targets that Rust projects may use.
const RUST_TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip2"];

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
    let mut checks = Vec::new();
    if is_needed(ProjectLanguage::Rust) {
        checks.extend(check_rust());
    }
    if is_needed(ProjectLanguage::Python) {
        let fix = format!("pip install componentize-py=={COMPONENTIZE_PY}");
        checks.push(check_least_version("python", ["python3", "--version"], [3, 10], "install Python 3.10 or newer"));
        checks.push(check_exact_version("componentize-py", COMPONENTIZE_PY, &fix));
    }
    if is_needed(ProjectLanguage::Javascript) {
        let fix = format!("npm install componentize-qjs@{COMPONENTIZE_QJS}");
        checks.push(check_least_version("node", ["node", "--version"], [18, 0], "install Node.js 18 or newer"));
        checks.push(check_exact_version("componentize-qjs", COMPONENTIZE_QJS, &fix));
    }
    let fix = "correct flowhost.toml, or create a project with flowhost new";
    checks.extend(invalid.map(|error| Check::new("flowhost.toml", false, error.message, "a valid file", fix)));
    checks.extend(project.iter().flat_map(|project| check_project(project, load_id)));
    checks
}

fn check_rust() -> Vec<Check> {
    let installed = run(["rustup", "target", "list", "--installed"]);
    let Some(installed) = installed else {
        return vec![Check::new("rustup", false, "none", "rustup", "install rustup from https://rustup.rs")];
    };
    let has = |target: &str| installed.lines().any(|line| line.trim() == target);
    let check = |target: &str| {
        let found = if has(target) { "installed" } else { "none" };
        Check::new(target, has(target), found, "installed", format!("rustup target add {target}"))
    };
    let mut checks = vec![Check::new("rustup", true, "installed", "rustup", "")];
    checks.extend(RUST_TARGETS.map(check));
    checks
}

fn check_least_version(name: &str, command: [&str; 2], [major, minor]: [u64; 2], fix: &str) -> Check {
    let found = run(command).unwrap_or_else(|| "none".to_owned());
    let version = version_of(&found);
    let wanted = format!("at least {major}.{minor}");
    Check::new(name, version >= [major, minor], found.trim(), wanted, fix)
}

fn check_exact_version(name: &str, wanted: &str, fix: &str) -> Check {
    let found = run([name, "--version"]).unwrap_or_else(|| "none".to_owned());
    let is_right = found.split_whitespace().any(|word| word.trim_start_matches('v') == wanted);
    Check::new(name, is_right, found.trim(), wanted, fix)
}

/// Returns the first two numbers of a version in a text such as `Python 3.11.7` or `v20.20.2`.
fn version_of(text: &str) -> [u64; 2] {
    let mut words = text.split_whitespace().map(|word| word.trim_start_matches('v'));
    let version = words.rfind(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    let mut numbers = version.unwrap_or_default().split('.').map(|number| number.parse().unwrap_or(0));
    [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)]
}

/// Returns the output of a program. `None`: it does not exist, or it failed.
fn run<const N: usize>(command: [&str; N]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_the_output_of_a_program() {
        for (text, version) in [
            ("Python 3.11.7\n", [3, 11]),
            ("v20.20.2", [20, 20]),
            ("componentize-py 0.25.1", [0, 25]),
            ("none", [0, 0]),
        ] {
            assert_eq!(version_of(text), version, "{text}");
        }
    }
}
