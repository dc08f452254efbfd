//! Limits on the memory and the tables of an instance.

use super::abort::Abort;
use super::{RunLog, Session};
use flowhost_engine::Limits;
use flowhost_engine::memory_budget::{MemoryBudget, Reservation};
use flowhost_error::ErrorCode;
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// Counts the resources of an instance, and ends a run that exceeds its limits.
#[derive(Debug)]
pub struct InstanceLimiter {
    run_log: Arc<RunLog>,
    memory_bytes: usize,
    memory_limit: usize,
    table_limit: usize,
    memories: usize,
    tables: usize,
    core_instances: usize,
    /// The session, for its tenant.
    session: Arc<Session>,
    /// A reservation of the host's memory, for the instance and the data of its host calls.
    reservation: Reservation,
}

impl InstanceLimiter {
    pub fn new(limits: &Limits, run_log: Arc<RunLog>, budget: Arc<MemoryBudget>, session: Arc<Session>) -> Self {
        Self {
            session,
            reservation: Reservation::empty(budget),
            run_log,
            memory_bytes: 0,
            memory_limit: limits.memory_bytes,
            table_limit: limits.table_elements,
            memories: limits.memories,
            tables: limits.tables,
            core_instances: limits.core_instances,
        }
    }
}

impl InstanceLimiter {
    /// Reserves memory for the current use of the instance and its host calls. The data of a call counts twice: as the
    /// host's value and as the copy for the guest.
    pub fn reserve(&mut self) -> Result<(), Abort> {
        let used = self.memory_bytes.saturating_add(self.run_log.bytes().saturating_mul(2));
        if self.reservation.cover(used, &self.session.tenant) { Ok(()) } else { Err(Abort::OutOfMemory) }
    }

    /// Reserves additional memory until the reservation is dropped.
    pub fn reserve_beside(&self, bytes: usize) -> Option<Reservation> {
        self.reservation.reserve_beside(bytes, &self.session.tenant)
    }
}

impl ResourceLimiter for InstanceLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory_bytes.saturating_sub(current).saturating_add(desired);
        if total > self.memory_limit {
            let message = format!("the plugin requested {total} bytes of memory; the limit is {}", self.memory_limit);
            return Err(Abort::fault(ErrorCode::LimitMemory, message).into());
        }
        self.memory_bytes = total;
        self.run_log.set_memory_bytes(total);
        self.reserve()?;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.table_limit {
            let message =
                format!("the plugin requested a table of {desired} elements; the limit is {}", self.table_limit);
            return Err(Abort::fault(ErrorCode::LimitTables, message).into());
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.core_instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
