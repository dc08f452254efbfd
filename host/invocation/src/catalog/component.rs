//! Loading of components: checks, compilation, code cache and manifest.

use flowhost_engine::Limits;
use flowhost_engine::LoadError;
use flowhost_engine::cache::{CachedComponent, CodeCache, sha256};
use flowhost_engine::compiler::Compiler;
use flowhost_engine::component::{check_contract, check_magic, classify_instance_error, compile_load_error};
use flowhost_engine::quotas;
use flowhost_error::ErrorCode;
use flowhost_manifest::Manifest;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::Engine;
use wasmtime::component::Component;

/// A loaded action.
pub struct Action {
    /// The manifest that the component returned.
    pub manifest: Arc<Manifest>,
    /// SHA-256 of the component.
    pub digest: String,
    /// The size of the component, bytes.
    pub bytes: usize,
    /// The functions that it imports, for example `flow:outbound/dnd#blocks-campaign`.
    pub imports: Vec<String>,
    /// Machine code.
    pub(crate) code: Arc<Vec<u8>>,
    /// Its index in each worker's list of linked components.
    pub(crate) index: usize,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} ({})", self.manifest.id, self.manifest.version, self.digest)
    }
}

impl Action {
    /// Returns whether the component imports anything of WASI.
    pub(crate) fn imports_wasi(&self) -> bool {
        self.imports.iter().any(|import| import.starts_with("wasi:"))
    }

    /// Returns the JSON Schema (2020-12) of its parameters.
    pub fn parameters_schema(&self, language: &str) -> serde_json::Value {
        self.manifest.parameters_schema(language)
    }
}

/// A function that calls a component's `describe` and returns the manifest.
pub(crate) type DescribeFn = Box<dyn Fn(&Component) -> Result<String, LoadError> + Send + Sync>;

/// Loads components, compiled or from the cache.
pub(crate) struct Loader {
    engine: Engine,
    compiler: Compiler,
    cache: Option<CodeCache>,
    limits: Arc<Limits>,
    describe: DescribeFn,
    next: AtomicUsize,
}

impl Loader {
    pub(crate) fn new(
        engine: Engine,
        compiler: Compiler,
        cache: Option<CodeCache>,
        limits: Arc<Limits>,
        describe: DescribeFn,
    ) -> Self {
        Self { engine, compiler, cache, limits, describe, next: AtomicUsize::new(0) }
    }

    /// Loads a component from its bytes. Compiled code comes from the cache if it is there.
    pub(crate) fn load(&self, bytes: &[u8]) -> Result<Action, LoadError> {
        if bytes.len() > self.limits.component_bytes {
            let message =
                format!("the component has {} bytes; at most {} are allowed", bytes.len(), self.limits.component_bytes);
            return Err(LoadError::new(ErrorCode::LimitComponentSize, message));
        }
        let digest = sha256(bytes);
        let compiled = match self.cache.as_ref().and_then(|cache| cache.get(&digest)) {
            Some(compiled) => compiled,
            None => self.compile(bytes, &digest)?,
        };
        let manifest =
            Manifest::parse(&compiled.manifest).map_err(|what| LoadError::new(ErrorCode::PluginContract, what))?;
        Ok(Action {
            manifest: Arc::new(manifest),
            digest,
            bytes: bytes.len(),
            imports: compiled.imports,
            code: Arc::new(compiled.code),
            index: self.next.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Checks the component before compiling it, and compiles it before running any of it.
    fn compile(&self, bytes: &[u8], digest: &str) -> Result<CachedComponent, LoadError> {
        check_magic(bytes)?;
        quotas::check(bytes, &self.limits)?;
        let imports = check_contract(bytes)?;
        let code = self.compiler.compile(bytes).map_err(compile_load_error)?;
        let component =
            flowhost_engine::code::deserialize(&self.engine, &code).map_err(|error| classify_instance_error(&error))?;
        let manifest = (self.describe)(&component)?;
        if (self.describe)(&component)? != manifest {
            return Err(LoadError::new(ErrorCode::PluginContract, "`describe` returns a different manifest each time"));
        }
        Manifest::parse(&manifest).map_err(|what| LoadError::new(ErrorCode::PluginContract, what))?;
        let compiled = CachedComponent { code, manifest, imports };
        if let Some(cache) = &self.cache
            && let Err(error) = cache.put(digest, &compiled)
        {
            tracing::warn!("compiled code can't be cached, so every start compiles it again: {error}");
        }
        Ok(compiled)
    }
}
