//! Which actions compute for long, so that the next invocation of one is known before it holds the others up.

use crate::engine::governor::is_heavy;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Tenants remembered; more, and all are learnt anew.
const MAX_TENANTS: usize = 1_000;

/// Actions of a tenant remembered, likewise.
const MAX_ACTIONS: usize = 100;

/// The actions whose last invocation was heavy, by tenant: what one does with an action tells nothing of the others.
#[derive(Default)]
pub(super) struct Burdens(RefCell<HashMap<String, HashSet<usize>, foldhash::fast::RandomState>>);

impl Burdens {
    /// Whether the tenant's next invocation of the action with this index will be heavy, as far as the last one tells.
    pub(super) fn expect(&self, tenant: &str, action: usize) -> bool {
        let tenants = self.0.borrow();
        !tenants.is_empty() && tenants.get(tenant).is_some_and(|actions| actions.contains(&action))
    }

    /// It computed for so long.
    pub(super) fn learn(&self, tenant: &str, action: usize, spent: Duration) {
        if is_heavy(spent) {
            let mut tenants = self.0.borrow_mut();
            if tenants.len() >= MAX_TENANTS {
                tenants.clear();
            }
            let actions = tenants.entry(tenant.to_owned()).or_default();
            if actions.len() >= MAX_ACTIONS {
                actions.clear();
            }
            actions.insert(action);
        } else if self.expect(tenant, action) {
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
    fn the_last_invocation_tells_of_the_next_by_the_same_tenant() {
        let burdens = Burdens::default();
        assert!(!burdens.expect("acme", 1));
        burdens.learn("acme", 1, LONG);
        burdens.learn("acme", 2, LONG);
        assert!(burdens.expect("acme", 1));
        assert!(!burdens.expect("other", 1));
        assert!(!burdens.expect("acme", 3));
        burdens.learn("acme", 1, Duration::ZERO);
        assert!(!burdens.expect("acme", 1));
        assert!(burdens.expect("acme", 2));
        burdens.learn("acme", 2, Duration::ZERO);
        assert!(burdens.0.borrow().is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let burdens = Burdens::default();
        for number in 0..2 * MAX_TENANTS {
            burdens.learn(&number.to_string(), 0, LONG);
        }
        for action in 0..2 * MAX_ACTIONS {
            burdens.learn("acme", action, LONG);
        }
        let tenants = burdens.0.borrow();
        assert!(tenants.len() <= MAX_TENANTS && tenants["acme"].len() <= MAX_ACTIONS);
    }
}
