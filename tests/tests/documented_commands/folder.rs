//! The temporary folder in which the commands of one page run.

use crate::page::Page;
use crate::repository;
use flowhost_tests::command::{CommandOutput, TestEnv, binary, target};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// A folder with the files that a page's commands name.
pub(crate) struct PageFolder {
    env: TestEnv,
}

impl PageFolder {
    /// A new folder for a page, whose name is its path in the repository.
    pub(crate) fn new(name: &str, page: &Page) -> Self {
        let folder = Self { env: TestEnv::new() };
        fs::create_dir(folder.env.path("bin")).unwrap();
        symlink(binary(), folder.env.path("bin/flowhost")).unwrap();
        match name {
            "README.md" => folder.add_repository(),
            "actions/README.md" => folder.add_crate(page),
            "host/docs/designers.md" => folder.add_flow(),
            _ if name.starts_with("tests/diagrams/") => folder.link_diagram(name.trim_end_matches("/README.md")),
            _ => {}
        }
        folder
    }

    /// Runs a script of a page. It ends at the first command that fails.
    pub(crate) fn run(&self, script: &str) -> CommandOutput {
        let path = std::env::var("PATH").unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-euc", script]).current_dir(self.env.path(""));
        shell.env("PATH", format!("{}:{path}", self.env.path("bin").display()));
        // The variables of the command line are those of the other tests.
        shell.envs(self.env.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
        for name in ["FLOWHOST_STORE", "FLOWHOST_LOG", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            shell.env_remove(name);
        }
        shell.env_remove("CARGO_TARGET_DIR").env_remove("RUSTC_WORKSPACE_WRAPPER");
        let output = shell.output().unwrap();
        CommandOutput {
            code: output.status.code().expect("it ends by itself and not by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The repository's folder `tests`, and the binary as `cargo build --release` places it.
    fn add_repository(&self) {
        symlink(repository().join("tests"), self.env.path("tests")).unwrap();
        fs::create_dir_all(self.env.path("target/release")).unwrap();
        symlink(binary(), self.env.path("target/release/flowhost")).unwrap();
    }

    /// The crate that the blocks of the authors' guide describe, and a flow for the host that loads it.
    fn add_crate(&self, page: &Page) {
        let package = "[package]\nname = \"acme-greeting\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        let settings = page.block_with("toml", "[lib]").replace('…', repository().to_str().unwrap());
        self.env.file("Cargo.toml", format!("{package}\n{settings}"));
        fs::create_dir(self.env.path("src")).unwrap();
        self.env.file("src/lib.rs", page.block_with("rust,ignore", "flow_sdk::action!"));
        // The versions of dependencies that the build of the shipped actions has downloaded.
        fs::copy(repository().join("actions/Cargo.lock"), self.env.path("Cargo.lock")).unwrap();
        let builds = target().join("tmp/documented-commands");
        fs::create_dir_all(&builds).unwrap();
        symlink(builds, self.env.path("target")).unwrap();
        fs::create_dir(self.env.path("plugins")).unwrap();
        self.link_diagram("tests/diagrams/web-chat-to-whatsapp");
    }

    /// The example flow of the page about file formats, and a store with its example tenant.
    fn add_flow(&self) {
        let text = fs::read_to_string(repository().join("host/docs/file-formats.md")).unwrap();
        let formats = Page::parse(&text);
        self.env.file("flow.json", formats.block_with("json", "\"wires\""));
        self.env.file("apply.json", formats.block_with("json", "\"tenants\""));
        self.env.run(&["apply", "apply.json"]).assert_success();
    }

    fn link_diagram(&self, diagram: &str) {
        for name in ["apply.json", "flow.json", "session.json", "session-do-not-disturb.json"] {
            let file = repository().join(diagram).join(name);
            if file.exists() {
                symlink(file, self.env.path(name)).unwrap();
            }
        }
    }
}
