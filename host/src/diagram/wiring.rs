//! Where wires lead, once the nodes that do nothing are passed through, and where a flow starts.

use super::flow::{Flow, FlowNode};
use std::collections::{HashMap, HashSet};

/// How many ends of a wire are told apart: more than one is too many already.
const MAX_ENDS: usize = 8;

/// What a node is to the runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Where a session comes in.
    Inject,
    /// Does nothing: what is wired to it is wired to what follows it.
    Passed,
    /// An action, or what claims to be one.
    Action,
}

impl Role {
    pub(super) fn of(node: &FlowNode) -> Self {
        match node.kind.as_str() {
            "inject" => Self::Inject,
            "tab" | "comment" | "group" | "junction" | "debug" => Self::Passed,
            _ => Self::Action,
        }
    }
}

/// Where wires end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ends {
    /// Actions, each once.
    pub(super) actions: Vec<usize>,
    /// Ids that no node has.
    pub(super) unknown: Vec<String>,
    /// A disabled node is among them.
    pub(super) disabled: bool,
}

/// The flow's nodes by id.
pub(super) struct Wiring<'f> {
    flow: &'f Flow,
    places: HashMap<&'f str, usize>,
}

impl<'f> Wiring<'f> {
    pub(super) fn new(flow: &'f Flow) -> Self {
        let places = flow.nodes.iter().enumerate().map(|(place, node)| (node.id.as_str(), place)).collect();
        Self { flow, places }
    }

    /// The nodes that are there and have this role.
    pub(super) fn nodes(&self, role: Role) -> impl Iterator<Item = (usize, &'f FlowNode)> {
        let present = self.flow.nodes.iter().enumerate().filter(|(_, node)| !node.absent);
        present.filter(move |(_, node)| Role::of(node) == role)
    }

    pub(super) fn node(&self, place: usize) -> Option<&'f FlowNode> {
        self.flow.nodes.get(place)
    }

    /// The nodes that are there and have this id or, if none has, this name.
    pub(super) fn named(&self, wanted: &str) -> Vec<(usize, &'f FlowNode)> {
        let present = || self.flow.nodes.iter().enumerate().filter(|(_, node)| !node.absent);
        let by_id: Vec<_> = present().filter(|(_, node)| node.id == wanted).collect();
        if by_id.is_empty() {
            present().filter(|(_, node)| node.name.as_deref() == Some(wanted)).collect()
        } else {
            by_id
        }
    }

    /// Where these wires end.
    pub(super) fn follow<'w>(&self, wires: impl IntoIterator<Item = &'w String>) -> Ends
    where
        'f: 'w,
    {
        let mut ends = Ends::default();
        let mut seen = HashSet::new();
        let mut pending: Vec<&'w String> = wires.into_iter().collect();
        pending.reverse();
        while let Some(id) = pending.pop() {
            if ends.actions.len() + ends.unknown.len() >= MAX_ENDS {
                break;
            }
            if !seen.insert(id.as_str()) {
                continue;
            }
            let Some((place, node)) = self.places.get(id.as_str()).and_then(|place| Some((*place, self.node(*place)?)))
            else {
                ends.unknown.push(id.clone());
                continue;
            };
            match Role::of(node) {
                _ if node.absent => ends.disabled = true,
                Role::Action => ends.actions.push(place),
                Role::Inject | Role::Passed => pending.extend(node.wires.iter().flatten().rev()),
            }
        }
        ends
    }

    /// The actions at which a session may start: one, if the flow is as it should be.
    pub(super) fn starts(&self) -> Vec<usize> {
        let mut injected = self.nodes(Role::Inject).peekable();
        if injected.peek().is_some() {
            return self.follow(injected.flat_map(|(_, node)| node.wires.iter().flatten())).actions;
        }
        let mut led_to = vec![false; self.flow.nodes.len()];
        for (_, node) in self.nodes(Role::Action) {
            for wires in &node.wires {
                for place in self.follow(wires).actions {
                    led_to.get_mut(place).into_iter().for_each(|led_to| *led_to = true);
                }
            }
        }
        let is_first = |place: usize| led_to.get(place) == Some(&false);
        self.nodes(Role::Action).map(|(place, _)| place).filter(|place| is_first(*place)).collect()
    }
}
