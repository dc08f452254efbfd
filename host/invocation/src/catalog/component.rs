//! Loading of components in steps: size, header, cached refusal, type, counts, compilation, `describe`, manifest.
//!
//! The steps before the compilation read only the bytes. The first refusal ends the loading.

use flowhost_engine::cache::{CachedComponent, CodeCache, sha256};
use flowhost_engine::compiler::Compiler;
use flowhost_engine::component::{check_component, check_magic, classify_instance_error, compile_load_error};
use flowhost_engine::contract::lowest_version;
use flowhost_engine::{ComponentFacts, InstanceCounts, Limits, LoadError, MissingItem};
use flowhost_error::{Diagnostic, ErrorCode, Severity};
use flowhost_host_functions::{HostFunction, wasi_result};
use flowhost_manifest::{CheckedManifest, Manifest, UsesContext, covers};
use std::collections::BTreeMap;
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
    /// The findings in the manifest; all of them are warnings.
    pub findings: Vec<Diagnostic>,
    pub(crate) facts: ComponentFacts,
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
    /// Returns the functions that the component imports, for example `flow:outbound/dnd#blocks-campaign`.
    pub fn imports(&self) -> &[String] {
        &self.facts.imports
    }

    /// Returns the version of the contract that the component was built against.
    pub fn built_contract(&self) -> &str {
        &self.facts.built
    }

    /// Returns the lowest version of the contract that has the functions of `uses`.
    pub fn needed_contract(&self) -> String {
        let is_used = |import: &&String| self.manifest.uses.iter().any(|entry| covers(entry, import));
        let used = self.facts.imports.iter().filter(is_used).map(String::as_str);
        lowest_version(used).unwrap_or_else(|| self.facts.built.clone())
    }

    /// Returns the memories, tables and core instances of one instance.
    pub fn counts(&self) -> InstanceCounts {
        self.facts.counts
    }

    /// Returns the size of the machine code, bytes.
    pub fn code_bytes(&self) -> usize {
        self.code.len()
    }

    /// Returns the interfaces of WASI whose functions the component imports, each with what it gets from them.
    pub fn wasi_interfaces(&self) -> BTreeMap<&str, &'static str> {
        let functions = self.facts.imports.iter().filter_map(|import| import.split_once('#'));
        let interfaces = functions.map(|(interface, _)| interface).filter(|interface| interface.starts_with("wasi:"));
        interfaces.map(|interface| (interface, wasi_result(interface))).collect()
    }

    /// Returns whether the component imports anything of WASI.
    pub(crate) fn imports_wasi(&self) -> bool {
        self.facts.imports.iter().any(|import| import.starts_with("wasi:"))
    }

    /// Returns the JSON Schema (2020-12) of its parameters.
    pub fn parameters_schema(&self, language: &str) -> serde_json::Value {
        self.manifest.parameters_schema(language)
    }
}

/// A function that calls a component's `describe` and returns the manifest. The items are linked to refusals.
pub(crate) type DescribeFn = Box<dyn Fn(&Component, &[MissingItem]) -> Result<String, LoadError> + Send + Sync>;

/// Loads components, compiled or from the cache.
pub(crate) struct Loader {
    engine: Engine,
    compiler: Compiler,
    cache: Option<CodeCache>,
    limits: Arc<Limits>,
    describe: DescribeFn,
    next: AtomicUsize,
}

/// The bytes of a component that has a permitted size and the right header. Approval by a lock or a signature is checked
/// with its digest, before the component is loaded.
pub(crate) struct Candidate<'b> {
    bytes: &'b [u8],
    digest: String,
}

impl<'b> Candidate<'b> {
    /// Checks size and header.
    pub(crate) fn new(bytes: &'b [u8], limits: &Limits) -> Result<Self, LoadError> {
        let most = limits.component_bytes;
        if bytes.len() > most {
            let message = format!("the component has {} bytes; at most {most} are allowed", bytes.len());
            return Err(LoadError::new(ErrorCode::LimitComponentSize, message));
        }
        check_magic(bytes)?;
        Ok(Self { bytes, digest: sha256(bytes) })
    }
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

