//! Applies a file of tenants and campaigns to a store.

use super::{ConfigurationChange, Store, StoreError};
use flowhost_domain::Refusal;
use flowhost_domain::configuration::{ApplyFile, ChangeReport, plan};

/// Maximum number of attempts of an apply. An attempt fails when another process configures the same tenants meanwhile.
const MAX_ATTEMPTS: u32 = 8;

/// The reason why a file was not applied. The store has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// A rule rejected the file: `apply-invalid` or `quota`.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates or updates the objects in the file, all or none, and returns a report. A second call changes nothing.
///
/// # Errors
/// A rule rejected the file, or the store failed; see [`ApplyError`].
pub async fn apply(store: &dyn Store, text: &str) -> Result<Vec<ChangeReport>, ApplyError> {
    let file = ApplyFile::parse(text)?;
    for _ in 0..MAX_ATTEMPTS {
        let mut existing = Vec::new();
        let mut versions = Vec::new();
        for id in file.tenant_ids() {
            if let Some(found) = store.configuration(id).await? {
                versions.push((found.tenant.id.clone(), found.version));
                existing.push((found.tenant, found.campaigns));
            }
        }
        let planned = plan(&existing, &file)?;
        let version = |id: &str| versions.iter().find(|(known, _)| known == id).map_or(0, |(_, version)| *version);
        let changes: Vec<_> = planned
            .changes
            .into_iter()
            .map(|changed| ConfigurationChange {
                version: version(&changed.tenant.id),
                tenant: changed.tenant,
                campaigns: changed.campaigns,
            })
            .collect();
        if store.configure(&changes).await? {
            return Ok(planned.report);
        }
    }
    Err(StoreError::Unavailable("other processes changed the same tenants at the same time; try again".to_owned())
        .into())
}
