//! A record of long-running actions, which lets the next invocation of one start in the background.

use flowhost_engine::task::is_long_running;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Maximum number of recorded tenants. Beyond it the whole history is cleared.
const MAX_TENANTS: usize = 1_000;

/// Maximum number of recorded actions of a tenant. Beyond it the tenant's history is cleared.
const MAX_ACTIONS: usize = 100;

/// Per tenant, the actions whose last invocation was long-running. Kept per tenant because usage of an action differs
/// between tenants.
#[derive(Default)]
pub(super) struct CpuHistory(RefCell<HashMap<String, HashSet<usize>, foldhash::fast::RandomState>>);

impl CpuHistory {
    /// Returns whether the tenant's last invocation of the action with this index was long-running.
    pub(super) fn is_long_running(&self, tenant: &str, action: usize) -> bool {
        let tenants = self.0.borrow();
        !tenants.is_empty() && tenants.get(tenant).is_some_and(|actions| actions.contains(&action))
    }

    /// Records the CPU time of an invocation.
    pub(super) fn record(&self, tenant: &str, action: usize, cpu_time: Duration) {
        if is_long_running(cpu_time) {
            let mut tenants = self.0.borrow_mut();
            if tenants.len() >= MAX_TENANTS {
                tenants.clear();
            }
            let actions = tenants.entry(tenant.to_owned()).or_default();
            if actions.len() >= MAX_ACTIONS {
                actions.clear();
            }
            actions.insert(action);
        } else if self.is_long_running(tenant, action) {
            let mut tenants = self.0.borrow_mut();
            if let Some(actions) = tenants.get_mut(tenant) {
                actions.remove(&action);
                if actions.is_empty() {
                    tenants.remove(tenant);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1);

    #[test]
    fn the_last_invocation_predicts_the_next_of_the_same_tenant() {
        let history = CpuHistory::default();
        assert!(!history.is_long_running("acme", 1));
        history.record("acme", 1, LONG);
        history.record("acme", 2, LONG);
        assert!(history.is_long_running("acme", 1));
        assert!(!history.is_long_running("other", 1));
        assert!(!history.is_long_running("acme", 3));
        history.record("acme", 1, Duration::ZERO);
        assert!(!history.is_long_running("acme", 1));
        assert!(history.is_long_running("acme", 2));
        history.record("acme", 2, Duration::ZERO);
        assert!(history.0.borrow().is_empty());
    }

    #[test]
    fn the_history_is_bounded() {
        let history = CpuHistory::default();
        for number in 0..2 * MAX_TENANTS {
            history.record(&number.to_string(), 0, LONG);
        }
        for action in 0..2 * MAX_ACTIONS {
            history.record("acme", action, LONG);
        }
        let tenants = history.0.borrow();
        assert!(tenants.len() <= MAX_TENANTS && tenants["acme"].len() <= MAX_ACTIONS);
    }
}
