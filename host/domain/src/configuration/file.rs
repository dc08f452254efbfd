//! The structure of the apply file: its objects and their ids, before the plan reads the other fields.

use super::field::{Object, ROOT, invalid, non_empty_text, parse_list, unnormalised_text};
use crate::json::{self, IntegerCheck};
use crate::refusal::Refusal;
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use serde_json::Value;
use uuid::Uuid;

/// The fields of a tenant, in the order of serialisation.
pub(super) const TENANT_FIELDS: [&str; 7] =
    ["id", "name", "time_zone", "phone_region", "default_intention", "channels", "quota_campaigns"];

/// The fields of a campaign, in the order of serialisation.
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

/// An apply file with a valid structure: its objects have only known fields, and each object occurs once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyFile {
    pub(super) tenants: Vec<TenantEntry>,
    pub(super) campaigns: Vec<CampaignEntry>,
}

/// The file's entry for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TenantEntry {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) value: Value,
}

/// The file's entry for a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CampaignEntry {
    pub(super) path: String,
    pub(super) tenant: String,
    pub(super) id: Uuid,
    pub(super) value: Value,
}

impl ApplyFile {
    /// Parses an apply file. Errors: `apply-invalid`. It has the details `line` and `column` if the text is not JSON or
    /// an object repeats a name. It has the detail `path` (`campaigns[1].time_zone`) if a part is wrong.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            // The error's own message contains line and column.
            Refusal::new(ErrorCode::ApplyInvalid, format!("the file is not JSON: {error}"))
                .with_detail("line", error.line().to_string())
                .with_detail("column", error.column().to_string())
        })?;
        if let Some(found) = json::inspect(text, IntegerCheck::Nowhere).duplicate {
            return Err(Refusal::new(ErrorCode::ApplyInvalid, format!("the file: {found}"))
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
        // A campaign's id is unique only within its tenant.
        let campaign_keys =
            campaigns.iter().map(|entry| ((entry.tenant.as_str(), entry.id.to_string()), entry.path.as_str()));
        reject_duplicates(tenant_keys)?;
        reject_duplicates(campaign_keys)?;
        Ok(Self { tenants, campaigns })
    }

    /// Returns the ids of the tenants that the file names itself or in a campaign, sorted and without duplicates. The
    /// plan needs these tenants from the store.
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

/// Rejects a repeated key. A key is an owner and an id; each key has its path in the file.
fn reject_duplicates<'a>(keys: impl Iterator<Item = ((&'a str, String), &'a str)>) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeMap::new();
    for (key, path) in keys {
        if let Some(first) = seen.get(&key) {
            return Err(invalid(&format!("{path}.id"), format!("{} is already in {first}; remove one", quote(&key.1))));
        }
        seen.insert(key, path);
    }
    Ok(())
}
