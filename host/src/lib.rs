//! Runs the actions of a self-service flow as WebAssembly components: isolated, limited, each in one transaction.
//!
//! # What stands where
//! ```text
//! cli ─► diagram ─► invocation ─► capability ─► store ─► domain
//!                       │             │
//!                       ▼             ▼
//!                 catalog, engine   expression
//! ```
//!
//! # What holds everywhere
//! - `domain` imports nothing of this crate and does no I/O; `engine` and `expression` are leaves.
//! - SQL stands only in `store`, wasmtime only in `engine`, `catalog`, `invocation` and `capability`, CEL only in
//!   `expression`.
//! - A tenant comes from the session and from nowhere else: no host function takes one.
//! - No plugin runs inside a database transaction. It reads committed state; one committer checks and writes.
//! - The shipped actions get nothing that a stranger's plugin doesn't get.
//! - Nothing that comes from outside can make this crate panic.
//!
//! # What is deliberately absent
//! Sending: records are kept for whoever sends them. Sessions: they are the caller's; an outcome says how they change.
//! Capabilities beyond the contract: no files, no network, no environment.

pub mod capability;
pub mod catalog;
pub mod diagram;
pub mod domain;
mod engine;
pub mod expression;
pub mod invocation;
mod nearest;
pub mod store;
mod sync;

pub use capability::parameters::{Diagnostic, Severity};
pub use capability::{Session, SessionError, Warning};
pub use catalog::{Action, Catalog, LoadError, Manifest};
pub use engine::{Limits, compile_for_parent};
pub use invocation::{Builder, Failure, Host, Node, OpenError, Outcome, Request, Usage};
