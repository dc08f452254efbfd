//! A process with a batch of requests, and the shell that it runs in.

use flowhost_tests::command::TestEnv;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value as Json;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Ignores the signal `SIGXFSZ`, so that a write beyond the file size limit fails and does not kill the process.
const IGNORE_SIGXFSZ: &str = "trap '' XFSZ; exec \"$0\" \"$@\"";

/// Runs a command in a private mount namespace.
const UNSHARE: [&str; 6] = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"];

/// Succeeds if the system permits a private file system.
const UNSHARE_CHECK: &str = "mkdir disk && mount -t tmpfs none disk";

/// Mounts a private file system of 16 MiB, and runs the process with the store on it.
const ON_DISK: &str = "mount -t tmpfs -o size=16m none disk && cp flowhost.db disk/ && echo ready || exit
    \"$0\" \"$@\" && cp disk/flowhost.db .";

/// A shell that runs `flowhost invoke --batch`.
pub(crate) struct Process {
    shell: Child,
    folder: PathBuf,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(env: &TestEnv) -> Self {
        Self::run(env, &["sh", "-c", IGNORE_SIGXFSZ], &[])
    }

    /// A process with its store on a small disk. `None`: the system does not permit a private file system.
    pub(crate) fn on_private_disk(env: &TestEnv) -> Option<Self> {
        let [program, words @ ..] = UNSHARE;
        let mut probe = Command::new(program);
        probe.args(words).arg(UNSHARE_CHECK).current_dir(env.path("")).stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            return None;
        }
        let shell = [&UNSHARE[..], &[ON_DISK]].concat();
        let mut process = Self::run(env, &shell, &["--store", "sqlite:disk/flowhost.db"]);
        assert_eq!(process.answer(), "ready\n");
        Some(process)
    }

    fn run(env: &TestEnv, shell: &[&str], store: &[&str]) -> Self {
        let arguments = [store, &["invoke", "--batch", "--jobs", "8"]].concat();
        let command = env.command(&arguments);
        let [program, words @ ..] = shell else { unreachable!("a shell has a name") };
        let mut shell = Command::new(program);
        shell.args(words).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let folder = command.get_current_dir().unwrap().to_owned();
        shell.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        let (requests, answers) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        Self { shell, folder, requests, answers }
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn send_all(&mut self, requests: &[Json]) -> Vec<String> {
        for request in requests {
            writeln!(self.requests, "{request}").unwrap();
        }
        requests.iter().map(|_| self.answer()).collect()
    }

    /// Closes stdin and waits until the process ends.
    pub(crate) fn finish(mut self) {
        drop(self.requests);
        assert!(self.shell.wait().unwrap().success());
    }

    /// Limits the size of the files that the process writes. `None`: removes the limit.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let pid = Pid::from_child(&self.shell);
        prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    }

    /// The path of a file on the private disk, for other processes.
    pub(crate) fn on_disk(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.shell.id()));
        root.join(self.folder.strip_prefix("/").unwrap()).join("disk").join(name)
    }
}
