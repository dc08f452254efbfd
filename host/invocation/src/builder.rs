//! A host's settings, and why it may not open.

use super::host::Host;
use crate::catalog::LoadError;
use flowhost_engine::Limits;
use flowhost_store::{Store, StoreError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a host.
#[derive(Debug, Clone)]
pub struct HostBuilder {
    pub(super) limits: Limits,
    pub(super) workers: Option<usize>,
    pub(super) cache: Option<PathBuf>,
    pub(super) plugins: Vec<PathBuf>,
    pub(super) replaceable: Vec<String>,
    pub(super) compiler: Option<PathBuf>,
    pub(super) built_in_actions: bool,
    pub(super) idle_spin: Duration,
}

impl Default for HostBuilder {
    fn default() -> Self {
        let idle_spin = Duration::from_micros(50);
        Self {
            limits: Limits::default(),
            workers: None,
            cache: None,
            plugins: Vec::new(),
            replaceable: Vec::new(),
            compiler: None,
            built_in_actions: true,
            idle_spin,
        }
    }
}

/// Why a host did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// WebAssembly can't be run here.
    #[error("the WebAssembly engine doesn't start: {0:#}")]
    Engine(wasmtime::Error),
    /// No thread could be started.
    #[error("a thread can't be started: {0}")]
    Thread(std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A built-in action was refused.
    #[error("a built-in action: {0}")]
    BuiltIn(LoadError),
    /// A folder of plugins can't be read.
    #[error("plugins {path}: {error}")]
    PluginFolder {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}

impl HostBuilder {
    /// Other bounds than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// So many worker threads; as many as there are processors where it isn't said.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// For so long a worker that has nothing to do looks for work before it sleeps; 50 µs where it isn't said. What it
    /// costs in processor time it saves in waiting: to be woken takes a thread as long.
    #[must_use]
    pub fn idle_spin(mut self, duration: Duration) -> Self {
        self.idle_spin = duration;
        self
    }

    /// Keeps compiled code in this folder. Without one, every start compiles. A folder that is missing is made for this
    /// user alone. One that belongs to another user, or in which others may write, is not used; the log says so.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Compiles each component in a process of this program: a `flowhost` of the same release, or one that calls
    /// [`flowhost_engine::compile_for_parent`]. Its memory and time are limited, and it is ended when it exceeds them.
    ///
    /// Without one, components are compiled in this process. That takes [`Limits::compile_memory_bytes`] and more where a
    /// component is made for it, and goes on after [`Limits::compile_time`], since a thread can't be ended. A host that
    /// loads components of strangers needs a program.
    #[must_use]
    pub fn compiler(mut self, program: impl Into<PathBuf>) -> Self {
        self.compiler = Some(program.into());
        self
    }

    /// Adds the components in this folder to the built-in actions. One that is refused is logged and left out. So is one
    /// with the id of a shipped action or of a flow's node (`action-reserved`), and the second by name of two different
    /// ones with the same id and version (`action-duplicate`).
    #[must_use]
    pub fn plugins(mut self, folder: impl Into<PathBuf>) -> Self {
        self.plugins.push(folder.into());
        self
    }

    /// Lets components have the id of this shipped action. One of the same version takes its place; of different
    /// versions the newest is the one that the id alone names.
    #[must_use]
    pub fn replace_built_in(mut self, id: impl Into<String>) -> Self {
        self.replaceable.push(id.into());
        self
    }

    /// Leaves the built-in actions out.
    #[must_use]
    pub fn without_built_in_actions(mut self) -> Self {
        self.built_in_actions = false;
        self
    }

    /// Opens the host on a store.
    ///
    /// # Errors
    /// The engine, a thread, the store, a built-in action or a folder of plugins; see [`OpenError`].
    pub async fn open(self, store: impl Store) -> Result<Host, OpenError> {
        Host::open(self, Arc::new(store)).await
    }
}
