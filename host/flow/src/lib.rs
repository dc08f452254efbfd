//! Diagrams: a flow file, what is wrong with it, and its runner.
//!
//! A flow is an exported Node-RED flow: a JSON array of nodes with `id`, `type` (an action's id, with or without
//! `@version`), `name`, the action's parameters as properties, and `wires`, whose n-th list follows the n-th port of
//! the action's manifest.
//!
//! ```text
//! text ── FlowFile::parse ──► FlowFile ── PreparedFlow::new ──► PreparedFlow ── run ──► steps, final session
//!                             (shape)                           (actions, wires, start)
//! ```
//!
//! - The start is the successor of the `inject` node or, without one, the node that nothing leads to.
//! - `tab`, `comment`, `group`, `junction` and `debug` nodes are passed over or through. Disabled nodes, and those on a
//!   disabled tab, are absent.
//! - A port leads to one node at most; one that leads nowhere ends the flow.
//! - Parameters are the properties in `SCREAMING_SNAKE_CASE`. What the editor keeps with a node beside them (`x`, `z`,
//!   `info`, …) is none, so moving a node changes nothing.
//!
//! ```no_run
//! use flowhost::flow::{FlowFile, PreparedFlow};
//! use flowhost::{Host, Session};
//!
//! # async fn example(host: &Host, text: &str) -> Result<(), Box<dyn std::error::Error>> {
//! // Once, when the diagram is published.
//! let flow = PreparedFlow::new(host, &FlowFile::parse(text)?, None);
//! for found in flow.diagnostics() {
//!     println!("{}: {}", found.path, found.message);
//! }
//!
//! // For every session. Running one again resumes it.
//! let session = Session::new("acme", "widget", "visitor-7f3a");
//! let run = flow.run(host, session, |step| println!("{} left by {}", step.node, step.outcome.port)).await;
//! println!("{} steps, {} entities", run.steps, run.session.entities.len());
//! # Ok(())
//! # }
//! ```
//!
//! This module decides which node is next and what the session holds there; what a node does is the invocation's
//! business. Flow files are hostile input: sizes are bounded and nothing here calls itself.

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
