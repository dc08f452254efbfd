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

/// Where a wire leads: a place in the flow, or an id that no node has.
type Lead<'f> = Result<usize, &'f String>;

/// The flow's nodes by id.
pub(super) struct Wiring<'f> {
    flow: &'f Flow,
    places: HashMap<&'f str, usize>,
    /// For each node that is passed through: where it leads. Found once, since every wire that ends there follows it.
    leads: Vec<Vec<Lead<'f>>>,
}

impl<'f> Wiring<'f> {
    pub(super) fn new(flow: &'f Flow) -> Self {
        let places = flow.nodes.iter().enumerate().map(|(place, node)| (node.id.as_str(), place)).collect();
        let mut wiring = Self { flow, places, leads: Vec::new() };
        let leads = flow.nodes.iter().map(|node| match Role::of(node) {
            Role::Action => Vec::new(),
            Role::Inject | Role::Passed => node.wires.iter().flatten().map(|id| wiring.lead(id)).collect(),
        });
        wiring.leads = leads.collect();
        wiring
    }

    fn lead<'w>(&self, id: &'w String) -> Lead<'w> {
        self.places.get(id.as_str()).copied().ok_or(id)
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
    pub(super) fn follow<'w>(&self, wires: impl IntoIterator<Item = &'w String>) -> Ends {
        self.walk(wires, MAX_ENDS)
    }

    /// Where these wires end, `most` ends of them.
    fn walk<'w>(&self, wires: impl IntoIterator<Item = &'w String>, most: usize) -> Ends {
        let mut ends = Ends::default();
        let mut seen = vec![false; self.flow.nodes.len()];
        let mut seen_unknown = HashSet::new();
        let mut pending: Vec<Lead<'_>> = wires.into_iter().map(|id| self.lead(id)).collect();
        pending.reverse();
        while let Some(lead) = pending.pop() {
            if ends.actions.len() + ends.unknown.len() >= most {
                break;
            }
            let place = match lead {
                Ok(place) => place,
                Err(id) => {
                    if seen_unknown.insert(id) {
                        ends.unknown.push(id.clone());
                    }
                    continue;
                }
            };
            let (Some(node), Some(seen)) = (self.node(place), seen.get_mut(place)) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            match Role::of(node) {
                _ if node.absent => ends.disabled = true,
                Role::Action => ends.actions.push(place),
                Role::Inject | Role::Passed => pending.extend(self.leads.get(place).into_iter().flatten().rev()),
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
        let wires = self.nodes(Role::Action).flat_map(|(_, node)| node.wires.iter().flatten());
        let led_to: HashSet<usize> = self.walk(wires, usize::MAX).actions.into_iter().collect();
        self.nodes(Role::Action).map(|(place, _)| place).filter(|place| !led_to.contains(place)).collect()
    }
}
