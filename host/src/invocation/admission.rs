//! How much of a tenant is let in at once, so that one tenant's flood leaves the others their share.

use super::outcome::Failure;
use crate::engine::Limits;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The tenants that have invocations here.
pub(crate) struct Admission {
    limits: Arc<Limits>,
    tenants: Mutex<HashMap<String, Arc<Share>, foldhash::fast::RandomState>>,
}

/// One tenant's share. Forgotten with the last invocation that holds it.
struct Share {
    running: Arc<Semaphore>,
    present: std::sync::atomic::AtomicUsize,
}

/// An invocation's place; ends when dropped.
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    tenant: String,
    share: Arc<Share>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Admission {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        Self { limits, tenants: Mutex::default() }
    }

    /// Lets an invocation of this tenant in, at once or when others have left.
    pub(crate) async fn admit(self: &Arc<Self>, tenant: &str) -> Result<Admitted, Failure> {
        let mut admitted = self.enter(tenant)?;
        let permit = match Arc::clone(&admitted.share.running).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let wait = Arc::clone(&admitted.share.running).acquire_owned();
                match tokio::time::timeout(self.limits.queue, wait).await {
                    Ok(Ok(permit)) => permit,
                    _ => return Err(overloaded("waited too long for its turn")),
                }
            }
        };
        admitted._permit = Some(permit);
        Ok(admitted)
    }

    fn enter(self: &Arc<Self>, tenant: &str) -> Result<Admitted, Failure> {
        use std::sync::atomic::Ordering::Relaxed;
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let share = match tenants.get(tenant) {
            Some(share) => Arc::clone(share),
            None => {
                let running = Arc::new(Semaphore::new(self.limits.in_flight_per_tenant.max(1)));
                let share = Arc::new(Share { running, present: 0.into() });
                tenants.insert(tenant.to_owned(), Arc::clone(&share));
                share
            }
        };
        if share.present.load(Relaxed) >= self.limits.in_flight_per_tenant + self.limits.waiting_per_tenant {
            return Err(overloaded("the tenant has too many invocations at once"));
        }
        share.present.fetch_add(1, Relaxed);
        Ok(Admitted { admission: Arc::clone(self), tenant: tenant.to_owned(), share, _permit: None })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        use std::sync::atomic::Ordering::Relaxed;
        let mut tenants = self.admission.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if self.share.present.fetch_sub(1, Relaxed) == 1 {
            tenants.remove(&self.tenant);
        }
    }
}

fn overloaded(why: &str) -> Failure {
    Failure::passing("overloaded", format!("{why}; try again later"))
}
