//! Loading a component: what it is, whether it fits, compiled code, manifest.

use flowhost_engine::contract::{self, CONTRACT_VERSION, ComponentType};
use flowhost_engine::load_error::{LoadError, invalid};
use flowhost_engine::quotas;
use flowhost_manifest::Manifest;
use flowhost_engine::Limits;
use flowhost_engine::cache::{CachedComponent, CodeCache, sha256};
use flowhost_engine::compiler::{CompileError, Compiler};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::Engine;
use wasmtime::component::Component;

/// How a component of WebAssembly begins.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// An action that can be invoked.
pub struct Action {
    /// What it says of itself.
    pub manifest: Arc<Manifest>,
    /// SHA-256 of the component.
    pub digest: String,
    /// The component's size.
    pub bytes: usize,
    /// The functions that it imports: `flow:outbound/dnd#blocks-campaign`.
    pub imports: Vec<String>,
    /// Machine code.
    pub(crate) code: Arc<Vec<u8>>,
    /// Its place in each worker's list of what it has loaded.
    pub(crate) index: usize,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} ({})", self.manifest.id, self.manifest.version, self.digest)
    }
}

impl Action {
    /// Whether it imports anything of WASI.
    pub(crate) fn imports_wasi(&self) -> bool {
        self.imports.iter().any(|import| import.starts_with("wasi:"))
    }

    /// The JSON Schema (2020-12) of its parameters.
    pub fn parameters_schema(&self, language: &str) -> serde_json::Value {
        self.manifest.parameters_schema(language)
    }
}

/// Runs `describe` of a component; the answer, or why there is none.
pub(crate) type DescribeFn = Box<dyn Fn(&Component) -> Result<String, LoadError> + Send + Sync>;

/// Loads components.
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

    /// Loads a component from its bytes, with the compiled code of an earlier time if it is in the cache.
    pub(crate) fn load(&self, bytes: &[u8]) -> Result<Action, LoadError> {
        if bytes.len() > self.limits.component_bytes {
            let message =
                format!("the component has {} bytes; at most {} are loaded", bytes.len(), self.limits.component_bytes);
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

    /// Checks the component before any of it is compiled, and compiles it before any of it is run.
    fn compile(&self, bytes: &[u8], digest: &str) -> Result<CachedComponent, LoadError> {
        check_magic(bytes)?;
        quotas::check(bytes, &self.limits)?;
        let imports = check_contract(bytes)?;
        let code = self.compiler.compile(bytes).map_err(compile_load_error)?;
        let component =
            flowhost_engine::code::deserialize(&self.engine, &code).map_err(|error| classify_instance_error(&error))?;
        let manifest = (self.describe)(&component)?;
        if (self.describe)(&component)? != manifest {
            return Err(LoadError::new("plugin-contract", "the plugin describes itself differently each time"));
        }
        Manifest::parse(&manifest).map_err(|what| LoadError::new("plugin-contract", what))?;
        let compiled = CachedComponent { code, manifest, imports };
        if let Some(cache) = &self.cache
            && let Err(error) = cache.put(digest, &compiled)
        {
            tracing::warn!("compiled code can't be kept, so that it is compiled at every start: {error}");
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

/// Why no instance has room for a component that has compiled; what it has too much of is known by the words only.
fn classify_instance_error(error: &wasmtime::Error) -> LoadError {
    let words = format!("{error:#}");
    let code = if words.contains("memor") {
        "limit-memory"
    } else if words.contains("table") || words.contains("instance") {
        "limit-tables"
    } else {
        return LoadError::new("component-invalid", invalid(error));
    };
    LoadError::new(code, format!("the component begins with more than an instance may have: {words}"))
}

/// Tells components from what people mistake for them.
fn check_magic(bytes: &[u8]) -> Result<(), LoadError> {
    let wrong = |message: &str| Err(LoadError::new("component-invalid", message));
    match bytes {
        _ if bytes.starts_with(COMPONENT_HEADER) => Ok(()),
        _ if bytes.starts_with(b"\0asm\x01\0\0\0") => {
            wrong("it is a core module, not a component; `flowhost pack CORE.wasm -o OUT` turns it into one")
        }
        _ if bytes.starts_with(b"\0asm") => wrong("it is WebAssembly of an unknown version, or was cut short"),
        [] => wrong("it is empty"),
        _ => wrong("it is no WebAssembly; build it for wasm32-unknown-unknown or wasm32-wasip2"),
    }
}

/// Turns a core module that carries the contract's type section into a component.
///
/// # Errors
/// `component-invalid`: it is no core module. `component-contract`: it was not built with bindings of this contract.
pub fn pack(core: &[u8]) -> Result<Vec<u8>, LoadError> {
    let invalid = |error: String| {
        let hint = "build it for wasm32-unknown-unknown with bindings of the contract, as the SDK makes them";
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

/// Checks a component's type against the contract; answers what it imports.
fn check_contract(component: &[u8]) -> Result<Vec<String>, LoadError> {
    let ComponentType { imports, differences } = contract::inspect(component)
        .map_err(|what| LoadError::new("component-invalid", format!("the component's type can't be read: {what}")))?;
    if differences.is_empty() {
        return Ok(imports);
    }
    let message = format!(
        "the component doesn't fit this host's contract; build it against flow:action and flow:outbound \
         {CONTRACT_VERSION}, which `flowhost wit DIR` writes"
    );
    Err(LoadError { code: "component-contract", message, differences })
}
