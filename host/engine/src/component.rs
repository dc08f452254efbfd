//! Checks of a component before it is compiled, and the packing of core modules.

use crate::compiler::CompileError;
use crate::contract::{self, CONTRACT_VERSION, ComponentType};
use crate::load_error::{LoadError, invalid};
use flowhost_error::ErrorCode;

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
        CompileError::Broken(_) => (ErrorCode::ComponentInvalid, ""),
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
    check_contract(&component)?;
    Ok(component)
}

/// Checks a component's type against the contract and returns its imports.
pub fn check_contract(component: &[u8]) -> Result<Vec<String>, LoadError> {
    let ComponentType { imports, differences } = contract::inspect(component).map_err(|what| {
        LoadError::new(ErrorCode::ComponentInvalid, format!("the component's type can't be read: {what}"))
    })?;
    if differences.is_empty() {
        return Ok(imports);
    }
    let message = format!(
        "the component doesn't match this host's contract; build it against flow:action and flow:outbound \
         {CONTRACT_VERSION}, which `flowhost wit DIR` writes"
    );
    Err(LoadError { code: ErrorCode::ComponentContract, message, differences })
}
