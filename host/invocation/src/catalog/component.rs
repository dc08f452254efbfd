//! Loading of components: checks, compilation, code cache and manifest.

use flowhost_engine::Limits;
use flowhost_engine::cache::{CachedComponent, CodeCache, sha256};
use flowhost_engine::compiler::{CompileError, Compiler};
use flowhost_engine::contract::{self, CONTRACT_VERSION, ComponentType};
use flowhost_engine::load_error::{LoadError, invalid};
use flowhost_engine::quotas;
use flowhost_manifest::Manifest;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The first bytes of a WebAssembly component.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

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
            return Err(LoadError::new("limit-component-size", message));
        }
        let digest = sha256(bytes);
        let compiled = match self.cache.as_ref().and_then(|cache| cache.get(&digest)) {
            Some(compiled) => compiled,
            None => self.compile(bytes, &digest)?,
        };
        let manifest = Manifest::parse(&compiled.manifest).map_err(|what| LoadError::new("plugin-contract", what))?;
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
            return Err(LoadError::new("plugin-contract", "`describe` returns a different manifest each time"));
        }
        Manifest::parse(&manifest).map_err(|what| LoadError::new("plugin-contract", what))?;
        let compiled = CachedComponent { code, manifest, imports };
        if let Some(cache) = &self.cache
            && let Err(error) = cache.put(digest, &compiled)
        {
            tracing::warn!("compiled code can't be cached, so every start compiles it again: {error}");
        }
        Ok(compiled)
    }
}

fn compile_load_error(error: CompileError) -> LoadError {
    let (code, hint) = match &error {
        CompileError::Time(_) => ("limit-compile-time", "; optimise it, or raise the limit `compile_time`"),
        CompileError::Memory(_) => ("limit-component-size", "; optimise it, or raise the limit `compile_memory_bytes`"),
        CompileError::Code(_) => ("limit-component-size", "; optimise it for size"),
        CompileError::Invalid(what) => return LoadError::new("component-invalid", invalid(what)),
        CompileError::Broken(_) => ("component-invalid", ""),
    };
    LoadError::new(code, format!("{error}{hint}"))
}

/// Converts the error for a compiled component that no instance can hold. Only the error's text identifies the
/// exceeded limit.
fn classify_instance_error(error: &wasmtime::Error) -> LoadError {
    let words = format!("{error:#}");
    let code = if words.contains("memor") {
        "limit-memory"
    } else if words.contains("table") || words.contains("instance") {
        "limit-tables"
    } else {
        return LoadError::new("component-invalid", invalid(error));
    };
    LoadError::new(code, format!("a new instance of the component exceeds the limits: {words}"))
}

/// Distinguishes components from files that are often mistaken for them.
fn check_magic(bytes: &[u8]) -> Result<(), LoadError> {
    let wrong = |message: &str| Err(LoadError::new("component-invalid", message));
    match bytes {
        _ if bytes.starts_with(COMPONENT_HEADER) => Ok(()),
        _ if bytes.starts_with(b"\0asm\x01\0\0\0") => {
            wrong("it is a core module, not a component; `flowhost pack CORE.wasm -o OUT` turns it into one")
        }
        _ if bytes.starts_with(b"\0asm") => wrong("it is WebAssembly of an unknown version, or it is truncated"),
        [] => wrong("it is empty"),
        _ => wrong("it is not WebAssembly; build it for wasm32-unknown-unknown or wasm32-wasip2"),
    }
}

/// Converts a core module that contains the contract's type section into a component.
///
/// # Errors
/// `component-invalid`: the input is not a core module. `component-contract`: the module was not built with bindings of
/// this contract.
pub fn pack(core: &[u8]) -> Result<Vec<u8>, LoadError> {
    let invalid = |error: String| {
        let hint = "build it for wasm32-unknown-unknown with bindings of the contract, as the SDK generates them";
        LoadError::new("component-invalid", format!("the module can't be packed: {error}; {hint}"))
    };
    if core.starts_with(COMPONENT_HEADER) {
        return Err(invalid("it is a component already".to_owned()));
    }
    let encoder =
        wit_component::ComponentEncoder::default().module(core).map_err(|error| invalid(format!("{error:#}")))?;
    let component = encoder.validate(true).encode().map_err(|error| invalid(format!("{error:#}")))?;
    check_contract(&component)?;
    Ok(component)
}

/// Checks a component's type against the contract and returns its imports.
fn check_contract(component: &[u8]) -> Result<Vec<String>, LoadError> {
    let ComponentType { imports, differences } = contract::inspect(component)
        .map_err(|what| LoadError::new("component-invalid", format!("the component's type can't be read: {what}")))?;
    if differences.is_empty() {
        return Ok(imports);
    }
    let message = format!(
        "the component doesn't match this host's contract; build it against flow:action and flow:outbound \
         {CONTRACT_VERSION}, which `flowhost wit DIR` writes"
    );
    Err(LoadError { code: "component-contract", message, differences })
}
