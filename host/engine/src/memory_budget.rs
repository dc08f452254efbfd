//! The memory that all invocations of a host may use together.
//!
//! Each admitted invocation reserves [`BASE_BYTES`] and the bytes of its request. Its instance and its host calls
//! reserve more before they use it. If the budget is exhausted, the invocation ends and the caller may repeat it later.
//! No tenant has more than an eighth of the budget beside others, or half of it alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate};
use tokio::sync::Notify;

/// Memory that every admitted invocation has, bytes. It covers a small instance and the data of its host calls.
pub const BASE_BYTES: usize = 2 << 20;

/// Reservations beyond [`BASE_BYTES`] are multiples of this many bytes. Growing by single pages therefore rarely
/// reserves.
const STEP_BYTES: usize = 1 << 20;

/// Memory that one invocation may need beyond its base, bytes: a full instance, its host calls and an evaluation.
const MAX_GROWTH_BYTES: usize = 112 << 20;

/// Divisor for the part of the budget that one tenant may have beside others.
const SHARED_DIVISOR: usize = 8;

/// Divisor for the part that one tenant may have while it is alone, and for the part of all growth together.
const LONE_DIVISOR: usize = 2;

/// The memory budget of one host.
#[derive(Debug)]
pub struct MemoryBudget {
    total: usize,
    free: AtomicUsize,
    growth: Mutex<Growth>,
    released: Notify,
}

/// The reservations of invocations beyond their base.
#[derive(Debug, Default)]
struct Growth {
    total: usize,
    by_tenant: HashMap<String, usize>,
}

/// A part of a budget for one invocation, returned when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<MemoryBudget>,
    tenant: Option<String>,
    bytes: usize,
}

impl MemoryBudget {
    /// Creates a budget of `bytes`.
    pub fn new(bytes: usize) -> Arc<Self> {
        let (free, growth, released) = (AtomicUsize::new(bytes), Mutex::default(), Notify::new());
        Arc::new(Self { total: bytes, free, growth, released })
    }

    /// Bytes of the whole budget.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Returns the bytes that the admitted invocations of one tenant may reserve together, beside others or alone.
    pub fn share(&self, is_alone: bool) -> usize {
        self.total / if is_alone { LONE_DIVISOR } else { SHARED_DIVISOR }
    }

