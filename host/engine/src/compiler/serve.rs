//! The child's side: limits itself, then compiles the component that it reads from stdin.

use super::super::{Limits, new_compiler_engine};
use super::{CompileError, frame, precompile};
use std::io::{self, Read as _};

/// Compiles the component on stdin and writes the machine code to stdout, for the parent process.
///
/// A program that `HostBuilder::compiler` names calls this function first if its first argument is `compile`.
/// It passes the limits that the other arguments give, and then exits.
///
/// The process limits itself before it reads: its memory to [`Limits::compile_memory_bytes`], its CPU time to
/// [`Limits::compile_time`] on each processor. It closes all inherited descriptors except stdin, stdout and stderr, and
/// it exits with its parent. The caller must not have started threads or opened anything before.
///
/// # Errors
/// The limits can't be set, or the pipes to the parent are closed.
pub fn compile_for_parent(limits: &Limits) -> io::Result<()> {
    limit_process(limits)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    let compiled = new_compiler_engine(limits)
        .map_err(|error| CompileError::Broken(format!("doesn't start: {error:#}")))
        .and_then(|engine| precompile(&engine, &component));
    frame::write(io::stdout().lock(), &compiled)
}

#[cfg(unix)]
fn limit_process(limits: &Limits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    close_inherited();
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let seconds = (limits.compile_time.as_secs() + 1).saturating_mul(processors).min(u64::from(u32::MAX));
    let memory = limits.compile_memory_bytes as u64;
    // At the soft CPU limit the system sends a signal; at the hard limit it kills the process.
    let limits = [(Resource::Core, 0, 0), (Resource::Cpu, seconds, seconds + 5), (Resource::Data, memory, memory)];
    for (resource, current, maximum) in limits {
        // A limit that was set before may be lower, and only root may raise it.
        let maximum = getrlimit(resource).maximum.map_or(maximum, |before| before.min(maximum));
        setrlimit(resource, Rlimit { current: Some(current.min(maximum)), maximum: Some(maximum) })?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn limit_process(_limits: &Limits) -> io::Result<()> {
    Ok(())
}

/// Closes the descriptors that an ancestor left open for its children.
#[cfg(unix)]
#[expect(unsafe_code, reason = "a descriptor without an owner can be closed by its number only")]
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let open: Vec<std::os::fd::RawFd> = names.filter(|descriptor| *descriptor > 2).collect();
    for descriptor in open {
        // SAFETY: this process has not opened anything yet, so nothing in it uses a descriptor except the first three.
        // The folder's own descriptor is closed already, and closing it again has no effect.
        unsafe { rustix::io::close(descriptor) };
    }
}
