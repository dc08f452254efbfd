//! The path of an invocation from a prepared node to its outcome: admission, deadline, execution, commit and retry.
//!
//! ```text
//! Host::invoke ── admission ── worker ──► execute: key's lock ─► read ─► fresh instance ─► commit ─► outcome
//!                                                        ▲                                  │
//!                                                        └───────── conflict: retry ◄───────┘
//! ```
//!
//! An instance lives for one run. An invocation starts and ends on the same worker.

mod action_loader;
mod admission;
mod bounded_json;
mod build_outcome;
mod builder;
mod canonical_json;
mod capture;
pub mod catalog;
mod committer;
mod cpu_history;
mod describe;
mod execute;
mod host;
mod instance;
mod node;
mod outcome;
mod redact;
mod replay;
mod request;
mod shared;
mod task;
mod tenant_cache;

pub use builder::{HostBuilder, OpenError};
pub use host::Host;
pub use node::PreparedNode;
pub use outcome::{Failure, Outcome, OutcomeError, Usage};
pub use redact::RedactError;
pub use replay::Replay;
pub use request::Request;
