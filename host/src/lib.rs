//! Runs the actions of a self-service flow as WebAssembly components: isolated, limited, each in one transaction.
//!
//! # What stands where
//! ```text
//! cli ─► flow ─► invocation ─► host_functions ─► store ─► domain
//!                    │               │
//!                    ▼               ▼
//!              catalog, engine    expression
//! ```
//!
//! # What holds everywhere
//! - `domain` imports nothing of this crate and does no I/O; `engine` and `expression` are leaves.
//! - SQL stands only in `store`, wasmtime only in `engine`, `catalog`, `invocation` and `host_functions`, CEL only in
//!   `expression`.
//! - A tenant comes from the session and from nowhere else: no host function takes one.
//! - No plugin runs inside a database transaction. It reads committed state; one committer checks and writes.
//! - The shipped actions get nothing that a stranger's plugin doesn't get.
//! - Nothing that comes from outside can make this crate panic.
//!
//! # What is deliberately absent
//! Sending: records are kept for whoever sends them. Sessions: they are the caller's; an outcome says how they change.
//! Capabilities beyond the contract: no files, no network, no environment.

pub mod catalog;
pub mod domain;
mod engine;
pub mod expression;
pub mod flow;
pub mod host_functions;
pub mod invocation;
pub mod store;
mod suggestion;
mod sync;

pub use catalog::{Action, Catalog, LoadError, Manifest};
pub use engine::{Limits, compile_for_parent};
pub use host_functions::parameters::{Diagnostic, Severity};
pub use host_functions::{Session, SessionError, Warning};
pub use invocation::{Failure, Host, HostBuilder, OpenError, Outcome, PreparedNode, Request, Usage};