    /// Loads a component. Compiled code and refusals come from the cache if they are there.
    pub(crate) fn load(&self, candidate: &Candidate<'_>) -> Result<Action, LoadError> {
        if let Some(refusal) = self.cache.as_ref().and_then(|cache| cache.refusal(&candidate.digest)) {
            return Err(refusal);
        }
        let loaded = self.load_unrefused(candidate);
        if let (Err(refusal), Some(cache)) = (&loaded, &self.cache) {
            warn_unless_cached(cache.put_refusal(&candidate.digest, refusal));
        }
        loaded
    }

    fn load_unrefused(&self, candidate: &Candidate<'_>) -> Result<Action, LoadError> {
        let Candidate { bytes, digest } = candidate;
        let cached = self.cache.as_ref().and_then(|cache| cache.get(digest));
        let is_cached = cached.is_some();
        let compiled = match cached {
            Some(compiled) => {
                compiled.facts.counts.check(&self.limits)?;
                compiled
            }
            None => self.compile(bytes)?,
        };
        let CheckedManifest { manifest, warnings } = check_manifest(&compiled)?;
        if !is_cached && let Some(cache) = &self.cache {
            warn_unless_cached(cache.put(digest, &compiled));
        }
        Ok(Action {
            manifest: Arc::new(manifest),
            digest: digest.clone(),
            bytes: bytes.len(),
            findings: warnings,
            facts: compiled.facts,
            code: Arc::new(compiled.code),
            index: self.next.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Checks the component before compiling it, and compiles it before running any of it.
    fn compile(&self, bytes: &[u8]) -> Result<CachedComponent, LoadError> {
        let mut facts = check_component(bytes, &self.limits)?;
        let code = self.compiler.compile(bytes).map_err(compile_load_error)?;
        let component =
            flowhost_engine::code::deserialize(&self.engine, &code).map_err(|error| classify_instance_error(&error))?;
        // Only the compilation determines the memories and tables of nested components.
        if let Some(required) = component.resources_required() {
            let InstanceCounts { memories, tables, .. } = &mut facts.counts;
            (*memories, *tables) = (required.num_memories.into(), required.num_tables.into());
            facts.counts.check(&self.limits)?;
        }
        let manifest = (self.describe)(&component, &facts.missing)?;
        if (self.describe)(&component, &facts.missing)? != manifest {
            return Err(LoadError::new(ErrorCode::PluginContract, "`describe` returns a different manifest each time"));
        }
        Ok(CachedComponent { code, manifest, facts })
    }
}

/// Checks the manifest that a component returned, and its `uses` against the functions of this host.
fn check_manifest(compiled: &CachedComponent) -> Result<CheckedManifest, LoadError> {
    let CachedComponent { manifest, facts, .. } = compiled;
    let mut checked = Manifest::parse(manifest).map_err(LoadError::manifest)?;
    let contract: Vec<_> = HostFunction::names().collect();
    let context = UsesContext { contract: &contract, imports: &facts.imports };
    checked.warnings.extend(context.check(&checked.manifest));
    if checked.warnings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(LoadError::manifest(checked.warnings));
    }
    let is_used = |item: &&MissingItem| checked.manifest.uses.iter().any(|entry| covers(entry, &item.path()));
    let missing: Vec<_> = facts.missing.iter().filter(is_used).map(MissingItem::mismatch).collect();
    if missing.is_empty() { Ok(checked) } else { Err(LoadError::contract(&facts.built, missing)) }
}

fn warn_unless_cached(written: std::io::Result<()>) {
    if let Err(error) = written {
        tracing::warn!("a component can't be cached, so every start compiles it again: {error}");
    }
}
