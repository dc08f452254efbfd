//! Loading of components: the built-in ones, those of folders, and those of an embedding host.

use super::builder::OpenError;
use super::describe::describe;
use crate::catalog::{Action, Candidate, Catalog, Loader, ReplaceableIds};
use flowhost_built_in_actions::built_in;
use flowhost_engine::cache::{CacheKeys, CodeCache};
use flowhost_engine::compiler::Compiler;
use flowhost_engine::ticker::EpochTicker;
use flowhost_engine::{Limits, code};
use flowhost_engine::{LoadError, MissingItem, ReadError, read_component};
use flowhost_error::{Diagnostic, ErrorCode};
use semver::Version;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::Linker;

/// Settings of an [`ActionLoader`]: the cache folder, the compiler program and the permitted ids.
pub(super) struct LoadSettings {
    pub(super) cache: Option<PathBuf>,
    pub(super) compiler: Option<PathBuf>,
    pub(super) replaceable: ReplaceableIds,
}

/// Loads the components of a host.
pub(super) struct ActionLoader {
    loader: Loader,
    replaceable: ReplaceableIds,
    limits: Arc<Limits>,
}

/// The files of plugin folders, with their digests, by the id and version of their actions.
type LoadedFiles = HashMap<(String, Version), (PathBuf, String)>;

impl ActionLoader {
    pub(super) fn new(
        engine: &Engine,
        settings: LoadSettings,
        limits: &Arc<Limits>,
        ticker: &EpochTicker,
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        flowhost_host_functions::link(&mut linker)?;
        let cache = settings.cache.and_then(|folder| {
            let keys = CacheKeys { engine: code::compatibility_hash(engine), host: code::host_hash(limits) };
            CodeCache::open(&folder, keys)
                .inspect_err(|error| tracing::warn!("compiled code is not cached in {}: {error}", folder.display()))
                .ok()
        });
        let (describing_engine, activity, describe_limits) =
            (engine.clone(), ticker.activity_handle(), Arc::clone(limits));
        let describe_fn = Box::new(move |component: &_, missing: &[MissingItem]| {
            activity.set_busy();
            let answer = describe(&describing_engine, &linker, &describe_limits, (component, missing));
            activity.set_idle();
            answer
        });
        let compiler = Compiler::new(engine.clone(), settings.compiler, Arc::clone(limits));
        let loader = Loader::new(engine.clone(), compiler, cache, Arc::clone(limits), describe_fn);
        Ok(Self { loader, replaceable: settings.replaceable, limits: Arc::clone(limits) })
    }

    /// Loads a component that is not built in.
    pub(super) fn inspect(&self, component: &[u8]) -> Result<Arc<Action>, LoadError> {
        let action = self.loader.load(&Candidate::new(component, &self.limits)?)?;
        self.replaceable.check(&action.manifest.id)?;
        Ok(Arc::new(action))
    }

    /// Loads the actions that a host starts with: the built-in ones if `built_in_actions` is set, and those of
    /// `folders`.
    pub(super) fn load_initial(&self, built_in_actions: bool, folders: &[PathBuf]) -> Result<Catalog, OpenError> {
        let mut catalog = Catalog::default();
        if built_in_actions {
            for (_, component) in built_in() {
                let candidate = Candidate::new(component, &self.limits).map_err(OpenError::BuiltIn)?;
                catalog.add(Arc::new(self.loader.load(&candidate).map_err(OpenError::BuiltIn)?));
            }
        }
        let mut added = LoadedFiles::new();
        for folder in folders {
            self.add_folder(folder, &mut catalog, &mut added)?;
        }
        Ok(catalog)
    }

    /// Adds the components of a folder, sorted by file name.
    fn add_folder(&self, folder: &Path, catalog: &mut Catalog, added: &mut LoadedFiles) -> Result<(), OpenError> {
        let unreadable = |error| OpenError::PluginFolder { path: folder.to_owned(), error };
        let entries = std::fs::read_dir(folder).map_err(unreadable)?;
        let mut files: Vec<_> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(unreadable)?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        files.sort();
        for path in files {
            match self.read(&path).and_then(|component| Ok(check_duplicate(&path, self.inspect(&component)?, added)?)) {
                Ok(action) => {
                    log_findings(&path.display(), &action);
                    catalog.add(action);
                }
                Err(ReadError::Refused(error)) => {
                    tracing::warn!(target: "flowhost::load", "{} is left out: {}: {error}", path.display(), error.code);
                }
                Err(error) => {
                    tracing::warn!(target: "flowhost::load", "{} is left out: it can't be read: {error}", path.display());
                }
            }
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        read_component(path, self.limits.component_bytes)
    }
}

/// Logs the warnings about the manifest of an action from `source`, a file or another place.
pub(super) fn log_findings(source: &dyn fmt::Display, action: &Action) {
    for Diagnostic { path, code, message, .. } in &action.findings {
        let action = (&action.manifest.id, &action.manifest.version);
        tracing::warn!(target: "flowhost::load", "{source}: {}@{} {path}: {message} ({code})", action.0, action.1);
    }
}

/// Returns the action of a file. A different component with the same id and version in an earlier file is an error.
fn check_duplicate(path: &Path, action: Arc<Action>, added: &mut LoadedFiles) -> Result<Arc<Action>, LoadError> {
    let (id, version) = (action.manifest.id.clone(), action.manifest.version.clone());
    let (first, digest) = added.entry((id, version)).or_insert_with(|| (path.to_owned(), action.digest.clone()));
    if *digest == action.digest {
        return Ok(action);
    }
    let message = format!(
        "{} and {} are different components of {}@{}; give one of them another version, or remove it",
        first.display(),
        path.display(),
        action.manifest.id,
        action.manifest.version,
    );
    Err(LoadError::new(ErrorCode::ActionDuplicate, message))
}
