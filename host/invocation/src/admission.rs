//! Admission: decides which invocations may run at once.
//!
//! A host has as many permits as its workers have instance slots. A tenant holds at most an eighth of them, or half while
//! no other tenant has an invocation here. It also holds at most as many as are free, except for its first permit, so
//! that some permits stay free for tenants that hold none. Waiting invocations get permits round robin over tenants.
//! A request that waits reserves its memory in the host's budget; an invocation needs memory there before it is admitted.

use super::outcome::Failure;
use flowhost_engine::Limits;
use flowhost_engine::memory_budget::{BASE_BYTES, MemoryBudget};
use flowhost_error::ErrorCode;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Divisor for the part of a host's permits that a tenant may hold beside others.
const SHARED_DIVISOR: usize = 8;

/// Divisor for the part that a tenant may hold while it is alone.
const LONE_DIVISOR: usize = 2;

/// Divisor for the part of the memory that waiting requests may use.
const WAITING_DIVISOR: usize = 4;

/// Admits invocations and queues those that have to wait.
pub(crate) struct Admission {
    limits: Arc<Limits>,
    permits: usize,
    memory: Arc<MemoryBudget>,
    state: Mutex<AdmissionState>,
}

struct AdmissionState {
    /// Permits that are free.
    free: usize,
    tenants: HashMap<Arc<str>, TenantQuota, foldhash::fast::RandomState>,
    /// Tenants that have waiting invocations and may hold another permit, in the order of rotation.
    ready_tenants: VecDeque<Arc<str>>,
    /// Memory that all waiting requests have reserved, bytes.
    waiting_bytes: usize,
}

/// The usage of a tenant. Removed with the tenant's last invocation.
#[derive(Default)]
struct TenantQuota {
    running: usize,
    /// Memory that the tenant's running invocations have reserved, bytes.
    bytes: usize,
    waiting: usize,
    /// Memory that the tenant's waiting requests have reserved, bytes.
    waiting_bytes: usize,
    queue: VecDeque<Waiter>,
    /// Whether `AdmissionState::ready_tenants` contains the tenant.
    is_ready: bool,
}

/// A waiting invocation. Its caller may have dropped its future meanwhile.
struct Waiter {
    bytes: usize,
    grant: oneshot::Sender<Grant>,
}

/// A permit for an invocation that waited.
struct Grant {
    is_first: bool,
}

/// The right to run, released when dropped.
pub(crate) struct AdmissionPermit {
    admission: Arc<Admission>,
    tenant: Arc<str>,
    bytes: usize,
    /// False while the invocation waits for the grant.
    is_granted: bool,
    /// Whether the tenant held no other permit when it got this one.
    is_first: bool,
}

/// An entry in a tenant's queue, cancelled when dropped.
struct PendingAdmission {
    permit: Option<AdmissionPermit>,
    granted: oneshot::Receiver<Grant>,
}

/// The result of an attempt to grant a permit to a tenant.
enum GrantResult {
    /// Granted to a request of this many bytes.
    Granted(usize),
    NoneWaiting,
    NoMemory,
    /// The tenant holds as many permits as it may.
    NotAllowed,
}

impl TenantQuota {
    /// Returns whether these bytes are within the tenant's share of the memory. The first invocation is always
    /// admitted.
    fn has_room_for(&self, bytes: usize, share: usize) -> bool {
        self.bytes == 0 || self.bytes.saturating_add(bytes) <= share
    }

    /// Whether it may hold one more of `free` permits, where `most` is its limit. Beyond its first permit it holds at most
    /// as many as are free.
    fn may_hold_another(&self, most: usize, free: usize) -> bool {
        self.running < most && free > self.running
    }

    fn add_running(&mut self, bytes: usize) {
        self.running += 1;
        self.bytes += bytes;
    }
}

impl Admission {
    pub(crate) fn new(limits: Arc<Limits>, permits: usize, memory: Arc<MemoryBudget>) -> Arc<Self> {
        let permits = permits.max(1);
        let initial = AdmissionState {
            free: permits,
            tenants: HashMap::default(),
            ready_tenants: VecDeque::new(),
            waiting_bytes: 0,
        };
        Arc::new(Self { limits, permits, memory, state: Mutex::new(initial) })
    }

    /// Admits an invocation of this tenant whose request has `bytes`, at once or after others have ended.
    pub(crate) async fn admit(self: &Arc<Self>, tenant: &str, bytes: usize) -> Result<AdmissionPermit, Failure> {
        let (permit, granted) = self.register(tenant, BASE_BYTES.saturating_add(bytes))?;
        let Some(granted) = granted else { return Ok(permit) };
        let pending = PendingAdmission { permit: Some(permit), granted };
        let too_long = |_| overloaded("the invocation waited too long in the queue");
        tokio::time::timeout(self.limits.queue_timeout, self.wait_for_grant(pending)).await.map_err(too_long)?
    }

