//! The plan: the changes that an apply file makes to the stored configuration.

use super::channel::parse_channels;
use super::field::{
    Object, invalid, non_empty_text, normalised_text, parse_choice, parse_list, parse_number, unnormalised_text,
};
use super::file::{ApplyFile, CAMPAIGN_FIELDS, CampaignEntry, TENANT_FIELDS, TenantEntry};
use crate::campaign::{Campaign, CampaignKind, CampaignMode, Validity};
use crate::phone;
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use flowhost_error::text::quote;
use flowhost_error::{ErrorCode, nearest_name};
use serde::Serialize;
use serde_json::Value;

/// The result of planning a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes to store. Empty: nothing changes.
    pub changes: Vec<TenantChange>,
    /// One entry for each object in the file: tenants first, both in the order of the file.
    pub report: Vec<ChangeReport>,
}

/// A tenant that changes, itself or in its campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantChange {
    /// The tenant after the change.
    pub tenant: Tenant,
    /// The new and changed campaigns of the tenant.
    pub campaigns: Vec<Campaign>,
}

/// The action that the plan takes for one object of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeReport {
    /// The kind of the object.
    pub kind: ObjectKind,
    /// The tenant's id, or the campaign's.
    pub id: String,
    /// The id of the tenant, or of the campaign's tenant.
    pub tenant: String,
    /// The action.
    pub action: ChangeAction,
    /// The changed fields of an updated object.
    pub fields: Vec<&'static str>,
}

/// The kind of an object in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ObjectKind {
    /// A tenant.
    Tenant,
    /// A campaign.
    Campaign,
}

impl ObjectKind {
    /// Returns the name as in JSON: `tenant` or `campaign`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Campaign => "campaign",
        }
    }
}

/// The action that the plan takes for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ChangeAction {
    /// The object is new.
    Created,
    /// Some of its fields differ.
    Updated,
    /// The object equals the stored one.
    Unchanged,
}

/// Plans the changes that `file` makes. `existing` holds tenants with all their campaigns, at least the tenants of
/// [`ApplyFile::tenant_ids`]. A campaign's id is unique only within its tenant.
///
/// Errors: `apply-invalid`, with the detail `path`; `quota` if a tenant would exceed its number of campaigns.
pub fn plan(existing: &[(Tenant, Vec<Campaign>)], file: &ApplyFile) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    let mut planned: Vec<TenantPlan<'_>> = existing
        .iter()
        .map(|(tenant, campaigns)| TenantPlan {
            stored: Some((tenant, campaigns)),
            updated: tenant.clone(),
            campaigns: vec![],
        })
        .collect();
    for entry in &file.tenants {
        let index = planned.iter().position(|planned| planned.updated.id == entry.id);
        let stored = index.and_then(|index| planned.get(index)?.stored).map(|(tenant, _)| tenant);
        let tenant = parse_tenant(entry, stored)?;
        plan.report.push(report_change(ObjectKind::Tenant, &tenant.id, &tenant.id, stored, &tenant, &TENANT_FIELDS));
        match index.and_then(|index| planned.get_mut(index)) {
            Some(planned) => planned.updated = tenant,
            None => planned.push(TenantPlan { stored: None, updated: tenant, campaigns: vec![] }),
        }
    }
    for entry in &file.campaigns {
        let Some(planned) = planned.iter_mut().find(|planned| planned.updated.id == entry.tenant) else {
            let problem = format!("there is no tenant {}; add it to the file's tenants", quote(&entry.tenant));
            return Err(invalid(&format!("{}.tenant", entry.path), problem));
        };
        let stored = planned.stored_campaigns().iter().find(|campaign| campaign.id == entry.id);
        let campaign = parse_campaign(entry, stored)?;
        let id = campaign.id.to_string();
        plan.report.push(report_change(
            ObjectKind::Campaign,
            &id,
            &campaign.tenant,
            stored,
            &campaign,
            &CAMPAIGN_FIELDS,
        ));
        planned.campaigns.push((&entry.path, campaign));
    }
    for planned in planned {
        planned.check()?;
        plan.changes.extend(planned.into_change());
    }
    Ok(plan)
}

