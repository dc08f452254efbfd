//! A prepared node: checked and parsed once, invoked many times.

use super::canonical_json;
use crate::catalog::Action;
use flowhost_expression::ExpressionCache;
use flowhost_host_functions::Warning;
use flowhost_manifest::{Diagnostic, NodeParameters, References, Severity};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A node of a flow, ready to be invoked: an action and its parameters. Cloning it copies one pointer.
#[derive(Debug, Clone)]
pub struct PreparedNode(Arc<NodeData>);

#[derive(Debug)]
struct NodeData {
    action: Arc<Action>,
    parameters: Arc<NodeParameters>,
    /// The canonical text of the parameters; `None`: it exceeds the limit on a request.
    text: Option<String>,
    /// Hash of action, major version and parameters, for the fingerprint of an idempotency key.
    fingerprint: [u8; 32],
}

impl PreparedNode {
    /// Prepares a node. Parameters of more than `max_bytes`, the limit of a request, are not checked.
    pub(super) fn new(
        action: Arc<Action>,
        parameters: &Map<String, Json>,
        cache: &ExpressionCache,
        max_bytes: usize,
    ) -> Self {
        let text = canonical_json::serialize_parameters(parameters, max_bytes);
        let manifest = Arc::clone(&action.manifest);
        let bound_parameters = match text {
            Some(_) => NodeParameters::new(manifest, parameters, cache),
            None => NodeParameters::empty(manifest),
        };
        let hashed = text.as_deref().unwrap_or_default();
        let mut hasher = Sha256::new();
        for part in [action.manifest.id.as_bytes(), &action.manifest.version.major.to_le_bytes(), hashed.as_bytes()] {
            update_length_prefixed(&mut hasher, part);
        }
        Self(Arc::new(NodeData {
            action,
            parameters: Arc::new(bound_parameters),
            text,
            fingerprint: hasher.finalize().into(),
        }))
    }

    /// Returns the action.
    pub fn action(&self) -> &Arc<Action> {
        &self.0.action
    }

    pub(super) fn parameters(&self) -> &Arc<NodeParameters> {
        &self.0.parameters
    }

    /// Returns the bytes of the parameters; `None`: more than a request may have.
    pub(super) fn bytes(&self) -> Option<usize> {
        self.0.text.as_ref().map(String::len)
    }

    /// Returns the parameters as they were given.
    pub(super) fn given_parameters(&self) -> Map<String, Json> {
        let pairs = self.0.text.as_deref().and_then(|text| serde_json::from_str::<Vec<(String, Json)>>(text).ok());
        pairs.into_iter().flatten().collect()
    }

    /// Returns the results of the parameter checks, which do not use the store.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.parameters.diagnostics
    }

    /// Returns the warnings that every outcome of the node carries.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let warnings = self.diagnostics().iter().filter(|found| found.severity == Severity::Warning);
        warnings
            .map(|found| Warning::new(found.code.as_str(), found.message.clone(), Some(found.path.clone())))
            .collect()
    }

    /// Returns the campaigns, categories and channels that the node refers to, for checks against a tenant.
    pub fn references(&self) -> &References {
        &self.0.parameters.references
    }

    /// Returns the fingerprint of this node's work for one user's session, which an idempotency key stands for.
    pub(super) fn fingerprint(&self, session_parts: [&str; 4]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        update_length_prefixed(&mut hasher, &self.0.fingerprint);
        session_parts.iter().for_each(|part| update_length_prefixed(&mut hasher, part.as_bytes()));
        hasher.finalize().into()
    }
}

/// Hashes a part with its length, so that different lists of parts never hash the same bytes.
fn update_length_prefixed(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_le_bytes());
    hasher.update(part);
}
