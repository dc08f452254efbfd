//! Checks of a component before it is compiled, and the packing of core modules.

use crate::compiler::CompileError;
use crate::contract::{self, ComponentType, MissingItem};
use crate::load_error::{LoadError, invalid};
use crate::{InstanceCounts, Limits, quotas};
use flowhost_error::ErrorCode;
use serde::{Deserialize, Serialize};

/// The first bytes of a WebAssembly component.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Converts the error of a compilation.
pub fn compile_load_error(error: CompileError) -> LoadError {
    let (code, hint) = match &error {
        CompileError::Time(_) => (ErrorCode::LimitCompileTime, "; optimise it, or raise the limit `compile_time`"),
        CompileError::Memory(_) => {
            (ErrorCode::LimitComponentSize, "; optimise it, or raise the limit `compile_memory_bytes`")
        }
        CompileError::Code(_) => (ErrorCode::LimitComponentSize, "; optimise it for size"),
        CompileError::Invalid(what) => return LoadError::new(ErrorCode::ComponentInvalid, invalid(what)),
        CompileError::Broken(_) => return LoadError::transient(ErrorCode::ComponentInvalid, error.to_string()),
    };
    LoadError::new(code, format!("{error}{hint}"))
}

/// Converts the error for a compiled component that no instance can hold. Only the error's text identifies the
/// exceeded limit.
pub fn classify_instance_error(error: &wasmtime::Error) -> LoadError {
    let words = format!("{error:#}");
    let code = if words.contains("memor") {
        ErrorCode::LimitMemory
    } else if words.contains("table") || words.contains("instance") {
        ErrorCode::LimitTables
    } else {
        return LoadError::new(ErrorCode::ComponentInvalid, invalid(error));
    };
    LoadError::new(code, format!("a new instance of the component exceeds the limits: {words}"))
}

/// Distinguishes components from files that are often mistaken for them.
pub fn check_magic(bytes: &[u8]) -> Result<(), LoadError> {
    let wrong = |message: &str| Err(LoadError::new(ErrorCode::ComponentInvalid, message));
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
        LoadError::new(ErrorCode::ComponentInvalid, format!("the module can't be packed: {error}; {hint}"))
    };
    if core.starts_with(COMPONENT_HEADER) {
        return Err(invalid("it is a component already".to_owned()));
    }
    let encoder =
        wit_component::ComponentEncoder::default().module(core).map_err(|error| invalid(format!("{error:#}")))?;
    let component = encoder.validate(true).encode().map_err(|error| invalid(format!("{error:#}")))?;
    let ComponentType { missing, built, mut differences, .. } = component_type(&component)?;
    // A packed module imports only the functions that it calls, so the component could not run without them.
    differences.extend(missing.iter().map(MissingItem::mismatch));
    if differences.is_empty() { Ok(component) } else { Err(LoadError::contract(&built, differences)) }
}

/// The facts about a component that the host reads from its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentFacts {
    /// The functions that it imports, for example `flow:outbound/dnd#blocks-campaign`.
    pub imports: Vec<String>,
    /// Imported functions and resources of a newer contract, which this host does not have.
    pub missing: Vec<MissingItem>,
    /// The version of the contract that it was built against.
    pub built: String,
    /// The memories, tables and core instances of one instance.
    pub counts: InstanceCounts,
}

/// Checks the parts and the type of a component, without compiling it.
///
/// # Errors
/// `limit-component-size`: it has too many parts. `component-invalid`, `component-contract`: its type is not that of an
/// action. `limit-memory`, `limit-tables`: an instance would exceed the limits.
pub fn check_component(component: &[u8], limits: &Limits) -> Result<ComponentFacts, LoadError> {
    let measured = quotas::measure(component, limits)?;
    if measured.uses_async_abi {
        let message = "the component uses the async ABI, which this host does not have; build it with the option --sync of \
                       componentize-qjs, or without async functions";
        return Err(LoadError::new(ErrorCode::ComponentInvalid, message));
    }
    let ComponentType { imports, missing, built, differences } = component_type(component)?;
    if !differences.is_empty() {
        return Err(LoadError::contract(&built, differences));
    }
    measured.check_instance(limits)?;
    Ok(ComponentFacts { imports, missing, built, counts: measured.counts() })
}

fn component_type(component: &[u8]) -> Result<ComponentType, LoadError> {
    contract::inspect(component).map_err(|what| {
        LoadError::new(ErrorCode::ComponentInvalid, format!("the component's type can't be read: {what}"))
    })
}
