//! Runs the real binary of the command line in a temporary folder with its own store.

use serde_json::Value as Json;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// The path of the binary. `FLOWHOST_BIN` replaces the one that is built with the tests.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("FLOWHOST_BIN") {
    Some(binary) => binary.into(),
    None => PROFILE.join("flowhost").with_extension(std::env::consts::EXE_EXTENSION),
});

/// The folder of the profile with the programs that are built with the tests.
static PROFILE: LazyLock<PathBuf> = LazyLock::new(build);

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // target/PROFILE/deps/test
    let profile = test.ancestors().nth(2).expect("a test stands in its profile's folder");
    let target = profile.parent().expect("a profile's folder stands in the target folder");
    let name = match profile.file_name().and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The flags of the workspace's tests select the same features, so that Cargo does not compile anything again.
    cargo.args(["test", "--no-run", "--quiet", "--workspace", "--profile", name, "--target-dir"]);
    cargo.arg(target).current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::null());
    assert!(cargo.status().expect("cargo runs").success(), "the binary can't be built");
    profile.to_owned()
}

/// The path of an example of the library.
pub fn example(name: &str) -> PathBuf {
    PROFILE.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// Cargo's target folder.
pub fn target() -> &'static Path {
    BINARY.ancestors().nth(2).expect("the binary stands in the target folder")
}

/// The core module of a built-in action, before it was packed as a component.
pub fn core_module(action: &str) -> Vec<u8> {
    let module = format!("guests/wasm32-unknown-unknown/release/{}.wasm", action.replace('-', "_"));
    std::fs::read(target().join(module)).expect("the actions were built with the binary")
}

/// The path of the binary.
pub fn binary() -> &'static Path {
    &BINARY
}

/// A temporary folder for one test, with its own store.
pub struct TestEnv {
    folder: TempDir,
}

/// The output and the exit code of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// The exit code.
    pub code: i32,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl TestEnv {
    /// An empty folder.
    #[expect(clippy::new_without_default, reason = "a temporary folder is not a default value")]
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder can be made") }
    }

    /// A folder whose store has the configuration of this apply file.
    pub fn with_configuration(apply: &Json) -> Self {
        let env = Self::new();
        env.file("apply.json", apply.to_string());
        env.run(&["apply", "apply.json"]).assert_success();
        env
    }

    /// The path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    /// Runs `flowhost` with these arguments and nothing on stdin.
    pub fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.run_with(arguments, "")
    }

    /// Runs `flowhost` with these arguments and this on stdin.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> CommandOutput {
        let mut child = self.command(arguments).spawn().expect("the binary runs");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let input = input.to_owned();
        // A command that does not read its input may end before the input is written.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().expect("the binary ends");
        writer.join().expect("writing never panics");
        CommandOutput {
            code: output.status.code().expect("it ends by itself and not by a signal"),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// The command, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let binary: &Path = &BINARY;
        let mut command = Command::new(binary);
        command.args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // All tests share one cache, because compiling the actions takes longer than most tests.
        command.env("FLOWHOST_CACHE", binary.with_file_name("flowhost-test-cache"));
        command.env_remove("FLOWHOST_STORE").env_remove("FLOWHOST_LOG");
        command
    }

    /// Invokes the requests as a batch and returns the answers.
    pub fn batch(&self, requests: &[Json]) -> Vec<Json> {
        let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
        let answers = self.run_with(&["invoke", "--batch"], &lines).assert_success().lines();
        assert_eq!(answers.len(), requests.len());
        answers
    }

    /// The output of a list command, as JSON.
    pub fn list(&self, arguments: &[&str]) -> Vec<Json> {
        let answer = self.run(&[arguments, &["--json"]].concat()).assert_success().json();
        answer.as_array().expect("a list is an array").clone()
    }

    /// All contacts, records and do-not-disturb entries in the store, as JSON.
    pub fn contents(&self) -> Vec<Vec<Json>> {
        ["contacts", "records", "dnd"].iter().map(|list| self.list(&[list])).collect()
    }
}

impl CommandOutput {
    /// Asserts that the exit code is 0.
    #[track_caller]
    pub fn assert_success(self) -> Self {
        assert_eq!(self.code, 0, "stderr: {}\nstdout: {}", self.stderr, self.stdout);
        self
    }

    /// Asserts that the exit code is `code` and that the error on stderr contains all of `names`.
    #[track_caller]
    pub fn assert_failure(self, code: i32, names: &[&str]) -> Self {
        assert_eq!(self.code, code, "stderr: {}\nstdout: {}", self.stderr, self.stdout);
        assert!(self.stderr.contains("error: "), "stderr: {}", self.stderr);
        for name in names {
            assert!(self.stderr.contains(name), "`{name}` isn't in stderr: {}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "stderr: {}", self.stderr);
        self
    }

    /// The whole stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in stdout: {}", self.stdout))
    }

    /// Each line of stdout as JSON.
    #[track_caller]
    pub fn lines(&self) -> Vec<Json> {
        let json = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in line: {line}"));
        self.stdout.lines().map(json).collect()
    }
}
