//! Checks of a flow against a tenant: the campaigns, categories and channels that its nodes name.

use super::prepare::{PreparedFlow, WHOLE_FLOW, prefix_path};
use flowhost_domain::{Campaign, Refusal, Tenant};
use flowhost_error::text::quote;
use flowhost_error::{ErrorCode, nearest_name};
use flowhost_manifest::{Diagnostic, References};
use flowhost_store::{Configuration, Store, StoreError};

impl PreparedFlow {
    /// Returns a diagnostic for each object that the nodes name and the tenant does not have. A missing tenant is a
    /// diagnostic, too.
    ///
    /// # Errors
    /// The store failed.
    pub async fn check_tenant(&self, store: &dyn Store, tenant: &str) -> Result<Vec<Diagnostic>, StoreError> {
        let Some(Configuration { tenant, campaigns, .. }) = store.configuration(tenant).await? else {
            let Refusal { code, message, .. } = Refusal::tenant_not_found(tenant);
            return Ok(vec![Diagnostic::error(WHOLE_FLOW, code, message)]);
        };
        let found = self.nodes.iter().flat_map(|node| {
            let found = missing_references(node.node.references(), &tenant, &campaigns);
            found.into_iter().map(|found| prefix_path(&node.id, &found))
        });
        Ok(found.collect())
    }
}

fn missing_references(references: &References, tenant: &Tenant, campaigns: &[Campaign]) -> Vec<Diagnostic> {
    let refused = |parameter: &str, Refusal { code, message, .. }: Refusal, near: Option<&str>| {
        let hint = near.map(|near| format!("; did you mean {}?", quote(near))).unwrap_or_default();
        Diagnostic::error(parameter, code, format!("{parameter}: {message}{hint}"))
    };
    let mut found = Vec::new();
    for (parameter, id) in &references.campaigns {
        if !campaigns.iter().any(|campaign| campaign.id == *id) {
            found.push(refused(parameter, Refusal::campaign_not_found(&id.to_string()), None));
        }
    }
    for (parameter, category) in &references.categories {
        if !campaigns.iter().any(|campaign| campaign.category == *category) {
            let near = nearest_name(category, campaigns.iter().map(|campaign| campaign.category.as_str()));
            found.push(refused(parameter, Refusal::category_not_found(category), near));
        }
    }
    for (parameter, channel) in &references.channels {
        if let Err(refusal) = tenant.require_channel(channel) {
            let near = nearest_name(channel, tenant.channels.iter().map(|channel| channel.name.as_str()));
            found.push(refused(parameter, refusal, near));
        }
    }
    for (parameter, capitals) in &references.per_channel {
        if !tenant.channels.iter().any(|channel| channel.parameter_name() == *capitals) {
            // Only a warning: no contact of the tenant has an address in the channel.
            let message = format!("{parameter}: the tenant has no channel {capitals}, so this is never used");
            found.push(Diagnostic::warning(parameter, ErrorCode::ChannelNotEnabled, message));
        }
    }
    found
}
