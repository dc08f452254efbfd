//! Engines, workers, limits and the cache of compiled code. No other module uses wasmtime's `Config`.
//!
//! Every worker has its own engine, because threads that share one slow each other down. All engines come from
//! [`new_engine`] and accept the code that any of them compiled.

pub mod cache;
pub mod code;
pub mod compiler;
pub mod component;
pub mod contract;
pub mod cpu_clock;
mod file;
pub mod inbox;
mod instances;
mod limits;
pub mod load_error;
pub mod memory_budget;
pub mod preempt;
pub mod private_files;
pub mod quotas;
pub mod reclaim;
mod refusal;
pub mod task;
pub mod ticker;
pub mod worker;

pub use compiler::compile_for_parent;
pub use component::{ComponentFacts, pack};
pub use contract::{CONTRACT_VERSION, ContractMismatch, MissingItem, WIT_FILES};
pub use file::{ReadError, read_component};
pub use instances::InstanceCounts;
pub use limits::Limits;
pub use load_error::LoadError;

use std::time::Duration;
use wasmtime::{Config, Engine, PoolingAllocationConfig};

/// Interval between two epochs, and therefore the longest time that guest code runs before it yields.
pub(crate) const EPOCH_PERIOD: Duration = Duration::from_millis(1);

/// Stack that host functions may use in addition to the guest's stack, bytes: they evaluate expressions on it.
const HOST_STACK_BYTES: usize = 768 << 10;

/// Memory of an instance slot that stays resident between invocations, bytes. Guests built with the SDK need no more,
/// and therefore no memory system call.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// Guard region after each memory, bytes; the code checks accesses beyond it explicitly.
const GUARD_BYTES: u64 = 64 << 10;

/// Creates an engine with a pool of `slots` instances. If the address space is too small for a pool, the engine
/// allocates instances on demand, which is slower but otherwise equivalent.
pub fn new_engine(limits: &Limits, slots: u32) -> wasmtime::Result<Engine> {
    let mut config = base_config(limits);
    config.allocation_strategy(pooling_config(limits, slots));
    Engine::new(&config).or_else(|error| {
        tracing::warn!("instances are allocated on demand, which is slower: {error:#}");
        Engine::new(&base_config(limits))
    })
}

/// Creates an engine that only compiles. Its code is compatible with the engines of [`new_engine`].
fn new_compiler_engine(limits: &Limits) -> wasmtime::Result<Engine> {
    Engine::new(&base_config(limits))
}

fn base_config(limits: &Limits) -> Config {
    let mut config = Config::new();
    // The component model's own async support is unused here, and it costs more than the rest of a call.
    config.concurrency_support(false);
    // In a build without a garbage collector, tests and casts of function references pass validation and then abort the
    // process. `host/docs/security.md` links the advisory.
    config.wasm_gc(false);
    config.epoch_interruption(true);
    config.max_wasm_stack(limits.stack_bytes);
    config.async_stack_size(limits.stack_bytes + HOST_STACK_BYTES);
    config.memory_reservation(limits.memory_bytes as u64);
    config.memory_guard_size(GUARD_BYTES);
    config.memory_may_move(false);
    config.memory_reservation_for_growth(0);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
    config
}

fn pooling_config(limits: &Limits, slots: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let tables = u32::try_from(limits.tables).unwrap_or(u32::MAX);
    let memories = u32::try_from(limits.memories).unwrap_or(u32::MAX);
    let core_instances = u32::try_from(limits.core_instances).unwrap_or(u32::MAX);
    // The pool is large enough for every slot to use its maximum, so that no instance can exhaust the pool.
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(core_instances))
        .total_memories(slots.saturating_mul(memories))
        .total_tables(slots.saturating_mul(tables))
        .total_stacks(slots)
        .max_core_instances_per_component(core_instances)
        .max_tables_per_component(tables)
        .max_tables_per_module(tables)
        .max_memories_per_component(memories)
        .max_memories_per_module(memories)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(0)
        .max_unused_warm_slots(slots);
    pool
}
