//! What readers take whole, and writers replace.

use crate::sync::{Arc, PoisonError, RwLock};

/// A value of which there is always a current one. Who has taken one keeps it as it was.
#[derive(Debug, Default)]
pub(crate) struct SnapshotCell<T>(RwLock<Arc<T>>);

impl<T: Clone> SnapshotCell<T> {
    /// The value as it is now.
    pub(crate) fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces it by what `change` makes of a copy. Changes come one after the other: none is lost.
    pub(crate) fn update(&self, change: impl FnOnce(&mut T)) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = T::clone(&current);
        change(&mut changed);
        *current = Arc::new(changed);
    }
}
