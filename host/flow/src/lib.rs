//! Flows: parsing of flow files, checks, and the runner.
//!
//! A flow file is an exported Node-RED flow: a JSON array of nodes. A node has an `id`, a `type` (an action's id, with
//! or without `@version`), a `name`, and the action's parameters as properties. It also has `wires`, a list for each
//! port of the action's manifest, in the same order.
//!
//! ```text
//! text ── FlowFile::parse ──► FlowFile ── PreparedFlow::new ──► PreparedFlow ── run ──► steps, final session
//!                             (structure)                       (actions, wires, start)
//! ```
//!
//! - The start is the successor of the `inject` node or, without one, the node without a predecessor.
//! - The runner ignores `tab`, `comment` and `group` nodes, and passes through `junction` and `debug` nodes. Disabled
//!   nodes, and those on a disabled tab, are absent.
//! - A port leads to at most one node. If it leads to none, the flow ends there.
//! - Parameters are the properties in `SCREAMING_SNAKE_CASE`. The editor's own properties (`x`, `z`, `info`, …) are
//!   ignored, so that moving a node changes nothing.
//!
//! ```no_run
//! use flowhost_flow::{FlowFile, PreparedFlow};
//! use flowhost_host_functions::Session;
//! use flowhost_invocation::Host;
//!
//! # async fn example(host: &Host, text: &str) -> Result<(), Box<dyn std::error::Error>> {
//! // Once, when the flow is published.
//! let flow = PreparedFlow::new(host, &FlowFile::parse(text)?, None);
//! for found in flow.diagnostics() {
//!     println!("{}: {}", found.path, found.message);
//! }
//!
//! // For every session. Running one again resumes it.
//! let session = Session::new("acme", "widget", "visitor-7f3a");
//! let run = flow.run(host, session, |step| println!("{} exited through {}", step.node, step.outcome.port)).await;
//! println!("{} steps, {} entities", run.steps, run.session.entities.len());
//! # Ok(())
//! # }
//! ```
//!
//! This module selects the next node and updates the session; the invocation runs the node's action. Flow files are
//! untrusted input: their size is limited, and no function here is recursive.

mod check_tenant;
mod file;
mod graph;
mod key;
mod prepare;
mod run;

#[cfg(test)]
mod tests;

pub use file::{FlowError, FlowFile};
pub use prepare::PreparedFlow;
pub use run::{FlowRun, MAX_STEPS, Step, StopReason};