fn report_change<T: Serialize + PartialEq>(
    kind: ObjectKind,
    id: &str,
    tenant: &str,
    stored: Option<&T>,
    now: &T,
    fields: &[&'static str],
) -> ChangeReport {
    let value = |thing: &T| serde_json::to_value(thing).unwrap_or_default();
    let (action, fields) = match stored {
        None => (ChangeAction::Created, Vec::new()),
        Some(stored) if stored == now => (ChangeAction::Unchanged, Vec::new()),
        Some(stored) => {
            let (stored, now) = (value(stored), value(now));
            let differ = fields.iter().copied().filter(|field| stored.get(field) != now.get(field)).collect();
            (ChangeAction::Updated, differ)
        }
    };
    ChangeReport { kind, id: id.to_owned(), tenant: tenant.to_owned(), action, fields }
}

/// A tenant during planning.
struct TenantPlan<'a> {
    stored: Option<(&'a Tenant, &'a Vec<Campaign>)>,
    updated: Tenant,
    /// The campaigns in the file, each with its path.
    campaigns: Vec<(&'a str, Campaign)>,
}

impl<'a> TenantPlan<'a> {
    fn stored_campaigns(&self) -> &'a [Campaign] {
        self.stored.map(|(_, campaigns)| campaigns.as_slice()).unwrap_or_default()
    }

    /// Returns the stored campaigns of the tenant that the file omits.
    fn unlisted_campaigns(&self) -> impl Iterator<Item = &'a Campaign> {
        let is_listed = |campaign: &Campaign| self.campaigns.iter().any(|(_, other)| other.id == campaign.id);
        self.stored_campaigns().iter().filter(move |campaign| !is_listed(campaign))
    }

    fn check(&self) -> Result<(), Refusal> {
        let mut names: std::collections::BTreeMap<&str, String> = self
            .unlisted_campaigns()
            .map(|campaign| (campaign.name.as_str(), format!("the campaign {}", campaign.id)))
            .collect();
        for (path, campaign) in &self.campaigns {
            if let Some(owner) = names.insert(&campaign.name, (*path).to_owned()) {
                let problem = format!("the name {} is taken by {owner}; choose another", quote(&campaign.name));
                return Err(invalid(&format!("{path}.name"), problem));
            }
        }
        let count = self.unlisted_campaigns().count() + self.campaigns.len();
        match self.updated.quota_campaigns {
            Some(quota) if count > usize::try_from(quota).unwrap_or(usize::MAX) && self.has_changes() => {
                let message = format!(
                    "the tenant {} may have {quota} campaigns and would have {count}; raise its quota_campaigns or \
                     remove some from the file",
                    quote(&self.updated.id)
                );
                Err(Refusal::new(ErrorCode::Quota, message).with_detail("limit", quota.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn changed_campaigns(&self) -> impl Iterator<Item = &Campaign> {
        let campaigns = self.campaigns.iter().map(|(_, campaign)| campaign);
        campaigns.filter(|campaign| !self.stored_campaigns().contains(campaign))
    }

    fn has_changes(&self) -> bool {
        self.stored.is_none_or(|(tenant, _)| *tenant != self.updated) || self.changed_campaigns().next().is_some()
    }

    fn into_change(self) -> Option<TenantChange> {
        self.has_changes()
            .then(|| TenantChange { campaigns: self.changed_campaigns().cloned().collect(), tenant: self.updated })
    }
}

fn parse_tenant(entry: &TenantEntry, stored: Option<&Tenant>) -> Result<Tenant, Refusal> {
    let object = Object::parse(&entry.value, &entry.path, &TENANT_FIELDS)?;
    let none = String::new;
    Ok(Tenant {
        id: entry.id.clone(),
        name: object.required_field("name", stored.map(|tenant| &tenant.name), non_empty_text)?,
        time_zone: object.required_field("time_zone", stored.map(|tenant| &tenant.time_zone), parse_time_zone)?,
        phone_region: object.required_field(
            "phone_region",
            stored.map(|tenant| &tenant.phone_region),
            parse_phone_region,
        )?,
        default_intention: object.optional_field(
            "default_intention",
            stored.map(|tenant| &tenant.default_intention),
            none(),
            normalised_text,
        )?,
        channels: parse_tenant_channels(object, stored)?,
        quota_campaigns: object.optional_field(
            "quota_campaigns",
            stored.map(|tenant| &tenant.quota_campaigns),
            None,
            |value| parse_number(value, 0..=u32::MAX).map(Some),
        )?,
    })
}

fn parse_tenant_channels(object: Object<'_>, stored: Option<&Tenant>) -> Result<Vec<crate::Channel>, Refusal> {
    let stored = stored.map(|tenant| &tenant.channels);
    let given = object
        .required_field("channels", stored.map(|_| &Value::Null), |value| parse_list(value).map(|_| value.clone()))?;
    match (given, stored) {
        (Value::Null, Some(stored)) => Ok(stored.clone()),
        (given, stored) => {
            parse_channels(&given, &object.path("channels"), stored.map(Vec::as_slice).unwrap_or_default())
        }
    }
}

fn parse_time_zone(value: &Value) -> Result<Tz, String> {
    let name = unnormalised_text(value)?;
    name.parse().map_err(|_| {
        let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let hint = match nearest_name(name, known) {
            Some(near) => format!("did you mean {near}"),
            None => "use a name of the IANA database, such as America/Santiago".to_owned(),
        };
        format!("there is no time zone {}; {hint}", quote(name))
    })
}

fn parse_phone_region(value: &Value) -> Result<String, String> {
    let region = unnormalised_text(value)?;
    if phone::is_region(region) {
        return Ok(region.to_owned());
    }
    let message = format!("{} is not a region; use a country code of ISO 3166 in capitals, such as CL", quote(region));
    Err(message)
}

fn parse_campaign(entry: &CampaignEntry, stored: Option<&Campaign>) -> Result<Campaign, Refusal> {
    let object = Object::parse(&entry.value, &entry.path, &CAMPAIGN_FIELDS)?;
    let kinds = CampaignKind::ALL.map(CampaignKind::as_str);
    let modes = CampaignMode::ALL.map(CampaignMode::as_str);
    let campaign = Campaign {
        id: entry.id,
        tenant: entry.tenant.clone(),
        name: object.required_field("name", stored.map(|campaign| &campaign.name), non_empty_text)?,
        kind: object.required_field("type", stored.map(|campaign| &campaign.kind), |value| {
            parse_choice(value, &kinds, CampaignKind::from_name)
        })?,
        mode: object.required_field("mode", stored.map(|campaign| &campaign.mode), |value| {
            parse_choice(value, &modes, CampaignMode::from_name)
        })?,
        category: object.required_field("category", stored.map(|campaign| &campaign.category), non_empty_text)?,
        valid_until: object.optional_field(
            "valid_until",
            stored.map(|campaign| &campaign.valid_until),
            None,
            |value| parse_validity(value).map(Some),
        )?,
        validity_hours: object.optional_field(
            "validity_hours",
            stored.map(|campaign| &campaign.validity_hours),
            24,
            |value| parse_number(value, 1..=MAX_VALIDITY_HOURS),
        )?,
        intention: object.optional_field(
            "intention",
            stored.map(|campaign| &campaign.intention),
            String::new(),
            normalised_text,
        )?,
        starts_at: object.optional_field("starts_at", stored.map(|campaign| &campaign.starts_at), None, |value| {
            parse_instant(value).map(Some)
        })?,
        ends_at: object.optional_field("ends_at", stored.map(|campaign| &campaign.ends_at), None, |value| {
            parse_instant(value).map(Some)
        })?,
        grace_minutes: object.optional_field(
            "grace_minutes",
            stored.map(|campaign| &campaign.grace_minutes),
            60,
            |value| parse_number(value, 0..=MAX_GRACE_MINUTES),
        )?,
    };
    if campaign.starts_at.zip(campaign.ends_at).is_some_and(|(start, end)| end < start) {
        return Err(invalid(&object.path("ends_at"), "the campaign ends before it starts; give a later end"));
    }
    Ok(campaign)
}

/// Ten years.
const MAX_VALIDITY_HOURS: u32 = 10 * 366 * 24;
/// One year.
const MAX_GRACE_MINUTES: u32 = 366 * 24 * 60;

fn parse_instant(value: &Value) -> Result<DateTime<Utc>, String> {
    let text = unnormalised_text(value)?;
    parse_rfc3339(text).ok_or_else(|| {
        format!("{} is not a timestamp; write RFC 3339 with an offset, as in 2027-01-31T09:00:00-03:00", quote(text))
    })
}

fn parse_validity(value: &Value) -> Result<Validity, String> {
    let text = unnormalised_text(value)?;
    // The parser accepts forms that the serialiser never writes: spaces and fewer digits.
    let written = |day: &NaiveDate| is_supported_year(day.year()) && day.format("%Y-%m-%d").to_string() == text;
    let day = text.parse().ok().filter(written);
    let validity = day.map(Validity::Day).or_else(|| parse_rfc3339(text).map(Validity::Instant));
    validity.ok_or_else(|| {
        let message =
            "is not a date; write a day as in 2027-01-31, or RFC 3339 with an offset, as in 2027-01-31T09:00:00-03:00";
        format!("{} {message}", quote(text))
    })
}

/// Parses a timestamp and drops fractions of a second, as all parsers of written times do.
fn parse_rfc3339(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc).with_nanosecond(0)?;
    is_supported_year(at.year()).then_some(at)
}

/// Returns whether every store and every text form can hold the year.
fn is_supported_year(year: i32) -> bool {
    (1970..=9999).contains(&year)
}

#[cfg(test)]
mod tests;
