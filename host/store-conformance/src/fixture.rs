//! The store under test, and the fixture of a case.

use crate::samples::filled_configuration;
use crate::{Handle, ManualClock};
use async_trait::async_trait;
use flowhost_store::{Clock, Store};
use std::ops::Deref;
use std::sync::Arc;

/// The data of a store that the suite tests. Each case creates its own.
///
/// The value owns all resources of the data, for example a temporary folder or a database. Its drop releases them.
#[async_trait]
pub trait StoreUnderTest: Send + Sync + 'static {
    /// Creates the data of an empty store. Every handle expires idempotency keys by `clock`.
    async fn create(clock: Arc<dyn Clock>) -> Self
    where
        Self: Sized;

    /// Opens a handle on the data, as another process does. The caller runs on the runtime that uses the handle.
    ///
    /// If the data belong to one handle, as in memory, the method returns that handle each time.
    async fn open(&self) -> Arc<dyn Store>;

    /// Asserts properties of the data that [`Store`] does not show. An example is that no transaction is open.
    ///
    /// The suite calls the method after each case. Default: no assertion.
    async fn assert_consistent(&self) {}
}

/// A store with tenant `acme`. Its campaigns are 1 and 2 of category Test, and 3 of category Other.
pub struct Fixture {
    /// The data behind the store.
    pub under_test: Arc<dyn StoreUnderTest>,
    /// The clock of the store.
    pub clock: Arc<ManualClock>,
    handle: Handle,
}

impl Fixture {
    /// Creates a store of this kind.
    pub async fn create<S: StoreUnderTest>() -> Self {
        let clock = Arc::<ManualClock>::default();
        let under_test = Arc::new(S::create(Arc::<ManualClock>::clone(&clock)).await);
        Self::fill(under_test, clock).await
    }

    /// Opens an empty store, which uses this clock, and configures its tenant.
    pub async fn fill(under_test: Arc<dyn StoreUnderTest>, clock: Arc<ManualClock>) -> Self {
        let handle = Handle::open(under_test.open().await).await;
        assert!(handle.store.configure(&[filled_configuration()]).await.unwrap());
        Self { under_test, clock, handle }
    }

    /// Opens another handle on the data.
    pub async fn open_another(&self) -> Handle {
        Handle::open(self.under_test.open().await).await
    }

    /// Asserts that the data are consistent: see [`StoreUnderTest::assert_consistent`].
    pub async fn assert_consistent(&self) {
        self.under_test.assert_consistent().await;
    }
}

impl Deref for Fixture {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}
