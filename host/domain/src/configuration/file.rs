//! The apply file as text and shape: what it holds, before anything is made of its fields.

use super::field::{Object, ROOT, invalid, non_empty_text, parse_list, unnormalised_text};
use crate::json::{self, IntegerCheck};
use crate::refusal::{Refusal, quote};
use serde_json::Value;
use uuid::Uuid;

/// A tenant's fields, in the order in which they are written.
pub(super) const TENANT_FIELDS: [&str; 7] =
    ["id", "name", "time_zone", "phone_region", "default_intention", "channels", "quota_campaigns"];

/// A campaign's fields, in the order in which they are written.
pub(super) const CAMPAIGN_FIELDS: [&str; 12] = [
    "tenant",
    "id",
    "name",
    "type",
    "mode",
    "category",
    "valid_until",
    "validity_hours",
    "intention",
    "starts_at",
    "ends_at",
    "grace_minutes",
];

/// An apply file that is JSON of the right shape: its objects have known fields, and each thing stands there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyFile {
    pub(super) tenants: Vec<TenantEntry>,
    pub(super) campaigns: Vec<CampaignEntry>,
}

/// What the file says of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TenantEntry {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) value: Value,
}

/// What the file says of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CampaignEntry {
    pub(super) path: String,
    pub(super) tenant: String,
    pub(super) id: Uuid,
    pub(super) value: Value,
}

impl ApplyFile {
    /// Reads an apply file. Errors: `apply-invalid`, with the details `line` and `column` where it is not JSON or an object
    /// repeats a name, and `path` (`campaigns[1].time_zone`) where a part of it is wrong.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            // Line and column stand in the error's own words.
            Refusal::new("apply-invalid", format!("the file is not JSON: {error}"))
                .with_detail("line", error.line().to_string())
                .with_detail("column", error.column().to_string())
        })?;
        if let Some(found) = json::inspect(text, IntegerCheck::Nowhere).duplicate {
            return Err(Refusal::new("apply-invalid", format!("the file: {found}"))
                .with_detail("line", found.line.to_string())
                .with_detail("column", found.column.to_string())
                .with_detail("path", found.path));
        }
        let file = Object::parse(&value, ROOT, &["tenants", "campaigns"])?;
        let items =
            |name| file.optional_field(name, None, Vec::new(), |value| parse_list(value).map(<[Value]>::to_vec));
        let (tenants, campaigns) = (items("tenants")?, items("campaigns")?);
        let tenants: Vec<TenantEntry> =
            tenants.into_iter().enumerate().map(TenantEntry::parse).collect::<Result<_, _>>()?;
        let campaigns: Vec<CampaignEntry> =
            campaigns.into_iter().enumerate().map(CampaignEntry::parse).collect::<Result<_, _>>()?;
        let tenant_keys = tenants.iter().map(|entry| (("", entry.id.clone()), entry.path.as_str()));
        // A campaign's id is unique in its tenant only.
        let campaign_keys =
            campaigns.iter().map(|entry| ((entry.tenant.as_str(), entry.id.to_string()), entry.path.as_str()));
        reject_duplicates(tenant_keys)?;
        reject_duplicates(campaign_keys)?;
        Ok(Self { tenants, campaigns })
    }

    /// The tenants that it speaks of, itself or in a campaign: what the plan needs of the store. Each once, in order.
    pub fn tenant_ids(&self) -> Vec<&str> {
        let own = self.tenants.iter().map(|entry| entry.id.as_str());
        let of_campaigns = self.campaigns.iter().map(|entry| entry.tenant.as_str());
        let mut ids: Vec<&str> = own.chain(of_campaigns).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

impl TenantEntry {
    fn parse((index, value): (usize, Value)) -> Result<Self, Refusal> {
        let path = format!("tenants[{index}]");
        let id = Object::parse(&value, &path, &TENANT_FIELDS)?.required_field("id", None, non_empty_text)?;
        Ok(Self { path, id, value })
    }
}

impl CampaignEntry {
    fn parse((index, value): (usize, Value)) -> Result<Self, Refusal> {
        let path = format!("campaigns[{index}]");
        let object = Object::parse(&value, &path, &CAMPAIGN_FIELDS)?;
        let tenant = object.required_field("tenant", None, non_empty_text)?;
        let id = object.required_field("id", None, |value| {
            let text = unnormalised_text(value)?;
            Uuid::try_parse(text).map_err(|_| {
                format!("{} is not a UUID; write one as in a47be8af-d40d-452c-9a3e-bcf668fcd1dc", quote(text))
            })
        })?;
        Ok(Self { path, tenant, id, value })
    }
}

/// Things by their owner and id, with their places in the file.
fn reject_duplicates<'a>(keys: impl Iterator<Item = ((&'a str, String), &'a str)>) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeMap::new();
    for (key, path) in keys {
        if let Some(first) = seen.get(&key) {
            return Err(invalid(
                &format!("{path}.id"),
                format!("{} stands in {first} already; remove one", quote(&key.1)),
            ));
        }
        seen.insert(key, path);
    }
    Ok(())
}
