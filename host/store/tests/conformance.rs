//! The conformance suite on the store in memory.

use async_trait::async_trait;
use flowhost_store::{Clock, MemoryStore, Store};
use flowhost_store_conformance::{StoreUnderTest, conformance_suite};
use std::sync::Arc;

/// The data of a store in memory. They belong to one handle.
struct Memory(Arc<MemoryStore>);

#[async_trait]
impl StoreUnderTest for Memory {
    async fn create(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(MemoryStore::with_clock(clock)))
    }

    async fn open(&self) -> Arc<dyn Store> {
        self.0.clone()
    }
}

conformance_suite!(Memory);
