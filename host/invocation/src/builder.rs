//! The settings of a host, and the errors of opening one.

use super::host::Host;
use flowhost_engine::Limits;
use flowhost_engine::LoadError;
use flowhost_store::{Store, StoreError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a host. [`Host::builder`] returns the defaults.
///
/// # Errors
/// [`HostBuilder::open`] checks the settings; an unusable folder of plugins is an [`OpenError`]. An unusable cache folder
/// is not an error: the host logs a warning and compiles at each start.
///
/// ```
/// use flowhost_engine::Limits;
/// use flowhost_invocation::{Host, OpenError};
/// use flowhost_store::MemoryStore;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut limits = Limits::default();
/// limits.cpu_time = Duration::from_millis(50);
/// // A host of third-party actions only. A production host has a cache folder and a compiler program.
/// let builder = Host::builder().limits(limits).workers(2).without_built_in_actions();
/// let host = builder.clone().open(MemoryStore::new()).await?;
/// assert_eq!(host.catalog().all().count(), 0);
///
/// let error = builder.plugins("/missing/folder").open(MemoryStore::new()).await.err();
/// assert!(matches!(error, Some(OpenError::PluginFolder { .. })));
/// # Ok(())
/// # }
/// ```
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

/// The reason why a host did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The WebAssembly engine does not start on this machine.
    #[error("the WebAssembly engine doesn't start: {0:#}")]
    Engine(wasmtime::Error),
    /// A thread can't be started.
    #[error("a thread can't be started: {0}")]
    Thread(std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A built-in action was rejected.
    #[error("a built-in action: {0}")]
    BuiltIn(LoadError),
    /// A folder of plugins can't be read.
    #[error("plugins {path}: {error}")]
    PluginFolder {
        /// The folder or file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
}

impl HostBuilder {
    /// Sets the limits. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the number of worker threads, at least 1. Default: one per processor.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// Sets how long an idle worker spins before it parks. Default: 50 µs. Spinning trades CPU time for latency: waking
    /// a parked thread takes about as long.
    #[must_use]
    pub fn idle_spin(mut self, duration: Duration) -> Self {
        self.idle_spin = duration;
        self
    }

    /// Stores compiled code in this folder. Default: none, and every start compiles. A missing folder is created,
    /// private to this user. The host ignores a folder that belongs to another user or is writable by others, and logs
    /// a warning.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Compiles each component in a process of this program: a `flowhost` of the same release, or a program that calls
    /// [`flowhost_engine::compile_for_parent`]. The host limits the memory and time of the process, and kills it when it exceeds
    /// them.
    ///
    /// Default: none, and the host compiles components in its own process. A hostile component can then use more than
    /// [`Limits::compile_memory_bytes`]. Its compilation continues after [`Limits::compile_time`], since a thread can't
    /// be killed. A host that loads untrusted components needs a compiler program.
    #[must_use]
    pub fn compiler(mut self, program: impl Into<PathBuf>) -> Self {
        self.compiler = Some(program.into());
        self
    }

    /// Adds the components in this folder to the built-in actions. The host logs and skips a component that it rejects.
    ///
    /// The id of a built-in action or of a node of a flow is rejected with `action-reserved`. If two files hold
    /// different components with the same id and version, the second by name is rejected with `action-duplicate`.
    #[must_use]
    pub fn plugins(mut self, folder: impl Into<PathBuf>) -> Self {
        self.plugins.push(folder.into());
        self
    }

    /// Permits components to have the id of this built-in action. A component of the same version replaces it. If the
    /// versions differ, the id alone names the newest.
    #[must_use]
    pub fn replace_built_in(mut self, id: impl Into<String>) -> Self {
        self.replaceable.push(id.into());
        self
    }

    /// Omits the built-in actions.
    #[must_use]
    pub fn without_built_in_actions(mut self) -> Self {
        self.built_in_actions = false;
        self
    }

    /// Opens the host on a store.
    ///
    /// # Errors
    /// The engine, a thread, the store, a built-in action or a folder of plugins failed; see [`OpenError`].
    pub async fn open(self, store: impl Store) -> Result<Host, OpenError> {
        Host::open(self, Arc::new(store)).await
    }
}
