//! How much of a tenant is let in at once, so that one tenant's flood leaves the others their share.

use super::outcome::Failure;
use crate::engine::Limits;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The tenants that have invocations here.
pub(crate) struct Admission {
    limits: Arc<Limits>,
    tenants: Mutex<HashMap<String, Arc<Share>, foldhash::fast::RandomState>>,
}

/// One tenant's share. Forgotten with the last invocation that holds it.
struct Share {
    tenant: String,
    running: Semaphore,
    present: AtomicUsize,
}

/// An invocation's place; ends when dropped.
pub(crate) struct Admitted<'a> {
    admission: &'a Admission,
    share: Arc<Share>,
    /// Whether it has one of the share's permits.
    runs: bool,
}

impl Admission {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        Self { limits, tenants: Mutex::default() }
    }

    /// Lets an invocation of this tenant in, at once or when others have left.
    pub(crate) async fn admit(&self, tenant: &str) -> Result<Admitted<'_>, Failure> {
        let mut admitted = self.enter(tenant)?;
        let permit = match admitted.share.running.try_acquire() {
            Ok(permit) => permit,
            Err(_) => match tokio::time::timeout(self.limits.queue, admitted.share.running.acquire()).await {
                Ok(Ok(permit)) => permit,
                _ => return Err(overloaded("waited too long for its turn")),
            },
        };
        permit.forget();
        admitted.runs = true;
        Ok(admitted)
    }

    fn enter(&self, tenant: &str) -> Result<Admitted<'_>, Failure> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let share = match tenants.get(tenant) {
            Some(share) => Arc::clone(share),
            None => {
                let running = Semaphore::new(self.limits.in_flight_per_tenant.max(1));
                let share = Arc::new(Share { tenant: tenant.to_owned(), running, present: 0.into() });
                tenants.insert(tenant.to_owned(), Arc::clone(&share));
                share
            }
        };
        if share.present.load(Ordering::Relaxed) >= self.limits.in_flight_per_tenant + self.limits.waiting_per_tenant {
            return Err(overloaded("the tenant has too many invocations at once"));
        }
        share.present.fetch_add(1, Ordering::Relaxed);
        Ok(Admitted { admission: self, share, runs: false })
    }

    /// Forgets the share if nobody holds it. Somebody may have come since it seemed so, or come and gone.
    fn forget(&self, share: &Arc<Share>) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if share.present.load(Ordering::Relaxed) == 0
            && tenants.get(&share.tenant).is_some_and(|known| Arc::ptr_eq(known, share))
        {
            tenants.remove(&share.tenant);
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if self.runs {
            self.share.running.add_permits(1);
        }
        if self.share.present.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.admission.forget(&self.share);
        }
    }
}

fn overloaded(why: &str) -> Failure {
    Failure::passing("overloaded", format!("{why}; try again later"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    fn admission() -> Admission {
        let mut limits = Limits::default();
        (limits.in_flight_per_tenant, limits.waiting_per_tenant) = (1, 1);
        limits.queue = Duration::from_millis(1);
        Admission::new(Arc::new(limits))
    }

    #[tokio::test]
    async fn a_tenant_waits_for_its_share_and_others_do_not() {
        let admission = admission();
        let first = admission.admit("acme").await.unwrap();
        assert_eq!(admission.admit("acme").await.err().unwrap().code, "overloaded");
        drop(admission.admit("other").await.unwrap());
        drop(first);
        drop(admission.admit("acme").await.unwrap());
    }

    #[tokio::test]
    async fn a_share_is_forgotten_with_the_last_who_has_a_place() {
        let admission = admission();
        let first = admission.admit("acme").await.unwrap();
        drop(admission.admit("acme").await);
        assert_eq!(admission.tenants.lock().unwrap().len(), 1);
        drop(first);
        assert!(admission.tenants.lock().unwrap().is_empty());
    }
}
