//! From what is stored and an apply file to what changes.

use super::channel::channels;
use super::field::{Object, any_text, invalid, list, nearest, number, one_of, raw, some_text};
use super::file::{CAMPAIGN_FIELDS, CampaignEntry, File, TENANT_FIELDS, TenantEntry};
use crate::domain::campaign::{Campaign, CampaignKind, Mode, Validity};
use crate::domain::phone;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::tenant::Tenant;
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;

/// What applying a file comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be stored; empty: nothing changes.
    pub changes: Vec<Changed>,
    /// A line for everything in the file: tenants first, in its order.
    pub report: Vec<ChangeReport>,
}

/// A tenant of which something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it shall be, changed itself or not.
    pub tenant: Tenant,
    /// Its campaigns that are new or differ.
    pub campaigns: Vec<Campaign>,
}

/// What became of one thing in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeReport {
    /// What it is.
    pub kind: Kind,
    /// The tenant's id, or the campaign's.
    pub id: String,
    /// The tenant that it is or belongs to.
    pub tenant: String,
    /// What became of it.
    pub action: Action,
    /// The fields that differ now, if it was updated.
    pub fields: Vec<&'static str>,
}

/// What stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A tenant.
    Tenant,
    /// A campaign.
    Campaign,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Created,
    /// Some of its fields differ.
    Updated,
    /// It was so already.
    Unchanged,
}

/// Plans the changes that `file` makes. `existing`: tenants with all their campaigns, at least those of
/// [`File::tenants`]. A campaign's id is unique in its tenant only.
///
/// Errors: `apply-invalid`, with the detail `path`; `quota`, where a tenant would have more campaigns than it may.
pub fn plan(existing: &[(Tenant, Vec<Campaign>)], file: &File) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    let mut planned: Vec<Planned<'_>> = existing
        .iter()
        .map(|(tenant, campaigns)| Planned {
            stored: Some((tenant, campaigns)),
            now: tenant.clone(),
            campaigns: vec![],
        })
        .collect();
    for entry in &file.tenants {
        let place = planned.iter().position(|planned| planned.now.id == entry.id);
        let stored = place.and_then(|place| planned.get(place)?.stored).map(|(tenant, _)| tenant);
        let tenant = read_tenant(entry, stored)?;
        plan.report.push(report(Kind::Tenant, &tenant.id, &tenant.id, stored, &tenant, &TENANT_FIELDS));
        match place.and_then(|place| planned.get_mut(place)) {
            Some(planned) => planned.now = tenant,
            None => planned.push(Planned { stored: None, now: tenant, campaigns: vec![] }),
        }
    }
    for entry in &file.campaigns {
        let Some(planned) = planned.iter_mut().find(|planned| planned.now.id == entry.tenant) else {
            let problem = format!("there is no tenant {}; add it to the file's tenants", quoted(&entry.tenant));
            return Err(invalid(&format!("{}.tenant", entry.path), problem));
        };
        let stored = planned.stored_campaigns().iter().find(|campaign| campaign.id == entry.id);
        let campaign = read_campaign(entry, stored)?;
        let id = campaign.id.to_string();
        plan.report.push(report(Kind::Campaign, &id, &campaign.tenant, stored, &campaign, &CAMPAIGN_FIELDS));
        planned.campaigns.push((&entry.path, campaign));
    }
    for planned in planned {
        planned.check()?;
        plan.changes.extend(planned.into_changed());
    }
    Ok(plan)
}