    /// Reserves `bytes`. Returns false if fewer are free.
    pub fn try_reserve(&self, bytes: usize) -> bool {
        let take = |free: usize| free.checked_sub(bytes);
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Releases bytes of [`MemoryBudget::try_reserve`].
    pub fn release(&self, bytes: usize) {
        self.free.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Reserves `bytes` for the growth of an invocation. All growth together leaves half of the budget for admissions,
    /// and one tenant leaves most of it to the others. One invocation may always grow to the limits of its instance.
    fn try_grow(&self, tenant: &str, bytes: usize) -> bool {
        let mut growth = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = growth.by_tenant.get(tenant).copied().unwrap_or_default().saturating_add(bytes);
        let is_alone = growth.by_tenant.keys().all(|other| other == tenant);
        let is_fair = of_tenant <= self.share(is_alone).max(MAX_GROWTH_BYTES);
        let total = growth.total.saturating_add(bytes);
        if !is_fair || total > (self.total / LONE_DIVISOR).max(MAX_GROWTH_BYTES) || !self.try_reserve(bytes) {
            return false;
        }
        growth.total = total;
        match growth.by_tenant.get_mut(tenant) {
            Some(known) => *known = of_tenant,
            None => drop(growth.by_tenant.insert(tenant.to_owned(), of_tenant)),
        }
        true
    }

    /// Releases bytes of [`MemoryBudget::try_grow`].
    fn shrink(&self, tenant: &str, bytes: usize) {
        let mut growth = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        growth.total = growth.total.saturating_sub(bytes);
        if let Some(of_tenant) = growth.by_tenant.get_mut(tenant) {
            *of_tenant = of_tenant.saturating_sub(bytes);
            if *of_tenant == 0 {
                growth.by_tenant.remove(tenant);
            }
        }
        drop(growth);
        self.release(bytes);
        // One waiter grants for all; waking each of thousands would delay everything else.
        self.released.notify_one();
    }

    /// Waits until a reservation is returned. One of those that wait continues.
    pub async fn wait_for_release(&self) {
        self.released.notified().await;
    }

    /// Returns the bytes that are not reserved.
    pub fn free(&self) -> usize {
        self.free.load(Ordering::Relaxed)
    }
}

impl Reservation {
    /// Creates a reservation without bytes beyond the invocation's base.
    pub fn empty(budget: Arc<MemoryBudget>) -> Self {
        Self { budget, tenant: None, bytes: 0 }
    }

    /// Extends the reservation to cover `bytes` of an invocation of this tenant, the base included. Returns false if
    /// the budget has too few bytes left.
    pub fn cover(&mut self, bytes: usize, tenant: &str) -> bool {
        let covered = BASE_BYTES.saturating_add(self.bytes);
        if bytes <= covered {
            return true;
        }
        let Some(more) = (bytes - covered).checked_next_multiple_of(STEP_BYTES) else { return false };
        let taken = self.budget.try_grow(tenant, more);
        if taken {
            self.bytes += more;
            self.tenant.get_or_insert_with(|| tenant.to_owned());
        }
        taken
    }

    /// Creates another reservation in the same budget; `None` if the budget has too few bytes left.
    pub fn reserve_beside(&self, bytes: usize, tenant: &str) -> Option<Self> {
        let (budget, taken) = (Arc::clone(&self.budget), self.budget.try_grow(tenant, bytes));
        taken.then(|| Self { budget, tenant: Some(tenant.to_owned()), bytes })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(tenant) = &self.tenant {
            self.budget.shrink(tenant, self.bytes);
        }
    }
}

/// Returns half of the machine's memory, or of the limit of a control group if that is less: the group of the process,
/// or the root group that a container sees.
pub fn default_bytes() -> usize {
    static BYTES: LazyLock<usize> = LazyLock::new(measure);
    *BYTES
}

fn measure() -> usize {
    // If the system does not report its memory, the budget is unlimited.
    let Ok(mut system) = sysinfo::System::new() else { return usize::MAX };
    system.refresh_memory();
    let pid = sysinfo::Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        false,
        ProcessRefreshKind::nothing().without_tasks(),
    );
    let own_group = system.process(pid).and_then(sysinfo::Process::cgroup_limits);
    let groups = [system.cgroup_limits(), own_group].into_iter().flatten().map(|limits| limits.total_memory);
    let bytes = groups.fold(system.total_memory(), u64::min);
    usize::try_from(bytes / 2).unwrap_or(usize::MAX).max(64 * BASE_BYTES)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn the_base_is_free_and_growth_is_returned() {
        let budget = MemoryBudget::new(1 << 30);
        let mut reservation = Reservation::empty(Arc::clone(&budget));
        assert!(reservation.cover(BASE_BYTES, "acme"));
        assert_eq!(budget.free(), 1024 * MIB);
        assert!(reservation.cover(BASE_BYTES + 1, "acme"));
        assert_eq!(budget.free(), 1023 * MIB);
        assert!(reservation.cover(BASE_BYTES + 10 * MIB, "acme"));
        assert_eq!(budget.free(), 1014 * MIB);
        drop(reservation);
        assert_eq!(budget.free(), 1024 * MIB);
    }

    #[test]
    fn growth_leaves_room_for_other_tenants_and_for_admission() {
        let budget = MemoryBudget::new(1024 * MIB);
        let mut all: Vec<_> = (0..8).map(|_| Reservation::empty(Arc::clone(&budget))).collect();
        assert!(all[0].cover(BASE_BYTES + 112 * MIB, "acme"));
        assert!(all[1].cover(BASE_BYTES + 112 * MIB, "other"));
        assert!(!all[2].cover(BASE_BYTES + 112 * MIB, "acme"), "beside others a tenant has an eighth");
        assert!(all[3].cover(BASE_BYTES + 112 * MIB, "third"));
        assert!(all[4].cover(BASE_BYTES + 112 * MIB, "fourth"));
        assert!(!all[5].cover(BASE_BYTES + 112 * MIB, "fifth"), "half is left to those that are admitted");
        assert!(budget.try_reserve(512 * MIB));
        drop(all.swap_remove(1));
        assert!(all[5].cover(BASE_BYTES + 64 * MIB, "fifth"));
    }

    #[test]
    fn the_default_is_less_than_the_machine_has() {
        assert!(default_bytes() >= 64 * BASE_BYTES);
    }
}
