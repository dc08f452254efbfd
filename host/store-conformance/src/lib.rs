//! The conformance suite of [`Store`](flowhost_store::Store): cases that every store of flowhost passes.
//!
//! A store runs the suite in an integration test. The test implements [`StoreUnderTest`] and invokes
//! [`conformance_suite!`], which makes one test of each case:
//!
//! ```
//! use async_trait::async_trait;
//! use flowhost_store::{Clock, MemoryStore, Store};
//! use flowhost_store_conformance::{StoreUnderTest, conformance_suite};
//! use std::sync::Arc;
//!
//! struct SharedMemory(Arc<MemoryStore>);
//!
//! #[async_trait]
//! impl StoreUnderTest for SharedMemory {
//!     async fn create(clock: Arc<dyn Clock>) -> Self {
//!         Self(Arc::new(MemoryStore::with_clock(clock)))
//!     }
//!
//!     async fn open(&self) -> Arc<dyn Store> {
//!         self.0.clone()
//!     }
//! }
//!
//! conformance_suite!(SharedMemory);
//! # fn main() {}
//! ```
//!
//! The package of the store needs these dependencies for its tests: this crate, `flowhost-store`, `async-trait`, and
//! `tokio` with the features `macros` and `rt`. `cargo test` then runs every case. A test has the path `MODULE::CASE`.
//!
//! A new case of this crate needs no change in the packages of the stores: the macro contains the list of cases. The
//! list also exports the functions of [`cases`], and a function that is not in the list is a compile error.
//!
//! # One case
//!
//! A case is an async function that gets a [`Fixture`]. A debugger or a store under development can run one case:
//!
//! ```
//! # use async_trait::async_trait;
//! # use flowhost_store::{Clock, MemoryStore, Store};
//! # use flowhost_store_conformance::StoreUnderTest;
//! # use std::sync::Arc;
//! # struct SharedMemory(Arc<MemoryStore>);
//! # #[async_trait]
//! # impl StoreUnderTest for SharedMemory {
//! #     async fn create(clock: Arc<dyn Clock>) -> Self {
//! #         Self(Arc::new(MemoryStore::with_clock(clock)))
//! #     }
//! #     async fn open(&self) -> Arc<dyn Store> {
//! #         self.0.clone()
//! #     }
//! # }
//! use flowhost_store_conformance::{Fixture, cases};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let fixture = Fixture::create::<SharedMemory>().await;
//! cases::a_commit_is_all_or_nothing(&fixture).await;
//! fixture.assert_consistent().await;
//! # }
//! ```
//!
//! # Tests of one store
//!
//! Tests that only one store has can use the same parts: the objects in [`samples`], the settable [`ManualClock`], and
//! [`Handle`] for short reads and commits.

#![deny(dead_code, reason = "a case that is not in the list is dead code")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case that fails panics"
)]

pub mod cases;
mod clock;
mod fixture;
mod handle;
pub mod samples;
mod suite;
mod writers;

pub use clock::ManualClock;
pub use fixture::{Fixture, StoreUnderTest};
pub use handle::Handle;
pub use writers::{commit_with_retry, spawn_writer};
