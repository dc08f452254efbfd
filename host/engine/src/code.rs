//! Machine code and its compatibility with engines.

use crate::{Limits, WIT_FILES};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Maximum attempts to create the initial contents of memories.
const MAX_IMAGE_ATTEMPTS: u32 = 6;

/// Pause after the first failed attempt. Each further pause is longer by as much.
const IMAGE_PAUSE: Duration = Duration::from_millis(2);

/// Returns a hash that is equal for hosts that can run the same machine code and have the same contract, in this and
/// other processes.
pub fn compatibility_hash(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    WIT_FILES.hash(&mut hasher);
    hasher.finish()
}

/// Returns a hash of everything of this host that determines whether it refuses a component: its version, the contract and
/// the limits. Two builds of one version may have different rules, so the program's file counts, too.
pub fn host_hash(limits: &Limits) -> u64 {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), WIT_FILES, format!("{limits:?}")).hash(&mut hasher);
    let program = std::env::current_exe().and_then(std::fs::metadata);
    program.map(|file| (file.len(), file.modified().ok())).ok().hash(&mut hasher);
    hasher.finish()
}

/// Loads a component from machine code that this host compiled or read from [`super::cache::CodeCache`].
#[expect(unsafe_code, reason = "machine code can't be checked; this process or the guarded folder provides it")]
pub fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `precompile_component` made `code` in this process, or the cache read it from a folder that only this
    // user can write. Cached code matches the digest that was stored with it.
    let component = unsafe { Component::deserialize(engine, code)? };
    create_memory_images(&component)?;
    Ok(component)
}

/// Creates the initial contents of the memories, which every instance shares copy-on-write.
///
/// The kernel can't seal the file of the contents while it moves one of its pages, and reports EBUSY. A later attempt
/// succeeds.
fn create_memory_images(component: &Component) -> wasmtime::Result<()> {
    for attempt in 1..MAX_IMAGE_ATTEMPTS {
        if component.initialize_copy_on_write_image().is_ok() {
            return Ok(());
        }
        std::thread::sleep(IMAGE_PAUSE * attempt);
    }
    component.initialize_copy_on_write_image()
}
