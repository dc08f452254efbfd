//! Access keys in memory.

use super::MemoryStore;
use crate::{AccessKey, AccessKeys, KeyOwner, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::btree_map::Entry;
use std::ops::Bound;

#[async_trait]
impl AccessKeys for MemoryStore {
    async fn create_key(&self, key: &AccessKey) -> Result<bool, StoreError> {
        Ok(match self.write_lock().access_keys.entry(key.id.clone()) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(key.clone());
                true
            }
        })
    }

    async fn find_keys(&self, ids: &[String]) -> Result<Vec<AccessKey>, StoreError> {
        let state = self.read_lock();
        Ok(ids.iter().filter_map(|id| state.access_keys.get(id).cloned()).collect())
    }

    async fn list_keys(
        &self,
        owner: Option<&KeyOwner>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AccessKey>, StoreError> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = self.read_lock();
        let later = state.access_keys.range::<str, _>((begin, Bound::Unbounded)).map(|(_, key)| key);
        let owned = later.filter(|key| owner.is_none_or(|owner| owner.owns(key)));
        Ok(owned.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn revoke_key(&self, owner: Option<&KeyOwner>, id: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut state = self.write_lock();
        let key = state.access_keys.get_mut(id).filter(|key| owner.is_none_or(|owner| owner.owns(key)));
        Ok(key.is_some_and(|key| {
            let is_new = key.revoked_at.is_none();
            key.revoked_at.get_or_insert(at);
            is_new
        }))
    }

    async fn touch_keys(&self, used: &[(String, DateTime<Utc>)]) -> Result<(), StoreError> {
        let mut state = self.write_lock();
        for (id, at) in used {
            if let Some(key) = state.access_keys.get_mut(id) {
                key.last_used_at = Some(*at);
            }
        }
        Ok(())
    }
}
