//! Preparation of a flow: finds its actions, prepares its nodes, follows its wires and collects diagnostics.

use super::file::{FileNode, FlowFile};
use super::graph::{FlowGraph, NodeRole, Targets};
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use flowhost_invocation::{Host, PreparedNode};
use flowhost_manifest::{Diagnostic, Severity};
use serde_json::{Map, Value as Json};

/// The path of a diagnostic that concerns no single node.
pub(super) const WHOLE_FLOW: &str = "flow";

/// Codes of diagnostics that prevent a flow from running, regardless of its parameters.
const STRUCTURAL: [ErrorCode; 4] =
    [ErrorCode::NodeUnknown, ErrorCode::PortFanOut, ErrorCode::PortUnknown, ErrorCode::StartAmbiguous];

/// A checked flow: prepared once, run for many sessions.
#[derive(Debug, Clone)]
pub struct PreparedFlow {
    pub(super) nodes: Vec<FlowNode>,
    /// Index of the first node.
    pub(super) start: Option<usize>,
    diagnostics: Vec<Diagnostic>,
}

/// A node that runs an action.
#[derive(Debug, Clone)]
pub(super) struct FlowNode {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) node: PreparedNode,
    /// For each port of the action the index of the next node.
    pub(super) next: Vec<Option<usize>>,
}

impl PreparedFlow {
    /// Prepares a flow with the current actions of `host`. `start` names the start node by id or name, and overrides
    /// the start that the flow itself defines.
    ///
    /// Never fails: [`PreparedFlow::diagnostics`] contains all errors.
    pub fn new(host: &Host, flow: &FlowFile, start: Option<&str>) -> Self {
        let graph = FlowGraph::new(flow);
        let mut diagnostics = Vec::new();
        // Maps indices of the file's nodes to indices of the prepared nodes.
        let mut indices = vec![None; flow.nodes.len()];
        let mut prepared = Vec::new();
        for (index, node) in graph.nodes(NodeRole::Action) {
            match host.catalog().find(&node.kind) {
                Err(error) => {
                    let why = if is_unsupported_type(&node.kind) {
                        "links and subflows aren't followed; wire the actions to each other"
                    } else {
                        &error.message
                    };
                    let message = format!("{} has the type {}: {why}", node.label(), quote(&node.kind));
                    diagnostics.push(Diagnostic::error(&node.id, ErrorCode::NodeUnknown, message));
                }
                Ok(action) => {
                    let parameters = parameters(node, |name| action.manifest.parameter(name).is_some());
                    if let Ok(ready) = host.prepare(&node.kind, &parameters) {
                        diagnostics.extend(ready.diagnostics().iter().map(|found| prefix_path(&node.id, found)));
                        indices.get_mut(index).into_iter().for_each(|at| *at = Some(prepared.len()));
                        prepared.push((node, ready));
                    }
                }
            }
        }
        let nodes = prepared.into_iter().map(|(file, node)| {
            let ports = &node.action().manifest.ports;
            let next = follow_ports(&graph, file, ports, &mut diagnostics);
            let next = next.into_iter().map(|index| index.and_then(|index| *indices.get(index)?)).collect();
            FlowNode { id: file.id.clone(), name: file.name.clone(), node, next }
        });
        let nodes = nodes.collect();
        let start = match find_start(&graph, start) {
            Ok(index) => indices.get(index).copied().flatten(),
            Err(found) => {
                diagnostics.push(found);
                None
            }
        };
        Self { nodes, start, diagnostics }
    }

    /// Returns the results of the checks, which do not use the store: first parameters and unknown actions, then wires,
    /// then the start. A path begins with a node's id (`n1/CAMPAIGN_ID`, `n1/wires[0]`) or is `flow`.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Returns the diagnostics that prevent the flow from running. Errors in a node's parameters are not among them:
    /// the node ends with a refusal, and the flow continues at its port `error`.
    pub fn blocking_diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let structural = |found: &&Diagnostic| found.severity == Severity::Error && STRUCTURAL.contains(&found.code);
        self.diagnostics.iter().filter(structural)
    }

    /// Returns the number of nodes that run an action.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether no node runs an action.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// Returns whether this is a type of the editor that replaces wires.
fn is_unsupported_type(kind: &str) -> bool {
    kind == "subflow" || kind.starts_with("subflow:") || kind.starts_with("link ")
}

/// Prefixes a parameter's diagnostic with its node.
pub(super) fn prefix_path(node: &str, found: &Diagnostic) -> Diagnostic {
    let mut found = found.clone();
    found.path = format!("{node}/{}", found.path);
    found
}

