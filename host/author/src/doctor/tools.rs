//! The checks of the programs that build a project.

use super::Check;
use crate::project::Project;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};

/// The version of `componentize-py` that the guide uses.
const COMPONENTIZE_PY: &str = "0.25.1";

/// The version of `componentize-qjs` that the guide uses.
const COMPONENTIZE_QJS: &str = "0.4.5";

/// The targets that Rust projects may use.
const RUST_TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip2"];

/// The programs on the search path of a project.
pub(super) struct Tools {
    /// The search path. `None`: that of the process.
    path: Option<OsString>,
}

impl Tools {
    /// The programs for a project, or for all projects.
    pub(super) fn new(project: Option<&Project>) -> Self {
        Self { path: project.map(Project::search_path) }
    }

    /// Checks rustup and the targets.
    pub(super) fn check_rust(&self) -> Vec<Check> {
        let installed = self.run(["rustup", "target", "list", "--installed"]);
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

    /// Checks Python and `componentize-py`.
    pub(super) fn check_python(&self) -> [Check; 2] {
        let pip = if self.path.is_some() { "python3 -m venv .venv && .venv/bin/pip" } else { "pip" };
        let fix = format!("{pip} install componentize-py=={COMPONENTIZE_PY}");
        [
            self.check_least_version("python", ["python3", "--version"], [3, 10], "install Python 3.10 or newer"),
            check_exact_version("componentize-py", self.run(["componentize-py", "--version"]), COMPONENTIZE_PY, &fix),
        ]
    }

    /// Checks Node.js and `componentize-qjs`.
    pub(super) fn check_javascript(&self) -> [Check; 2] {
        let npm = if self.path.is_some() { "npm install" } else { "npm install --global" };
        let fix = format!("{npm} componentize-qjs@{COMPONENTIZE_QJS}");
        [
            self.check_least_version("node", ["node", "--version"], [18, 0], "install Node.js 18 or newer"),
            // The program does not print its version.
            check_exact_version("componentize-qjs", self.package_version("componentize-qjs"), COMPONENTIZE_QJS, &fix),
        ]
    }

    fn check_least_version(&self, name: &str, command: [&str; 2], [major, minor]: [u64; 2], fix: &str) -> Check {
        let found = self.run(command).unwrap_or_else(|| "none".to_owned());
        let version = version_of(&found);
        let wanted = format!("at least {major}.{minor}");
        Check::new(name, version >= [major, minor], found.trim(), wanted, fix)
    }

    /// Returns the version of the npm package that has installed a program. `None`: there is no such program.
    fn package_version(&self, program: &str) -> Option<String> {
        let path = self.path.clone().or_else(|| std::env::var_os("PATH"))?;
        let file = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())?;
        // npm installs a link to a file of the package.
        let file = fs::canonicalize(file).ok()?;
        let package =
            file.ancestors().skip(1).find_map(|folder| fs::read_to_string(folder.join("package.json")).ok())?;
        let package: serde_json::Value = serde_json::from_str(&package).ok()?;
        package.get("version")?.as_str().map(str::to_owned)
    }

    /// Returns the output of a program. `None`: it does not exist, or it failed.
    fn run<const N: usize>(&self, command: [&str; N]) -> Option<String> {
        let (program, arguments) = command.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
        command.envs(self.path.iter().map(|path| ("PATH", path)));
        let output = command.output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn check_exact_version(name: &str, found: Option<String>, wanted: &str, fix: &str) -> Check {
    let found = found.unwrap_or_else(|| "none".to_owned());
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
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
    #[test]
    fn the_templates_name_the_versions_of_the_checks() {
        let requirements = include_str!("../../../../actions/templates/python/requirements.txt");
        assert_eq!(requirements.trim(), format!("componentize-py=={COMPONENTIZE_PY}"));
        let package = include_str!("../../../../actions/templates/javascript/package.json");
        let package: serde_json::Value = serde_json::from_str(package).unwrap();
        assert_eq!(package["devDependencies"]["componentize-qjs"], COMPONENTIZE_QJS);
    }
}