    /// Waits for the grant. Memory can also become free while no admitted invocation ends.
    async fn wait_for_grant(&self, mut pending: PendingAdmission) -> Result<AdmissionPermit, Failure> {
        let grant = loop {
            tokio::select! {
                grant = &mut pending.granted => break grant,
                () = self.memory.wait_for_release() => self.grant(&mut self.lock()),
            }
        };
        let (Ok(grant), Some(mut permit)) = (grant, pending.permit.take()) else {
            return Err(overloaded("the invocation lost its place in the queue"));
        };
        (permit.is_granted, permit.is_first) = (true, grant.is_first);
        Ok(permit)
    }

    /// Registers an invocation. Returns a granted permit, or a permit with a receiver of its grant.
    fn register(
        self: &Arc<Self>,
        tenant: &str,
        bytes: usize,
    ) -> Result<(AdmissionPermit, Option<oneshot::Receiver<Grant>>), Failure> {
        let mut state = self.lock();
        let tenant = match state.tenants.get_key_value(tenant) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(tenant),
        };
        let (most, share) = self.tenant_limits(&state, &tenant);
        let AdmissionState { free, tenants, ready_tenants, waiting_bytes } = &mut *state;
        let entry = tenants.entry(Arc::clone(&tenant)).or_default();
        let is_first = entry.running == 0;
        let permit = |is_granted| AdmissionPermit {
            admission: Arc::clone(self),
            tenant: Arc::clone(&tenant),
            bytes,
            is_granted,
            is_first,
        };
        let is_next =
            entry.waiting == 0 && (is_first || ready_tenants.is_empty()) && entry.may_hold_another(most, *free);
        if is_next && entry.has_room_for(bytes, share) && self.memory.try_reserve(bytes) {
            *free -= 1;
            entry.add_running(bytes);
            return Ok((permit(true), None));
        }
        if entry.waiting >= self.limits.queued_per_tenant {
            return Err(overloaded("the tenant has too many invocations at once"));
        }
        let request = bytes - BASE_BYTES;
        if !self.reserve_waiting(entry, waiting_bytes, request, share) {
            return Err(overloaded("the waiting requests use too much memory"));
        }
        let (grant, granted) = oneshot::channel();
        entry.waiting += 1;
        entry.queue.push_back(Waiter { bytes, grant });
        if entry.running < most && !entry.is_ready {
            entry.is_ready = true;
            ready_tenants.push_back(Arc::clone(&tenant));
        }
        let permit = permit(false);
        self.grant(&mut state);
        Ok((permit, Some(granted)))
    }

    /// Reserves the memory of a waiting request. All waiting requests use at most a quarter of the host's memory, and
    /// those of one tenant at most a quarter of its share. The first waiting request of a tenant may exceed this share.
    fn reserve_waiting(&self, entry: &mut TenantQuota, all: &mut usize, request: usize, share: usize) -> bool {
        let of_tenant = entry.waiting_bytes.saturating_add(request);
        let with_all = all.saturating_add(request);
        let is_fair = entry.waiting_bytes == 0 || of_tenant <= share / WAITING_DIVISOR;
        if !is_fair || with_all > self.memory.total() / WAITING_DIVISOR || !self.memory.try_reserve(request) {
            return false;
        }
        (entry.waiting_bytes, *all) = (of_tenant, with_all);
        true
    }

    /// Returns how many permits this tenant may hold, and how many bytes of memory.
    fn tenant_limits(&self, state: &AdmissionState, tenant: &str) -> (usize, usize) {
        let is_alone = state.tenants.len() == usize::from(state.tenants.contains_key(tenant));
        let part = if is_alone { LONE_DIVISOR } else { SHARED_DIVISOR };
        (self.limits.in_flight_per_tenant.min(self.permits / part).max(1), self.memory.share(is_alone))
    }

    /// Releases a permit with its memory, and grants free permits to waiting invocations.
    fn release(&self, tenant: &str, bytes: usize) {
        self.memory.release(bytes);
        let mut state = self.lock();
        state.free += 1;
        if let Some(entry) = state.tenants.get_mut(tenant) {
            entry.running -= 1;
            entry.bytes -= bytes;
        }
        self.reschedule(&mut state, tenant);
    }

    /// Removes an invocation from the queue after its caller has stopped waiting.
    fn cancel_wait(&self, tenant: &str, bytes: usize) {
        let request = bytes - BASE_BYTES;
        self.memory.release(request);
        let mut state = self.lock();
        state.waiting_bytes -= request;
        if let Some(entry) = state.tenants.get_mut(tenant) {
            entry.waiting -= 1;
            entry.waiting_bytes -= request;
            // Cancelled waiters stay in the queue until they are half of it, so that a cancellation takes constant
            // time.
            if entry.queue.len() > 2 * entry.waiting {
                entry.queue.retain(|waiter| !waiter.grant.is_closed());
            }
        }
        self.reschedule(&mut state, tenant);
    }

    /// Updates the rotation after a change of this tenant, and grants free permits.
    fn reschedule(&self, state: &mut AdmissionState, tenant: &str) {
        let (most, _) = self.tenant_limits(state, tenant);
        let AdmissionState { tenants, ready_tenants, .. } = state;
        if let Some((name, entry)) =
            tenants.get_key_value(tenant).map(|(name, _)| Arc::clone(name)).zip(tenants.get_mut(tenant))
        {
            if entry.running == 0 && entry.waiting == 0 {
                tenants.remove(tenant);
            } else if entry.waiting > 0 && entry.running < most && !entry.is_ready {
                entry.is_ready = true;
                ready_tenants.push_back(name);
            }
        }
        self.grant(state);
    }

    /// Grants free permits to the ready tenants in rotation, one permit each. If the memory for a tenant's next
    /// invocation is not free, the tenant waits until the rotation reaches it again. The end of an invocation and a
    /// released reservation both call this again.
    fn grant(&self, state: &mut AdmissionState) {
        let mut passed = 0;
        while state.free > 0 && passed < state.ready_tenants.len() {
            let Some(name) = state.ready_tenants.pop_front() else { return };
            let (most, share) = self.tenant_limits(state, &name);
            let AdmissionState { free, tenants, ready_tenants, waiting_bytes } = &mut *state;
            let Some(entry) = tenants.get_mut(&name) else { continue };
            entry.is_ready = false;
            let may_hold = entry.may_hold_another(most, *free);
            let result = if may_hold { self.grant_one(entry, share) } else { GrantResult::NotAllowed };
            if let GrantResult::Granted(request) = result {
                *waiting_bytes -= request;
                *free -= 1;
                passed = 0;
            }
            if entry.waiting > 0 && entry.running < most {
                entry.is_ready = true;
                ready_tenants.push_back(name);
                // A cancelled waiter counts until it leaves the queue, which may be later.
                passed += usize::from(!matches!(result, GrantResult::Granted(_)));
            }
        }
    }

    /// Grants a permit to the first invocation of a tenant that still waits.
    fn grant_one(&self, entry: &mut TenantQuota, share: usize) -> GrantResult {
        while let Some(waiter) = entry.queue.pop_front() {
            if waiter.grant.is_closed() {
                continue;
            }
            let bytes = waiter.bytes;
            // The request has its memory already.
            if !entry.has_room_for(bytes, share) || !self.memory.try_reserve(BASE_BYTES) {
                entry.queue.push_front(waiter);
                return GrantResult::NoMemory;
            }
            if waiter.grant.send(Grant { is_first: entry.running == 0 }).is_ok() {
                let request = bytes - BASE_BYTES;
                entry.add_running(bytes);
                entry.waiting -= 1;
                entry.waiting_bytes -= request;
                return GrantResult::Granted(request);
            }
            self.memory.release(BASE_BYTES);
        }
        GrantResult::NoneWaiting
    }

    fn lock(&self) -> MutexGuard<'_, AdmissionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AdmissionPermit {
    /// Whether the tenant held no other permit when it got this one.
    pub(crate) fn is_first(&self) -> bool {
        self.is_first
    }
}

impl Drop for AdmissionPermit {
    fn drop(&mut self) {
        if self.is_granted {
            self.admission.release(&self.tenant, self.bytes);
        }
    }
}

impl Drop for PendingAdmission {
    fn drop(&mut self) {
        let Some(permit) = &mut self.permit else { return };
        self.granted.close();
        // If the grant came just before the cancellation, dropping the permit releases it.
        permit.is_granted = self.granted.try_recv().is_ok();
        if !permit.is_granted {
            permit.admission.cancel_wait(&permit.tenant, permit.bytes);
        }
    }
}

fn overloaded(why: &str) -> Failure {
    Failure::transient(ErrorCode::Overloaded, format!("{why}; try again later"))
}

#[cfg(test)]
mod tests;
