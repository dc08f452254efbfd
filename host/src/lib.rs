//! Runs the actions of a self-service flow as WebAssembly components: isolated, limited, each in one transaction.
//!
//! # Modules
//! ```text
//! cli ─► flow ─► invocation ─► host_functions ─► store ─► domain
//!                    │               │
//!                    ▼               ▼
//!              catalog, engine    expression
//! ```
//!
//! # Invariants
//! - `domain` imports nothing of this crate and does no I/O; `engine` and `expression` are leaves.
//! - Only `store` contains SQL. Only `engine`, `catalog`, `invocation` and `host_functions` use wasmtime, and only
//!   `expression` implements CEL.
//! - The tenant always comes from the session; no host function has a tenant as an argument.
//! - No plugin runs inside a database transaction. It reads committed state; one committer validates and writes.
//! - The built-in actions have the same rights as any other plugin.
//! - No external input can make this crate panic.
//!
//! # Excluded features
//! - Sending: the host stores records, and another program sends them.
//! - Storage of sessions: the caller stores them, and an outcome contains their changes.
//! - Access beyond the contract: plugins have no files, no network and no environment.

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