fn report<T: Serialize + PartialEq>(
    kind: Kind,
    id: &str,
    tenant: &str,
    stored: Option<&T>,
    now: &T,
    fields: &[&'static str],
) -> ChangeReport {
    let value = |thing: &T| serde_json::to_value(thing).unwrap_or_default();
    let (action, fields) = match stored {
        None => (Action::Created, Vec::new()),
        Some(stored) if stored == now => (Action::Unchanged, Vec::new()),
        Some(stored) => {
            let (stored, now) = (value(stored), value(now));
            let differ = fields.iter().copied().filter(|field| stored.get(field) != now.get(field)).collect();
            (Action::Updated, differ)
        }
    };
    ChangeReport { kind, id: id.to_owned(), tenant: tenant.to_owned(), action, fields }
}

/// A tenant on its way.
struct Planned<'a> {
    stored: Option<(&'a Tenant, &'a Vec<Campaign>)>,
    now: Tenant,
    /// With their places in the file.
    campaigns: Vec<(&'a str, Campaign)>,
}

impl<'a> Planned<'a> {
    fn stored_campaigns(&self) -> &'a [Campaign] {
        self.stored.map(|(_, campaigns)| campaigns.as_slice()).unwrap_or_default()
    }

    /// Those of its campaigns that the file doesn't speak of.
    fn untouched(&self) -> impl Iterator<Item = &'a Campaign> {
        let spoken_of = |campaign: &Campaign| self.campaigns.iter().any(|(_, other)| other.id == campaign.id);
        self.stored_campaigns().iter().filter(move |campaign| !spoken_of(campaign))
    }

    fn check(&self) -> Result<(), Refusal> {
        let mut names: std::collections::BTreeMap<&str, String> = self
            .untouched()
            .map(|campaign| (campaign.name.as_str(), format!("the campaign {}", campaign.id)))
            .collect();
        for (path, campaign) in &self.campaigns {
            if let Some(owner) = names.insert(&campaign.name, (*path).to_owned()) {
                let problem = format!("the name {} is taken by {owner}; choose another", quoted(&campaign.name));
                return Err(invalid(&format!("{path}.name"), problem));
            }
        }
        let count = self.untouched().count() + self.campaigns.len();
        match self.now.quota_campaigns {
            Some(quota) if count > usize::try_from(quota).unwrap_or(usize::MAX) && self.differs() => {
                let message = format!(
                    "the tenant {} may have {quota} campaigns and would have {count}; raise its quota_campaigns or \
                     take some out of the file",
                    quoted(&self.now.id)
                );
                Err(Refusal::new("quota", message).with("limit", quota.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn changed_campaigns(&self) -> impl Iterator<Item = &Campaign> {
        let campaigns = self.campaigns.iter().map(|(_, campaign)| campaign);
        campaigns.filter(|campaign| !self.stored_campaigns().contains(campaign))
    }

    fn differs(&self) -> bool {
        self.stored.is_none_or(|(tenant, _)| *tenant != self.now) || self.changed_campaigns().next().is_some()
    }

    fn into_changed(self) -> Option<Changed> {
        self.differs().then(|| Changed { campaigns: self.changed_campaigns().cloned().collect(), tenant: self.now })
    }
}

fn read_tenant(entry: &TenantEntry, stored: Option<&Tenant>) -> Result<Tenant, Refusal> {
    let object = Object::read(&entry.value, &entry.path, &TENANT_FIELDS)?;
    let none = String::new;
    Ok(Tenant {
        id: entry.id.clone(),
        name: object.required("name", stored.map(|tenant| &tenant.name), some_text)?,
        time_zone: object.required("time_zone", stored.map(|tenant| &tenant.time_zone), time_zone)?,
        phone_region: object.required("phone_region", stored.map(|tenant| &tenant.phone_region), phone_region)?,
        default_intention: object.optional(
            "default_intention",
            stored.map(|tenant| &tenant.default_intention),
            none(),
            any_text,
        )?,
        channels: read_channels(object, stored)?,
        quota_campaigns: object.optional(
            "quota_campaigns",
            stored.map(|tenant| &tenant.quota_campaigns),
            None,
            |value| number(value, 0..=u32::MAX).map(Some),
        )?,
    })
}

fn read_channels(object: Object<'_>, stored: Option<&Tenant>) -> Result<Vec<crate::domain::Channel>, Refusal> {
    let stored = stored.map(|tenant| &tenant.channels);
    let given =
        object.required("channels", stored.map(|_| &Value::Null), |value| list(value).map(|_| value.clone()))?;
    match (given, stored) {
        (Value::Null, Some(stored)) => Ok(stored.clone()),
        (given, stored) => channels(&given, &object.path("channels"), stored.map(Vec::as_slice).unwrap_or_default()),
    }
}

fn time_zone(value: &Value) -> Result<Tz, String> {
    let name = raw(value)?;
    name.parse().map_err(|_| {
        let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean {near}"),
            None => "use a name of the IANA database, such as America/Santiago".to_owned(),
        };
        format!("there is no time zone {}; {hint}", quoted(name))
    })
}

fn phone_region(value: &Value) -> Result<String, String> {
    let region = raw(value)?;
    if phone::is_region(region) {
        return Ok(region.to_owned());
    }
    let message = format!("{} is no region; use a country's two capitals of ISO 3166, such as CL", quoted(region));
    Err(message)
}

fn read_campaign(entry: &CampaignEntry, stored: Option<&Campaign>) -> Result<Campaign, Refusal> {
    let object = Object::read(&entry.value, &entry.path, &CAMPAIGN_FIELDS)?;
    let kinds = CampaignKind::ALL.map(CampaignKind::as_str);
    let modes = Mode::ALL.map(Mode::as_str);
    let campaign = Campaign {
        id: entry.id,
        tenant: entry.tenant.clone(),
        name: object.required("name", stored.map(|campaign| &campaign.name), some_text)?,
        kind: object.required("type", stored.map(|campaign| &campaign.kind), |value| {
            one_of(value, &kinds, CampaignKind::from_name)
        })?,
        mode: object
            .required("mode", stored.map(|campaign| &campaign.mode), |value| one_of(value, &modes, Mode::from_name))?,
        category: object.required("category", stored.map(|campaign| &campaign.category), some_text)?,
        valid_until: object.optional("valid_until", stored.map(|campaign| &campaign.valid_until), None, |value| {
            validity(value).map(Some)
        })?,
        validity_hours: object.optional(
            "validity_hours",
            stored.map(|campaign| &campaign.validity_hours),
            24,
            |value| number(value, 1..=MAX_VALIDITY_HOURS),
        )?,
        intention: object.optional("intention", stored.map(|campaign| &campaign.intention), String::new(), any_text)?,
        starts_at: object.optional("starts_at", stored.map(|campaign| &campaign.starts_at), None, |value| {
            instant(value).map(Some)
        })?,
        ends_at: object
            .optional("ends_at", stored.map(|campaign| &campaign.ends_at), None, |value| instant(value).map(Some))?,
        grace_minutes: object.optional(
            "grace_minutes",
            stored.map(|campaign| &campaign.grace_minutes),
            60,
            |value| number(value, 0..=MAX_GRACE_MINUTES),
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

fn instant(value: &Value) -> Result<DateTime<Utc>, String> {
    let text = raw(value)?;
    read_instant(text).ok_or_else(|| {
        format!("{} is no instant; write RFC 3339 with an offset, as in 2027-01-31T09:00:00-03:00", quoted(text))
    })
}

fn validity(value: &Value) -> Result<Validity, String> {
    let text = raw(value)?;
    // The parser allows more than it writes: spaces, and fewer digits.
    let written = |day: &NaiveDate| in_range(day.year()) && day.format("%Y-%m-%d").to_string() == text;
    let day = text.parse().ok().filter(written);
    let validity = day.map(Validity::Day).or_else(|| read_instant(text).map(Validity::Instant));
    validity.ok_or_else(|| {
        let message =
            "is no date; write a day as in 2027-01-31, or RFC 3339 with an offset, as in 2027-01-31T09:00:00-03:00";
        format!("{} {message}", quoted(text))
    })
}

/// To the second, like every other moment that people write.
fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc).with_nanosecond(0)?;
    in_range(at.year()).then_some(at)
}

/// Years that every store and every form can hold.
fn in_range(year: i32) -> bool {
    (1970..=9999).contains(&year)
}

#[cfg(test)]
mod tests;
