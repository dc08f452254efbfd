//! One invocation from prepared node to outcome: admission, deadline, staging, commit, running again.
//!
//! ```text
//! Host::invoke ── admission ── worker ──► execute: key's turn ─► read ─► fresh instance ─► commit ─► outcome
//!                                                        ▲                                  │
//!                                                        └───────── stale: run again ◄──────┘
//! ```
//!
//! An instance lives for one run. The worker that an invocation starts on is the one it ends on.

mod admission;
mod answer;
mod bounded;
mod builder;
mod burdens;
mod canonical;
pub mod codes;
mod committer;
mod describe;
mod execute;
mod host;
mod known;
mod loading;
mod node;
mod outcome;
mod request;
mod run;
mod shared;
mod task;
mod turns;

pub use builder::{Builder, OpenError};
pub use host::Host;
pub use node::Node;
pub use outcome::{Failure, Outcome, OutcomeError, Usage};
pub use request::Request;
