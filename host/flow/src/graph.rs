//! The graph of a flow: the targets of wires, with nodes without an action passed through, and the start.

use super::file::{FileNode, FlowFile};
use std::collections::{HashMap, HashSet};

/// Maximum number of targets that are collected for a wire. More than one is an error already.
const MAX_TARGETS: usize = 8;

/// The role of a node when the flow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeRole {
    /// The entry of a session.
    Inject,
    /// A node without effect: wires to it lead to its successors.
    PassThrough,
    /// An action, or a node of an unknown type.
    Action,
}

impl NodeRole {
    pub(super) fn from_node(node: &FileNode) -> Self {
        match node.kind.as_str() {
            "inject" => Self::Inject,
            "tab" | "comment" | "group" | "junction" | "debug" => Self::PassThrough,
            _ => Self::Action,
        }
    }
}

/// The targets of wires.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Targets {
    /// Actions, each once.
    pub(super) actions: Vec<usize>,
    /// Ids without a node.
    pub(super) unknown: Vec<String>,
    /// Whether a disabled node is among the targets.
    pub(super) disabled: bool,
}

/// The target of a wire: the index of a node, or an id without a node.
type Resolved<'f> = Result<usize, &'f String>;

/// The nodes of a flow by id.
pub(super) struct FlowGraph<'f> {
    flow: &'f FlowFile,
    indices: HashMap<&'f str, usize>,
    /// For each node without an action, its targets. Resolved once for all wires that lead to the node.
    resolved: Vec<Vec<Resolved<'f>>>,
}

impl<'f> FlowGraph<'f> {
    pub(super) fn new(flow: &'f FlowFile) -> Self {
        let indices = flow.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
        let mut graph = Self { flow, indices, resolved: Vec::new() };
        let resolved = flow.nodes.iter().map(|node| match NodeRole::from_node(node) {
            NodeRole::Action => Vec::new(),
            NodeRole::Inject | NodeRole::PassThrough => {
                node.wires.iter().flatten().map(|id| graph.resolve(id)).collect()
            }
        });
        graph.resolved = resolved.collect();
        graph
    }

    fn resolve<'w>(&self, id: &'w String) -> Resolved<'w> {
        self.indices.get(id.as_str()).copied().ok_or(id)
    }

    /// Returns the nodes with this role that are not disabled.
    pub(super) fn nodes(&self, role: NodeRole) -> impl Iterator<Item = (usize, &'f FileNode)> {
        let present = self.flow.nodes.iter().enumerate().filter(|(_, node)| !node.is_disabled);
        present.filter(move |(_, node)| NodeRole::from_node(node) == role)
    }

    pub(super) fn node(&self, index: usize) -> Option<&'f FileNode> {
        self.flow.nodes.get(index)
    }

    /// Returns the nodes with this id or, if none has it, with this name. Disabled nodes are excluded.
    pub(super) fn find_nodes(&self, id_or_name: &str) -> Vec<(usize, &'f FileNode)> {
        let present = || self.flow.nodes.iter().enumerate().filter(|(_, node)| !node.is_disabled);
        let by_id: Vec<_> = present().filter(|(_, node)| node.id == id_or_name).collect();
        if by_id.is_empty() {
            present().filter(|(_, node)| node.name.as_deref() == Some(id_or_name)).collect()
        } else {
            by_id
        }
    }

    /// Returns the targets of these wires.
    pub(super) fn follow<'w>(&self, wires: impl IntoIterator<Item = &'w String>) -> Targets {
        self.follow_up_to(wires, MAX_TARGETS)
    }

    /// Returns at most `most` targets of these wires.
    fn follow_up_to<'w>(&self, wires: impl IntoIterator<Item = &'w String>, most: usize) -> Targets {
        let mut targets = Targets::default();
        let mut seen = vec![false; self.flow.nodes.len()];
        let mut seen_unknown = HashSet::new();
        let mut pending: Vec<Resolved<'_>> = wires.into_iter().map(|id| self.resolve(id)).collect();
        pending.reverse();
        while let Some(target) = pending.pop() {
            if targets.actions.len() + targets.unknown.len() >= most {
                break;
            }
            let index = match target {
                Ok(index) => index,
                Err(id) => {
                    if seen_unknown.insert(id) {
                        targets.unknown.push(id.clone());
                    }
                    continue;
                }
            };
            let (Some(node), Some(seen)) = (self.node(index), seen.get_mut(index)) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            match NodeRole::from_node(node) {
                _ if node.is_disabled => targets.disabled = true,
                NodeRole::Action => targets.actions.push(index),
                NodeRole::Inject | NodeRole::PassThrough => {
                    pending.extend(self.resolved.get(index).into_iter().flatten().rev())
                }
            }
        }
        targets
    }

    /// Returns the actions at which a session may start; a valid flow has one.
    pub(super) fn start_candidates(&self) -> Vec<usize> {
        let mut injected = self.nodes(NodeRole::Inject).peekable();
        if injected.peek().is_some() {
            return self.follow(injected.flat_map(|(_, node)| node.wires.iter().flatten())).actions;
        }
        let wires = self.nodes(NodeRole::Action).flat_map(|(_, node)| node.wires.iter().flatten());
        let successors: HashSet<usize> = self.follow_up_to(wires, usize::MAX).actions.into_iter().collect();
        self.nodes(NodeRole::Action).map(|(index, _)| index).filter(|index| !successors.contains(index)).collect()
    }
}
