//! Projects in Python and JavaScript, from their creation to their test. `.ci/install-guest-tools` installs the programs
//! that build them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv};
use serde_json::{Value as Json, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A language with the folder in which its tools are installed.
#[derive(Clone, Copy)]
struct Language {
    name: &'static str,
    /// The folder below `target/guest-tools`, and its name in a project.
    tools: (&'static str, &'static str),
    program: &'static str,
}

const PYTHON: Language = Language { name: "python", tools: ("python", ".venv"), program: ".venv/bin/componentize-py" };

const JAVASCRIPT: Language = Language {
    name: "javascript",
    tools: ("javascript/node_modules", "node_modules"),
    program: "node_modules/.bin/componentize-qjs",
};

fn tests() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A new project with the tools of its language.
struct Project {
    env: TestEnv,
    name: &'static str,
}

impl Project {
    fn new(name: &'static str, language: Language) -> Self {
        let project = Self { env: TestEnv::new(), name };
        project.env.run(&["new", name, "--lang", language.name]).assert_success();
        let (from, to) = language.tools;
        let tools = tests().parent().unwrap().join("target/guest-tools").join(from);
        symlink(tools, project.path(to)).unwrap();
        let program = project.path(language.program);
        assert!(program.exists(), "{} is missing; run .ci/install-guest-tools", language.program);
        project
    }

    fn path(&self, file: &str) -> PathBuf {
        self.env.path(self.name).join(file)
    }

    /// Replaces files by those of the action that calls the helpers.
    fn copy_helpers(&self, language: Language, files: &[&str]) {
        for file in files {
            let from = tests().join("guests").join(language.name).join(file);
            fs::copy(from, self.path(file)).unwrap();
        }
        fs::remove_file(self.path("cases/first.json")).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> CommandOutput {
        let output = self.env.command(arguments).current_dir(self.path("")).output().unwrap();
        CommandOutput {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Creates, builds, checks and tests a project.
#[track_caller]
fn check_project(language: Language) {
    let project = Project::new("acme-loyalty-tier", language);
    for file in ["wit/outbound/outbound.wit", "wit/action/host.wit", "flowhost.toml", ".gitignore", "README.md"] {
        assert!(project.path(file).is_file(), "{file}");
    }
    let built = project.run(&["build"]).assert_success();
    assert!(built.stdout.starts_with("wrote dist/acme-loyalty-tier.wasm ("), "{}", built.stdout);
    let checked = project.run(&["check", "--strict", "--json"]).assert_success().json();
    assert_eq!((&checked["id"], &checked["findings"]), (&json!("acme-loyalty-tier"), &json!([])), "{checked}");
    let report = project.run(&["test", "--require", "ports,parameters", "--json"]).assert_success().json();
    assert_eq!((&report["passed"], &report["failed"]), (&json!(3), &json!(0)));
    let checks = project.run(&["doctor", "--json"]).assert_success().json();
    let problems: Vec<&Json> = checks.as_array().unwrap().iter().filter(|check| check["ok"] != true).collect();
    assert!(problems.is_empty(), "{problems:?}");
    // A source that is newer than the component is a problem.
    let source = fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().path());
    let source = source.into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == "flow")).unwrap();
    let text = fs::read(&source).unwrap();
    fs::write(source, text).unwrap();
    assert_eq!(project.run(&["doctor"]).code, 1);
}

#[test]
fn a_new_python_project_builds_and_passes_its_cases() {
    check_project(PYTHON);
}

#[test]
fn a_new_javascript_project_builds_and_passes_its_cases() {
    check_project(JAVASCRIPT);
}

/// Runs the cases of the action that calls the helpers. Returns the results by the names of the cases.
#[track_caller]
fn run_helpers(language: Language, files: &[&str]) -> Vec<Json> {
    let project = Project::new("acme-helpers", language);
    project.copy_helpers(language, files);
    project.run(&["build"]).assert_success();
    let report = project.run(&["test", "--json"]).assert_success().json();
    report["cases"].as_array().unwrap().clone()
}

fn find<'c>(cases: &'c [Json], name: &str) -> &'c Json {
    cases.iter().find(|case| case["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

/// Asserts that the log of a case has exactly one line with the stack of the exception, and that it is the first.
#[track_caller]
fn assert_one_stack(cases: &[Json], case: &str, words: &[&str]) {
    let log = find(cases, case)["log"].as_array().unwrap();
    let has_all = |line: &&Json| words.iter().all(|word| line["message"].as_str().unwrap().contains(word));
    assert!(log.first().is_some_and(|line| has_all(&line) && line["level"] == "error"), "{case}: {log:?}");
    assert_eq!(log.iter().filter(has_all).count(), 1, "{case}: {log:?}");
}

#[track_caller]
fn assert_log(cases: &[Json], case: &str, level: &str, message: &str) {
    assert_eq!(find(cases, case)["log"], json!([{"level": level, "message": message}]), "{case}");
}

/// Asserts that the numbers of both generators are in their range, and that they differ.
#[track_caller]
fn assert_random(cases: &[Json]) {
    let numbers = &find(cases, "random")["outcome"]["entities"]["answer"];
    let [first, second] = [0, 1].map(|index| numbers[index].as_f64().unwrap());
    assert!((0.0..1.0).contains(&first) && (0.0..1.0).contains(&second), "{numbers}");
    assert!((first - second).abs() > f64::EPSILON, "{numbers}");
}

#[test]
fn the_helpers_for_python_convert_values_and_log_exceptions() {
    let cases = run_helpers(PYTHON, &["plugin.py", "manifest.json", "cases/helpers.json"]);
    assert_log(&cases, "print", "info", "one 2");
    assert_random(&cases);
    assert_one_stack(&cases, "fail", &["ValueError", "broken", "plugin.py", "in fail"]);
    for (case, exception) in [
        ("exit", "SystemExit"),
        ("nothing", "TypeError"),
        ("surrogate", "UnicodeEncodeError"),
        ("unknown-field", "TypeError"),
        ("recursion", "RecursionError"),
    ] {
        assert_one_stack(&cases, case, &[exception, "flow.py"]);
    }
}

#[test]
fn the_helpers_for_javascript_convert_values_and_log_exceptions() {
    let cases = run_helpers(JAVASCRIPT, &["plugin.js", "manifest.js", "cases/helpers.json"]);
    assert_log(&cases, "print", "info", "one 2");
    assert_log(&cases, "warning", "warn", "{\"one\":[2]}");
    assert_random(&cases);
    assert_one_stack(&cases, "fail", &["RangeError", "broken", "plugin.js", "at fail"]);
    for (case, exception) in [
        ("not-finite", "RangeError"),
        ("nothing", "TypeError"),
        ("promise", "TypeError"),
        ("unknown-field", "TypeError"),
    ] {
        assert_one_stack(&cases, case, &[exception, "flow.js"]);
    }
    assert_one_stack(&cases, "text", &["a text"]);
}
