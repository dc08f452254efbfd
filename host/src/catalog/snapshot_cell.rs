//! A cell that readers load as a whole and writers replace.

use crate::sync::{Arc, PoisonError, RwLock};

/// A shared value that can be replaced atomically. Readers keep the version they loaded.
#[derive(Debug, Default)]
pub(crate) struct SnapshotCell<T>(RwLock<Arc<T>>);

impl<T: Clone> SnapshotCell<T> {
    /// Returns the current value.
    pub(crate) fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the value with a changed copy. Updates are serialised, so that none is lost.
    pub(crate) fn update(&self, change: impl FnOnce(&mut T)) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = T::clone(&current);
        change(&mut changed);
        *current = Arc::new(changed);
    }
}
