//! Parsing of flow files, without the actions of their nodes.

use flowhost_domain::json::{self, IntegerCheck};
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use serde_json::{Map, Value as Json};
use std::collections::HashSet;

/// Limits on a file, far above the size of real flows.
const MAX_BYTES: usize = 16 << 20;
const MAX_NODES: usize = 10_000;
const MAX_WIRES: usize = 20_000;
/// Maximum length of a node's id or type, bytes.
const MAX_NAME: usize = 256;

/// The editor's own properties of a node.
const EDITOR_PROPERTIES: [&str; 13] = [
    "color",
    "credentials",
    "disabled",
    "env",
    "icon",
    "info",
    "inputLabels",
    "inputs",
    "label",
    "nodes",
    "outputLabels",
    "outputs",
    "style",
];

/// A flow file with a valid structure.
#[derive(Debug, Clone)]
pub struct FlowFile {
    pub(super) nodes: Vec<FileNode>,
}

/// A node of the file.
#[derive(Debug, Clone)]
pub(super) struct FileNode {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) name: Option<String>,
    /// For each port the ids of the nodes that it is wired to.
    pub(super) wires: Vec<Vec<String>>,
    /// The properties that may be parameters.
    pub(super) properties: Map<String, Json>,
    /// Whether the node is disabled, or on a disabled tab.
    pub(super) is_disabled: bool,
}

impl FileNode {
    /// Returns the node's name for a message.
    pub(super) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("node {} {}", self.id.escape_debug(), quote(name)),
            None => format!("node {}", self.id.escape_debug()),
        }
    }
}

/// The reason why a text is not a flow. Code `request-invalid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FlowError {
    /// The error, its position and a hint at the fix.
    pub message: String,
    /// The line of a JSON error, from 1.
    pub line: Option<usize>,
    /// The column in that line, from 1.
    pub column: Option<usize>,
}

impl FlowError {
    /// Returns the stable code.
    pub fn code(&self) -> ErrorCode {
        ErrorCode::RequestInvalid
    }

    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), line: None, column: None }
    }

    fn at(index: usize, problem: impl std::fmt::Display) -> Self {
        Self::new(format!("the flow's node [{index}] {problem}"))
    }
}

impl FlowFile {
    /// Parses a flow file: an array of nodes as the editor exports it.
    ///
    /// # Errors
    /// The text is not JSON, not an array of nodes, too large, or an object in it repeats a name.
    pub fn parse(text: &str) -> Result<Self, FlowError> {
        if text.len() > MAX_BYTES {
            return Err(FlowError::new(format!("the flow has {} bytes; at most {MAX_BYTES} are allowed", text.len())));
        }
        let value: Json = serde_json::from_str(text).map_err(|error| FlowError {
            message: format!("the flow is not JSON: {error}"),
            line: Some(error.line()),
            column: Some(error.column()),
        })?;
        if let Some(found) = json::inspect(text, IntegerCheck::Nowhere).duplicate {
            let (line, column) = (Some(found.line), Some(found.column));
            return Err(FlowError { message: format!("the flow: {found}"), line, column });
        }
        let Json::Array(nodes) = value else {
            return Err(FlowError::new("the flow is not a list of nodes; export it from the editor as a JSON array"));
        };
        if nodes.len() > MAX_NODES {
            return Err(FlowError::new(format!("the flow has {} nodes; at most {MAX_NODES} are allowed", nodes.len())));
        }
        let disabled_tabs: HashSet<String> = nodes.iter().filter_map(disabled_tab).collect();
        let nodes: Vec<_> =
            nodes.into_iter().enumerate().map(|node| parse_node(node, &disabled_tabs)).collect::<Result<_, _>>()?;
        if nodes.iter().flat_map(|node| &node.wires).map(Vec::len).sum::<usize>() > MAX_WIRES {
            return Err(FlowError::new(format!("the flow has more than {MAX_WIRES} wires")));
        }
        let mut ids = HashSet::new();
        match nodes.iter().find(|node| !ids.insert(node.id.as_str())) {
            Some(duplicate) => {
                Err(FlowError::new(format!("two nodes of the flow have the id {}", quote(&duplicate.id))))
            }
            None => Ok(Self { nodes }),
        }
    }
}

fn disabled_tab(node: &Json) -> Option<String> {
    let is = |field: &str, value: Json| node.get(field) == Some(&value);
    let disabled = is("type", Json::from("tab")) && is("disabled", Json::Bool(true));
    disabled.then(|| node.get("id")?.as_str().map(str::to_owned))?
}

fn parse_node((index, node): (usize, Json), disabled_tabs: &HashSet<String>) -> Result<FileNode, FlowError> {
    let Json::Object(mut node) = node else { return Err(FlowError::at(index, "is not an object")) };
    let mut text = |field: &str| match node.remove(field) {
        Some(Json::String(text)) if !text.is_empty() && text.len() <= MAX_NAME => Ok(text),
        Some(_) => Err(FlowError::at(index, format!("has a `{field}` that is not a text of 1 to {MAX_NAME} bytes"))),
        None => Err(FlowError::at(index, format!("has no `{field}`"))),
    };
    let (id, kind) = (text("id")?, text("type")?);
    let name = match node.remove("name") {
        Some(Json::String(name)) => Some(name).filter(|name| !name.is_empty()),
        None | Some(Json::Null) => None,
        Some(_) => return Err(FlowError::at(index, "has a `name` that is not a text")),
    };
    let wires = node.remove("wires").map_or(Some(Vec::new()), read_wires);
    let wires = wires.ok_or_else(|| {
        let problem = "has `wires` that are not lists of node ids, one list per port; write [[\"n2\"], []]";
        FlowError::at(index, problem)
    })?;
    let on_disabled_tab = node.get("z").and_then(Json::as_str).is_some_and(|tab| disabled_tabs.contains(tab));
    let is_disabled = on_disabled_tab || node.get("d") == Some(&Json::Bool(true));
    node.retain(|property, _| !is_editor_property(property));
    Ok(FileNode { id, kind, name, wires, properties: node, is_disabled })
}

fn read_wires(wires: Json) -> Option<Vec<Vec<String>>> {
    serde_json::from_value(wires).ok()
}

fn is_editor_property(property: &str) -> bool {
    // Coordinates and sizes have names of one lowercase letter: x, y, z, w, …
    matches!(property.as_bytes(), [b'a'..=b'z']) || EDITOR_PROPERTIES.contains(&property)
}
