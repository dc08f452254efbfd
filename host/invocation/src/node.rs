//! A prepared node: checked and parsed once, invoked many times.

use super::canonical_json;
use crate::catalog::Action;
use flowhost_expression::ExpressionCache;
use flowhost_host_functions::Warning;
use flowhost_host_functions::parameters::{Diagnostic, NodeParameters, References, Severity};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A node of a diagram, ready to be invoked: an action and its parameters. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PreparedNode(Arc<NodeData>);

#[derive(Debug)]
struct NodeData {
    action: Arc<Action>,
    parameters: Arc<NodeParameters>,
    /// Bytes of its parameters, for the limit on a request; `None`: more than the limit.
    bytes: Option<usize>,
    /// Of action, major version and parameters: what a key was used for.
    fingerprint: [u8; 32],
}

impl PreparedNode {
    /// Prepares a node. Parameters that are too large for a request, which may have `max_bytes`, are not checked.
    pub(super) fn new(
        action: Arc<Action>,
        parameters: &Map<String, Json>,
        cache: &ExpressionCache,
        max_bytes: usize,
    ) -> Self {
        let text = canonical_json::serialize_parameters(parameters, max_bytes);
        let manifest = Arc::clone(&action.manifest);
        let bytes = text.as_ref().map(String::len);
        let bound_parameters = match bytes {
            Some(_) => NodeParameters::new(manifest, parameters, cache),
            None => NodeParameters::empty(manifest),
        };
        let text = text.unwrap_or_default();
        let mut hasher = Sha256::new();
        for part in [action.manifest.id.as_bytes(), &action.manifest.version.major.to_le_bytes(), text.as_bytes()] {
            update_length_prefixed(&mut hasher, part);
        }
        Self(Arc::new(NodeData {
            action,
            parameters: Arc::new(bound_parameters),
            bytes,
            fingerprint: hasher.finalize().into(),
        }))
    }

    /// The action.
    pub fn action(&self) -> &Arc<Action> {
        &self.0.action
    }

    pub(super) fn parameters(&self) -> &Arc<NodeParameters> {
        &self.0.parameters
    }

    /// Bytes of its parameters; `None`: more than a request may have.
    pub(super) fn bytes(&self) -> Option<usize> {
        self.0.bytes
    }

    /// What the checks of the parameters found, without a look at the store.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.parameters.diagnostics
    }

    /// What every outcome of the node warns of.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let warnings = self.diagnostics().iter().filter(|found| found.severity == Severity::Warning);
        warnings
            .map(|found| Warning {
                code: found.code.to_owned(),
                message: found.message.clone(),
                parameter: Some(found.path.clone()),
            })
            .collect()
    }

    /// The campaigns, categories and channels that it names: what a check against a tenant looks at.
    pub(crate) fn references(&self) -> &References {
        &self.0.parameters.references
    }

    /// What a key stands for: this node's work for one user's session.
    pub(super) fn fingerprint(&self, of_session: [&str; 4]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        update_length_prefixed(&mut hasher, &self.0.fingerprint);
        of_session.iter().for_each(|part| update_length_prefixed(&mut hasher, part.as_bytes()));
        hasher.finalize().into()
    }
}

/// Adds a part in such a way that no two lists of parts look the same.
fn update_length_prefixed(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_le_bytes());
    hasher.update(part);
}
