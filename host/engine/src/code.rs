//! Machine code, and which engines it is for.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The same for engines that run the same machine code, of this and other processes.
pub(crate) fn compatibility_hash(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// A component from machine code that this host compiled, or read from [`super::cache::CodeCache`].
#[expect(unsafe_code, reason = "machine code can't be checked; it comes from this process or from the guarded folder")]
pub(crate) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` was made by `precompile_component` in this process, or read from a folder that only this user
    // can write and matches the digest that was stored with it.
    unsafe { Component::deserialize(engine, code) }
}
