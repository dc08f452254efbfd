//! Opening the store and the host that a command works with.

use super::failed::Failed;
use super::options::{Location, Options};
use super::progress::Progress;
use flowhost::store::Store;
use flowhost::store::memory::MemoryStore;
use flowhost::store::sqlite::{SqliteOptions, SqliteStore};
use flowhost::{Builder, Host};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The store that the options name.
pub(super) async fn store(options: &Options) -> Result<Arc<dyn Store>, Failed> {
    match options.store()? {
        Location::Memory => Ok(Arc::new(MemoryStore::new())),
        Location::Sqlite(path) => Ok(Arc::new(sqlite(&path).await?)),
        Location::Postgres => Err(no_postgres()),
    }
}

/// A host on the store that the options name.
pub(super) async fn host(options: &Options) -> Result<Host, Failed> {
    match options.store()? {
        Location::Memory => host_without_store(options).await,
        Location::Sqlite(path) => {
            let store = sqlite(&path).await?;
            let _progress = Progress::begin("preparing the actions");
            Ok(builder(options).open(store).await?)
        }
        Location::Postgres => Err(no_postgres()),
    }
}

/// A host that is only asked about its actions.
pub(super) async fn host_without_store(options: &Options) -> Result<Host, Failed> {
    let _progress = Progress::begin("preparing the actions");
    Ok(builder(options).open(MemoryStore::new()).await?)
}

async fn sqlite(path: &Path) -> Result<SqliteStore, Failed> {
    Ok(SqliteStore::open(path, SqliteOptions::default()).await?)
}

fn no_postgres() -> Failed {
    Failed::because("PostgreSQL stores come in a later release").with_hint("use --store sqlite:PATH or --store memory:")
}

fn builder(options: &Options) -> Builder {
    let builder = options.plugins.iter().fold(Host::builder(), Builder::plugins);
    let builder = options.replace.iter().fold(builder, Builder::replace_built_in);
    let builder = match compiler() {
        Some(program) => builder.compiler(program),
        None => builder,
    };
    match cache_folder() {
        Some(folder) => builder.cache(folder),
        None => builder,
    }
}

/// This program. On Linux by a name that still holds when another release has taken its file's place.
fn compiler() -> Option<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() {
        return Some(running.to_owned());
    }
    std::env::current_exe().ok()
}

/// Where compiled code is kept: `FLOWHOST_CACHE` (set but empty: nowhere), else in the user's cache folder.
fn cache_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("FLOWHOST_CACHE") {
        return Some(PathBuf::from(folder)).filter(|folder| !folder.as_os_str().is_empty());
    }
    let absolute = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(folder.join("flowhost"))
}
