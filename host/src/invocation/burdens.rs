//! Which actions compute for long, so that the next invocation of one is known before it holds the others up.

use super::request::Request;
use crate::engine::governor::is_heavy;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::HashSet;
use std::time::Duration;

/// Tenants remembered; more, and all are learnt anew.
const MAX_TENANTS: usize = 1_000;

/// The actions whose last invocation was heavy, by tenant: what one does with an action tells nothing of the others.
#[derive(Default)]
pub(super) struct Burdens(RefCell<HashMap<String, HashSet<usize>>>);

impl Burdens {
    /// Whether this one will be heavy, as far as the last one tells.
    pub(super) fn expect(&self, request: &Request) -> bool {
        let heavy = self.0.borrow();
        !heavy.is_empty()
            && heavy.get(&request.session.tenant).is_some_and(|actions| actions.contains(&request.node.action.index))
    }

    /// This one computed for so long.
    pub(super) fn learn(&self, request: &Request, spent: Duration) {
        if is_heavy(spent) {
            let mut heavy = self.0.borrow_mut();
            if heavy.len() >= MAX_TENANTS {
                heavy.clear();
            }
            heavy.entry(request.session.tenant.clone()).or_default().insert(request.node.action.index);
        } else if self.expect(request) {
            let mut heavy = self.0.borrow_mut();
            if let Some(actions) = heavy.get_mut(&request.session.tenant) {
                actions.remove(&request.node.action.index);
                if actions.is_empty() {
                    heavy.remove(&request.session.tenant);
                }
            }
        }
    }
}
