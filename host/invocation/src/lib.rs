//! One invocation from prepared node to outcome: admission, deadline, staging, commit, running again.
//!
//! ```text
//! Host::invoke ── admission ── worker ──► execute: key's turn ─► read ─► fresh instance ─► commit ─► outcome
//!                                                        ▲                                  │
//!                                                        └───────── stale: run again ◄──────┘
//! ```
//!
//! An instance lives for one run. The worker that an invocation starts on is the one it ends on.

mod action_loader;
mod admission;
mod bounded_json;
mod build_outcome;
mod builder;
mod canonical_json;
pub mod catalog;
pub mod codes;
mod committer;
mod cpu_history;
mod describe;
mod execute;
mod host;
mod instance;
mod node;
mod outcome;
mod request;
mod shared;
mod task;
mod tenant_cache;

pub use builder::{HostBuilder, OpenError};
pub use host::Host;
pub use node::PreparedNode;
pub use outcome::{Failure, Outcome, OutcomeError, Usage};
pub use request::Request;
