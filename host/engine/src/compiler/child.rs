//! The parent's side: a child process compiles, and the parent kills it when it exceeds its time limit.

use super::{CompileError, Limits, frame};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Maximum number of threads that compile a component's functions.
const MAX_THREADS: usize = 4;

/// A child process that is killed when this guard is dropped.
struct ChildGuard(Child);

impl Drop for ChildGuard {
    fn drop(&mut self) {
        // An error means that the child has already exited; `wait` then only collects its status.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Compiles in a child process of `program`.
pub(super) fn compile(program: &Path, component: &[u8], limits: &Limits) -> Result<Vec<u8>, CompileError> {
    let began = Instant::now();
    let broken = |what: &str, error: io::Error| CompileError::Broken(format!("{what}: {error}"));
    let child = command(program, limits).spawn().map_err(|error| broken("can't be started", error))?;
    let mut child = ChildGuard(child);
    let (Some(mut stdin), Some(stdout)) = (child.0.stdin.take(), child.0.stdout.take()) else {
        return Err(CompileError::Broken("process has no pipes".to_owned()));
    };
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let thread = |name: &str| thread::Builder::new().name(name.to_owned());
        // If the child exits before it has read everything, its exit status gives the reason.
        let writer = thread("flowhost-component").spawn_scoped(scope, move || drop(stdin.write_all(component)));
        let read = move || drop(sender.send(frame::read(stdout, component.len())));
        let reader = thread("flowhost-code").spawn_scoped(scope, read);
        let answer = writer.and(reader).map(|_| receiver.recv_timeout(limits.compile_time));
        let answer = match answer {
            Ok(Ok(Ok(answer))) => answer,
            Ok(Ok(Err(_))) => Err(exit_error(&mut child.0, limits, began)),
            Ok(Err(_)) => Err(CompileError::Time(limits.compile_time)),
            Err(error) => Err(broken("can't start a thread", error)),
        };
        // Killing the child closes its pipes and ends the threads that this scope joins.
        drop(child);
        answer
    })
}

/// Returns the command line of a child that compiles for the parent's engines and limits itself.
fn command(program: &Path, limits: &Limits) -> Command {
    let mut command = Command::new(program);
    command
        .arg("compile")
        .arg(format!("--memory-bytes={}", limits.memory_bytes))
        .arg(format!("--stack-bytes={}", limits.stack_bytes))
        .arg(format!("--compile-memory-bytes={}", limits.compile_memory_bytes))
        .arg(format!("--compile-time-ms={}", limits.compile_time.as_millis()))
        .env_clear()
        .envs(environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, "flowhost");
    command
}

/// Returns the complete environment of a child. Each compiler thread holds the data of one function, so the number of
/// threads is small. The allocator must not commit memory eagerly, because committed memory counts towards the limit
/// before it is used.
fn environment() -> [(&'static str, String); 2] {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    [("RAYON_NUM_THREADS", threads.to_string()), ("MIMALLOC_ARENA_EAGER_COMMIT", "0".to_owned())]
}

/// Returns the error for a child that exited without a complete answer.
fn exit_error(child: &mut Child, limits: &Limits, began: Instant) -> CompileError {
    match wait_for_exit(child, limits.compile_time.saturating_sub(began.elapsed())) {
        Some(status) => classify_exit(status, limits),
        None => CompileError::Time(limits.compile_time),
    }
}

/// Waits up to `limit` for the child's exit status. The child has closed its stdout, so it normally exits at once.
fn wait_for_exit(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if began.elapsed() < limit => thread::sleep(Duration::from_millis(1)),
            _ => return None,
        }
    }
}

#[cfg(unix)]
fn classify_exit(status: ExitStatus, limits: &Limits) -> CompileError {
    use rustix::process::Signal;
    use std::os::unix::process::ExitStatusExt as _;
    match status.signal().and_then(Signal::from_named_raw) {
        // A failed allocation aborts the child; the system kills the largest process when memory is short.
        Some(Signal::ABORT | Signal::KILL) => CompileError::Memory(limits.compile_memory_bytes),
        Some(Signal::XCPU) => CompileError::Time(limits.compile_time),
        _ => CompileError::Broken(format!("stopped on the component ({status})")),
    }
}

#[cfg(not(unix))]
fn classify_exit(status: ExitStatus, _limits: &Limits) -> CompileError {
    CompileError::Broken(format!("stopped on the component ({status})"))
}
