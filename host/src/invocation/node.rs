//! A prepared node: checked and parsed once, invoked many times.

use super::canonical;
use crate::capability::Warning;
use crate::capability::parameters::{Configured, Diagnostic, Lookahead, Severity};
use crate::catalog::Action;
use crate::expression::Cache;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A node of a diagram, ready to be invoked: an action and its parameters. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Node(Arc<Prepared>);

#[derive(Debug)]
struct Prepared {
    action: Arc<Action>,
    configured: Arc<Configured>,
    /// Bytes of its parameters, for the limit on a request; `None`: more than the limit.
    bytes: Option<usize>,
    /// Of action, major version and parameters: what a key was used for.
    digest: [u8; 32],
}

impl Node {
    /// Prepares a node. Parameters that are too large for a request, which may have `max_bytes`, are not checked.
    pub(super) fn new(action: Arc<Action>, parameters: &Map<String, Json>, cache: &Cache, max_bytes: usize) -> Self {
        let text = canonical::text(parameters, max_bytes);
        let manifest = Arc::clone(&action.manifest);
        let bytes = text.as_ref().map(String::len);
        let configured = match bytes {
            Some(_) => Configured::new(manifest, parameters, cache),
            None => Configured::empty(manifest),
        };
        let text = text.unwrap_or_default();
        let mut hasher = Sha256::new();
        for part in [action.manifest.id.as_bytes(), &action.manifest.version.major.to_le_bytes(), text.as_bytes()] {
            add(&mut hasher, part);
        }
        Self(Arc::new(Prepared { action, configured: Arc::new(configured), bytes, digest: hasher.finalize().into() }))
    }

    /// The action.
    pub fn action(&self) -> &Arc<Action> {
        &self.0.action
    }

    pub(super) fn configured(&self) -> &Arc<Configured> {
        &self.0.configured
    }

    /// Bytes of its parameters; `None`: more than a request may have.
    pub(super) fn bytes(&self) -> Option<usize> {
        self.0.bytes
    }

    /// What the checks of the parameters found, without a look at the store.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.configured.diagnostics
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
    pub(crate) fn mentions(&self) -> &Lookahead {
        &self.0.configured.lookahead
    }

    /// What a key stands for: this node's work for one user's session.
    pub(super) fn digest(&self, of_session: [&str; 4]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        add(&mut hasher, &self.0.digest);
        of_session.iter().for_each(|part| add(&mut hasher, part.as_bytes()));
        hasher.finalize().into()
    }
}

/// Adds a part in such a way that no two lists of parts look the same.
fn add(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_le_bytes());
    hasher.update(part);
}