/// Returns the properties that are parameters: those in capitals, and misspelt ones that match a parameter of the
/// action if capitalised. The latter therefore cause a warning.
fn parameters(node: &FileNode, is_known: impl Fn(&str) -> bool) -> Map<String, Json> {
    let is_parameter = |name: &str| {
        let in_capitals =
            name.contains(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase());
        in_capitals || is_known(&name.to_ascii_uppercase().replace('-', "_"))
    };
    let properties = node.properties.iter().filter(|(name, _)| is_parameter(name));
    properties.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Returns for each port the index, in the file, of the next node.
fn follow_ports(
    graph: &FlowGraph<'_>,
    node: &FileNode,
    ports: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<usize>> {
    for (index, _) in node.wires.iter().enumerate().skip(ports.len()).filter(|(_, wires)| !wires.is_empty()) {
        let message = format!(
            "{} is wired from port {}, but {} has only {}",
            node.label(),
            index + 1,
            node.kind,
            ports.join(", ")
        );
        diagnostics.push(Diagnostic::error(format!("{}/wires[{index}]", node.id), ErrorCode::PortUnknown, message));
    }
    let mut follow = |(index, port): (usize, &String)| {
        let targets = graph.follow(node.wires.get(index).into_iter().flatten());
        let path = || format!("{}/wires[{index}]", node.id);
        let unknown = targets.unknown.iter().map(|id| {
            let message =
                format!("the port {port} of {} is wired to {}, but no node has this id", node.label(), quote(id));
            Diagnostic::error(path(), ErrorCode::NodeUnknown, message)
        });
        diagnostics.extend(unknown);
        match targets {
            Targets { actions, .. } if actions.len() > 1 => {
                let labels: Vec<_> = labels(graph, &actions);
                let message = format!(
                    "the port {port} of {} is wired to several nodes: {}; keep only one wire",
                    node.label(),
                    labels.join(", ")
                );
                diagnostics.push(Diagnostic::error(path(), ErrorCode::PortFanOut, message));
                None
            }
            Targets { actions, unknown, disabled } => {
                if actions.is_empty() && unknown.is_empty() {
                    let wired = node.wires.get(index).is_some_and(|wires| !wires.is_empty());
                    let why = match (disabled, wired) {
                        (true, _) => "is wired to a disabled node only",
                        (false, true) => "does not lead to another action",
                        (false, false) => "is not wired",
                    };
                    let message = format!("the port {port} of {} {why}: the flow ends there", node.label());
                    diagnostics.push(Diagnostic::warning(path(), ErrorCode::PortUnwired, message));
                }
                actions.first().copied()
            }
        }
    };
    ports.iter().enumerate().map(&mut follow).collect()
}

fn labels(graph: &FlowGraph<'_>, indices: &[usize]) -> Vec<String> {
    indices.iter().filter_map(|index| graph.node(*index)).map(FileNode::label).collect()
}

/// Returns the index, in the file, of the start node.
fn find_start(graph: &FlowGraph<'_>, start_name: Option<&str>) -> Result<usize, Diagnostic> {
    let found = match start_name {
        None => graph.start_candidates(),
        Some(start_name) => {
            let named = graph.find_nodes(start_name);
            if named.is_empty() {
                let message = format!("there is no start node {}; use the id of a node", quote(start_name));
                return Err(Diagnostic::error(WHOLE_FLOW, ErrorCode::NodeUnknown, message));
            }
            graph.follow(named.into_iter().map(|(_, node)| &node.id)).actions
        }
    };
    let hint = "name the start node (--start NODE)";
    let message = match found.as_slice() {
        [start] => return Ok(*start),
        [] if graph.nodes(NodeRole::Action).next().is_none() => "the flow has no node that runs an action".to_owned(),
        [] if start_name.is_some() => "the start node does not lead to an action; name a node that runs one".to_owned(),
        [] if graph.nodes(NodeRole::Inject).next().is_some() => {
            format!("the inject node is not wired to an action; wire it to the first node, or {hint}")
        }
        [] => format!("the flow has no start, since every node has a predecessor; {hint}"),
        several => {
            let shown = several.get(..several.len().min(8)).unwrap_or_default();
            format!("the flow has several possible start nodes: {}; {hint}", labels(graph, shown).join(", "))
        }
    };
    Err(Diagnostic::error(WHOLE_FLOW, ErrorCode::StartAmbiguous, message))
}
