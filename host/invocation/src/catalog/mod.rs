//! The catalogue of actions: loading, contract check, manifests and versions.

mod component;
mod identity;

pub use component::Action;
pub(crate) use component::{Candidate, Loader};
pub(crate) use identity::ReplaceableIds;

use flowhost_error::nearest_name;
use flowhost_error::text::first_characters;
use semver::Version;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Characters of an id or a version that a message shows.
const MAX_SHOWN_CHARACTERS: usize = 128;

/// The actions of a host by id, each with its versions.
///
/// [`Host::catalog`](crate::Host::catalog) returns the current actions. A catalogue does not change afterwards:
/// `Host::load` makes a new one.
///
/// # Errors
/// [`Catalog::find`] returns an [`ActionNotFound`], whose message suggests the most similar id or lists the versions.
///
/// ```
/// use flowhost_invocation::Host;
/// use flowhost_store::MemoryStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().workers(1).open(MemoryStore::new()).await?;
/// let catalog = host.catalog();
/// assert_eq!(catalog.newest().count(), 10);
///
/// let action = catalog.find("campaign-contact-manager@1")?;
/// assert_eq!(action.manifest.ports, ["next", "error"]);
/// assert!(catalog.find("campaign-contact-manager@99").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Newest version first.
    actions: BTreeMap<String, Vec<Arc<Action>>>,
}

/// The action does not exist. Code `action-not-found`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ActionNotFound {
    /// Names the requested action and the available ones.
    pub message: String,
}

impl Catalog {
    /// Returns the newest version of every action, sorted by id. Prereleases count only for actions without a release.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<Action>> {
        self.actions.values().filter_map(|versions| newest_release(versions).or_else(|| versions.first()))
    }

    /// Returns every version of every action, sorted by id, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Action>> {
        self.actions.values().flatten()
    }

    /// Finds an action by name: `id` for the newest version, `id@1` for the newest 1.x, `id@1.2` for the newest 1.2.x,
    /// `id@1.2.3` for exactly that version. A prerelease needs its full version.
    ///
    /// # Errors
    /// The action does not exist; the message suggests the most similar name.
    pub fn find(&self, name: &str) -> Result<&Arc<Action>, ActionNotFound> {
        let (id, version_prefix) = match name.split_once('@') {
            Some((id, version)) => (id, Some(version)),
            None => (name, None),
        };
        let Some(versions) = self.actions.get(id) else { return Err(self.unknown(id)) };
        let found = match version_prefix {
            Some(version_prefix) => versions.iter().find(|action| matches(&action.manifest.version, version_prefix)),
            None => newest_release(versions),
        };
        found.ok_or_else(|| {
            let existing: Vec<_> = versions.iter().map(|action| action.manifest.version.to_string()).collect();
            let existing = existing.join(", ");
            let message = match version_prefix {
                Some(version_prefix) => {
                    let shown = first_characters(version_prefix, MAX_SHOWN_CHARACTERS);
                    format!("there is no version {shown} of {id}; existing: {existing}")
                }
                None => format!("{id} has only prereleases; use a full version: {existing}"),
            };
            ActionNotFound { message }
        })
    }

    /// Adds an action, which replaces one with the same id and version.
    pub(crate) fn add(&mut self, action: Arc<Action>) {
        let versions = self.actions.entry(action.manifest.id.clone()).or_default();
        versions.retain(|other| other.manifest.version != action.manifest.version);
        versions.push(action);
        versions.sort_by(|a, b| b.manifest.version.cmp(&a.manifest.version));
    }

    fn unknown(&self, id: &str) -> ActionNotFound {
        let near = nearest_name(id, self.actions.keys().map(String::as_str));
        let hint =
            near.map_or_else(|| "; `flowhost actions` lists them".to_owned(), |near| format!("; did you mean {near}?"));
        ActionNotFound { message: format!("there is no action {}{hint}", first_characters(id, MAX_SHOWN_CHARACTERS)) }
    }
}

/// Returns the first version that is not a prerelease.
fn newest_release(versions: &[Arc<Action>]) -> Option<&Arc<Action>> {
    versions.iter().find(|action| action.manifest.version.pre.is_empty())
}

/// Returns whether `version` is `version_prefix` or starts with it, in whole numbers. A prerelease or build matches
/// only as a whole.
fn matches(version: &Version, version_prefix: &str) -> bool {
    let text = version.to_string();
    let is_part = || {
        version.pre.is_empty()
            && !version_prefix.contains(['-', '+'])
            && text.strip_prefix(version_prefix).is_some_and(|rest| rest.starts_with('.'))
    };
    text == version_prefix || is_part()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    fn matches(version: &str, version_prefix: &str) -> bool {
        super::matches(&version.parse().unwrap(), version_prefix)
    }

    #[test]
    fn a_version_matches_its_prefixes() {
        assert!(matches("1.12.0", "1"));
        assert!(matches("1.12.0", "1.12"));
        assert!(matches("1.12.0", "1.12.0"));
        assert!(!matches("1.12.0", "1.1"));
        assert!(!matches("1.12.0", ""));
        assert!(matches("1.12.0+b.1", "1.12"));
    }

    #[test]
    fn a_prerelease_matches_only_its_full_version() {
        assert!(matches("1.0.0-a.1", "1.0.0-a.1"));
        for prefix in ["1", "1.0", "1.0.0", "1.0.0-a"] {
            assert!(!matches("1.0.0-a.1", prefix), "{prefix}");
        }
    }
}
