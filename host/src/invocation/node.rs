//! A prepared node: checked and parsed once, invoked many times.

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
    /// Bytes of its parameters, for the bound on a request.
    bytes: usize,
    /// Of action, major version and parameters: what a key was used for.
    digest: [u8; 32],
}

impl Node {
    pub(super) fn new(action: Arc<Action>, parameters: &Map<String, Json>, cache: &Cache) -> Self {
        let configured = Arc::new(Configured::new(Arc::clone(&action.manifest), parameters, cache));
        let text = canonical(parameters);
        let mut hasher = Sha256::new();
        for part in [action.manifest.id.as_bytes(), &action.manifest.version.major.to_le_bytes(), text.as_bytes()] {
            add(&mut hasher, part);
        }
        Self(Arc::new(Prepared { action, configured, bytes: text.len(), digest: hasher.finalize().into() }))
    }

    /// The action.
    pub fn action(&self) -> &Arc<Action> {
        &self.0.action
    }

    pub(super) fn configured(&self) -> &Arc<Configured> {
        &self.0.configured
    }

    pub(super) fn bytes(&self) -> usize {
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

/// The same text for equal parameters, in whatever order they come.
fn canonical(parameters: &Map<String, Json>) -> String {
    fn sorted(value: &Json) -> Json {
        match value {
            Json::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(name, _)| name.as_str());
                Json::Array(
                    entries
                        .into_iter()
                        .map(|(name, value)| Json::from(vec![Json::from(name.as_str()), sorted(value)]))
                        .collect(),
                )
            }
            Json::Array(list) => Json::Array(list.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    sorted(&Json::Object(parameters.clone())).to_string()
}
