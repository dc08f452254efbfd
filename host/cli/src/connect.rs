//! Opens the store and the host of a command.

use super::error::CliError;
use super::options::{Options, StoreLocation};
use super::progress::Progress;
use flowhost::store::Store;
use flowhost::store::memory::MemoryStore;
use flowhost::store::sqlite::{SqliteOptions, SqliteStore};
use flowhost::{Host, HostBuilder};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the store that the options name.
pub(super) async fn open_store(options: &Options) -> Result<Arc<dyn Store>, CliError> {
    match options.store()? {
        StoreLocation::Memory => Ok(Arc::new(MemoryStore::new())),
        StoreLocation::Sqlite(path) => Ok(Arc::new(open_sqlite(&path).await?)),
        StoreLocation::Postgres => Err(postgres_error()),
    }
}

/// Opens a host on the store that the options name.
pub(super) async fn open_host(options: &Options) -> Result<Host, CliError> {
    match options.store()? {
        StoreLocation::Memory => open_host_without_store(options).await,
        StoreLocation::Sqlite(path) => {
            let store = open_sqlite(&path).await?;
            let _progress = Progress::start("preparing the actions");
            Ok(host_builder(options).open(store).await?)
        }
        StoreLocation::Postgres => Err(postgres_error()),
    }
}

/// Opens a host without the store, for commands that use only its actions.
pub(super) async fn open_host_without_store(options: &Options) -> Result<Host, CliError> {
    let _progress = Progress::start("preparing the actions");
    Ok(host_builder(options).open(MemoryStore::new()).await?)
}

async fn open_sqlite(path: &Path) -> Result<SqliteStore, CliError> {
    Ok(SqliteStore::open(path, SqliteOptions::default()).await?)
}

fn postgres_error() -> CliError {
    CliError::message("PostgreSQL stores are not supported yet").with_hint("use --store sqlite:PATH or --store memory:")
}

fn host_builder(options: &Options) -> HostBuilder {
    options.plugins.iter().fold(builder_without_plugins(options), HostBuilder::plugins)
}

/// Returns the settings of a host without the components of `--plugins`.
pub(super) fn builder_without_plugins(options: &Options) -> HostBuilder {
    let builder = options.replace.iter().fold(Host::builder(), HostBuilder::replace_built_in);
    let builder = match compiler_program() {
        Some(program) => builder.compiler(program),
        None => builder,
    };
    match cache_folder() {
        Some(folder) => builder.cache(folder),
        None => builder,
    }
}

/// Returns the path of this program. On Linux, the path stays valid after another release has replaced the file.
fn compiler_program() -> Option<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() {
        return Some(running.to_owned());
    }
    std::env::current_exe().ok()
}

/// Returns the folder of compiled code: `FLOWHOST_CACHE` (none if it is set but empty), else a folder in the user's
/// cache.
fn cache_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("FLOWHOST_CACHE") {
        return Some(PathBuf::from(folder)).filter(|folder| !folder.as_os_str().is_empty());
    }
    let absolute = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(folder.join("flowhost"))
}
