//! Compilation of components: one at a time, and in a separate process if a compiler program is configured.
//!
//! A component of a few megabytes can cost the compiler gigabytes of memory and minutes of time. A process can be
//! limited and killed; a thread can't. The parent starts `PROGRAM compile SETTINGS`, writes the component to its stdin
//! and reads the machine code from its stdout. The parent trusts this code like its own, because the host's owner chose
//! the program.

mod child;
mod compile_lock;
mod frame;
mod serve;

pub use serve::compile_for_parent;

use super::Limits;
use compile_lock::CompileLock;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use wasmtime::Engine;

/// Machine code has at most this many bytes for each byte of its component, plus [`CODE_BYTES`]. Known guests have 2 to
/// 5.
const CODE_FACTOR: usize = 8;
const CODE_BYTES: usize = 4 << 20;

/// The reason for a failed compilation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The compilation took longer than this.
    #[error("the component takes longer than {0:?} to compile")]
    Time(Duration),
    /// The compilation needed more memory than this, bytes.
    #[error("the component takes more than {0} bytes of memory to compile")]
    Memory(usize),
    /// The compiled code has more than this, bytes.
    #[error("the component compiles to more than {0} bytes of machine code")]
    Code(usize),
    /// The component is not valid; holds the compiler's message.
    #[error("{0}")]
    Invalid(String),
    /// The compiler does not work; holds the rest of a sentence that starts with "the compiler".
    #[error("the compiler {0}")]
    Broken(String),
}

/// A compiler of machine code for engines of [`super::new_engine`].
pub struct Compiler {
    engine: Engine,
    program: Option<PathBuf>,
    limits: Arc<Limits>,
}

impl Compiler {
    /// Creates a compiler that starts `program`, or that uses `engine` in this process if `program` is `None`.
    pub fn new(engine: Engine, program: Option<PathBuf>, limits: Arc<Limits>) -> Self {
        Self { engine, program, limits }
    }

    /// Compiles a component. The caller has already checked its size.
    pub fn compile(&self, component: &[u8]) -> Result<Vec<u8>, CompileError> {
        match &self.program {
            Some(program) => {
                let _lock = CompileLock::acquire();
                child::compile(program, component, &self.limits)
            }
            None => in_process(&self.engine, component.to_vec(), self.limits.compile_time),
        }
    }
}

/// Compiles on a thread and waits at most `limit`. A thread that exceeds the limit continues, and holds the lock until
/// it ends.
fn in_process(engine: &Engine, component: Vec<u8>, limit: Duration) -> Result<Vec<u8>, CompileError> {
    let lock = CompileLock::acquire_within(limit).ok_or(CompileError::Time(limit))?;
    let engine = engine.clone();
    let (sender, receiver) = mpsc::channel();
    let work = move || {
        let code = precompile(&engine, &component);
        drop(lock);
        drop(sender.send(code));
    };
    let spawned = std::thread::Builder::new().name("flowhost-compiler".to_owned()).spawn(work);
    spawned.map_err(|error| CompileError::Broken(format!("can't start a thread: {error}")))?;
    receiver.recv_timeout(limit).unwrap_or_else(|error| match error {
        mpsc::RecvTimeoutError::Timeout => Err(CompileError::Time(limit)),
        mpsc::RecvTimeoutError::Disconnected => Err(CompileError::Broken("stopped on the component".to_owned())),
    })
}

fn precompile(engine: &Engine, component: &[u8]) -> Result<Vec<u8>, CompileError> {
    let code = engine.precompile_component(component).map_err(|error| CompileError::Invalid(format!("{error:#}")))?;
    let limit = code_limit(component.len());
    if code.len() > limit { Err(CompileError::Code(limit)) } else { Ok(code) }
}

/// Returns the maximum number of bytes of machine code for a component of this size.
fn code_limit(component_bytes: usize) -> usize {
    component_bytes.saturating_mul(CODE_FACTOR).saturating_add(CODE_BYTES)
}
