//! Contacts, records and do-not-disturb entries of `given`, in the form in which the lists print them.

use crate::shape::{Checked, Fields, Place, Problem};
use chrono::{DateTime, Utc};
use flowhost_domain::record::Schedule;
use flowhost_domain::template::Template;
use flowhost_domain::{
    Address, Campaign, Contact, DndEntry, IdentifierKind, Record, RecordState, Scope, Tenant, phone,
};
use flowhost_error::text::quote;
use flowhost_store::Change;
use uuid::Uuid;

const CONTACT_FIELDS: Fields = &["id", "tenant", "name", "addresses", "correlators", "created_at", "updated_at"];
const ADDRESS_FIELDS: Fields = &["channel", "identifier"];
const RECORD_FIELDS: Fields = &[
    "id",
    "tenant",
    "campaign",
    "contact",
    "state",
    "internal",
    "scheduled_at",
    "message",
    "template",
    "data",
    "run",
    "created_at",
    "updated_at",
];
const DND_FIELDS: Fields = &["tenant", "contact", "campaign", "category", "at", "by", "reason"];

/// The form of an id in messages.
const UUID: &str = "a UUID";

/// The tenant and the time of an object that does not name them.
pub(crate) type Defaults<'d> = (&'d str, DateTime<Utc>);

/// A contact with its tenant and its place in the file.
#[derive(Debug, Clone)]
pub(crate) struct ContactEntry {
    pub(crate) pointer: String,
    pub(crate) tenant: String,
    pub(crate) contact: Contact,
}

impl ContactEntry {
    /// Checks that phone numbers have the form in which a store has them. An action would not find any other form.
    pub(crate) fn check_identifiers(&self, tenant: &Tenant) -> Checked<()> {
        for Address { channel, identifier, .. } in &self.contact.addresses {
            let is_phone = tenant.channel(channel).is_some_and(|known| known.identifier == IdentifierKind::Phone);
            let stored = phone::normalise(identifier, Some(&tenant.phone_region)).map(|phone| phone.e164);
            if is_phone && stored.as_ref() != Ok(identifier) {
                let form = stored.unwrap_or_else(|_| "+12025550123".to_owned());
                let message =
                    format!("{} is not a phone number as a store has it; write it as in {form}", quote(identifier));
                return Err(Problem { pointer: format!("{}/addresses", self.pointer), message });
            }
        }
        Ok(())
    }
}

/// A record with its tenant and its place in the file.
#[derive(Debug, Clone)]
pub(crate) struct RecordEntry {
    pub(crate) pointer: String,
    pub(crate) tenant: String,
    pub(crate) record: Record,
}

/// A do-not-disturb entry with its tenant and its place in the file.
#[derive(Debug, Clone)]
pub(crate) struct DndEntryRow {
    pub(crate) pointer: String,
    pub(crate) tenant: String,
    contact: Uuid,
    entry: DndEntry,
}

impl DndEntryRow {
    /// Returns the change that adds the entry. The category of a campaign comes from the configuration.
    pub(crate) fn to_change(&self, campaigns: &[Campaign]) -> Checked<Change> {
        let mut entry = self.entry.clone();
        let is_known = match &entry.scope {
            Scope::Campaign(id) => match campaigns.iter().find(|campaign| campaign.id == *id) {
                Some(campaign) => {
                    entry.category.clone_from(&campaign.category);
                    true
                }
                None => false,
            },
            Scope::Category(category) => campaigns.iter().any(|campaign| campaign.category == *category),
        };
        if is_known {
            return Ok(Change::AddDnd { contact: self.contact, entry });
        }
        let message = "no given campaign has this id or category; add the campaign to campaigns".to_owned();
        Err(Problem { pointer: self.pointer.clone(), message })
    }
}

pub(crate) fn parse_contact(place: &Place<'_>, (tenant, at): Defaults<'_>) -> Checked<ContactEntry> {
    place.object(CONTACT_FIELDS)?;
    let mut addresses = match place.set_member("addresses") {
        Some(list) => list.items()?.iter().map(parse_address).collect::<Checked<Vec<_>>>()?,
        None => Vec::new(),
    };
    addresses.sort_by(|a, b| a.channel.cmp(&b.channel));
    if let Some([one, _]) = addresses.array_windows().find(|[one, other]| one.channel == other.channel) {
        return place.problem(format!("the contact has two addresses in the channel {}; remove one", one.channel));
    }
    let contact = Contact {
        id: place.required("id")?.parse(UUID)?,
        name: optional_text(place, "name")?.unwrap_or_default(),
        correlators: parse_correlators(place)?,
        addresses,
        dnd: Vec::new(),
        created_at: optional_time(place, "created_at")?.unwrap_or(at),
        updated_at: optional_time(place, "updated_at")?.unwrap_or(at),
    };
    Ok(ContactEntry { pointer: place.pointer.clone(), tenant: parse_tenant(place, tenant)?, contact })
}

fn parse_address(place: &Place<'_>) -> Checked<Address> {
    place.object(ADDRESS_FIELDS)?;
    let channel = place.required("channel")?.text()?.to_owned();
    let identifier = place.required("identifier")?.text()?.to_owned();
    Ok(Address { channel, typed: identifier.clone(), identifier })
}

fn parse_correlators(place: &Place<'_>) -> Checked<[Option<String>; 3]> {
    let Some(list) = place.set_member("correlators") else { return Ok([const { None }; 3]) };
    let items = list.items()?.into_iter();
    let texts = items.map(|item| if item.value.is_null() { Ok(None) } else { item.text().map(|t| Some(t.to_owned())) });
    let texts: Vec<Option<String>> = texts.collect::<Checked<_>>()?;
    texts.try_into().or_else(|_| list.problem("a contact has three correlators; write a list of three, with null"))
}

pub(crate) fn parse_record(place: &Place<'_>, (tenant, at): Defaults<'_>) -> Checked<RecordEntry> {
    place.object(RECORD_FIELDS)?;
    let internal = place.set_member("internal").map_or(Ok(false), |place| place.boolean())?;
    let scheduled_at = optional_time(place, "scheduled_at")?;
    let run = place.set_member("run").map_or(Ok(1), |run| run.count())?;
    let record = Record {
        id: place.required("id")?.parse(UUID)?,
        campaign: place.required("campaign")?.parse(UUID)?,
        contact: place.required("contact")?.parse(UUID)?,
        state: place.set_member("state").map_or(Ok(RecordState::Ready), |state| parse_state(&state))?,
        internal,
        depth: u32::from(internal),
        schedule: scheduled_at.map(|at| Schedule { at, text: at.to_rfc3339() }),
        message: optional_text(place, "message")?,
        template: place.set_member("template").map(|template| parse_template(&template)).transpose()?.flatten(),
        data: match place.set_member("data") {
            Some(data) => serde_json::Value::Object(data.any_object()?.clone()).to_string(),
            None => "{}".to_owned(),
        },
        run: u32::try_from(run).unwrap_or(u32::MAX),
        created_at: optional_time(place, "created_at")?.unwrap_or(at),
        updated_at: optional_time(place, "updated_at")?.unwrap_or(at),
    };
    Ok(RecordEntry { pointer: place.pointer.clone(), tenant: parse_tenant(place, tenant)?, record })
}

fn parse_state(place: &Place<'_>) -> Checked<RecordState> {
    let names = RecordState::ALL.map(RecordState::as_str).join(", ");
    RecordState::from_name(place.text()?)
        .map_or_else(|| place.problem(format!("the state is not known; write one of {names}")), Ok)
}

fn parse_template(place: &Place<'_>) -> Checked<Option<String>> {
    place.any_object()?;
    let template = Template::parse(&place.value.to_string());
    let stored = template.and_then(|template| template.map(|found| found.validate_and_serialise()).transpose());
    stored.or_else(|refusal| place.problem(refusal.message))
}

pub(crate) fn parse_dnd(place: &Place<'_>, (tenant, at): Defaults<'_>) -> Checked<DndEntryRow> {
    place.object(DND_FIELDS)?;
    let campaign = place.set_member("campaign").map(|campaign| campaign.parse::<Uuid>(UUID)).transpose()?;
    let (scope, category) = match (campaign, optional_text(place, "category")?) {
        (Some(campaign), None) => (Scope::Campaign(campaign), String::new()),
        (None, Some(category)) => (Scope::Category(category.clone()), category),
        _ => return place.problem("an entry has a campaign or a category; write exactly one of them"),
    };
    let entry = DndEntry {
        scope,
        category,
        at: optional_time(place, "at")?.unwrap_or(at),
        actor: optional_text(place, "by")?.unwrap_or_else(|| "case".to_owned()),
        reason: optional_text(place, "reason")?,
    };
    let contact = place.required("contact")?.parse(UUID)?;
    Ok(DndEntryRow { pointer: place.pointer.clone(), tenant: parse_tenant(place, tenant)?, contact, entry })
}

fn parse_tenant(place: &Place<'_>, default: &str) -> Checked<String> {
    Ok(optional_text(place, "tenant")?.unwrap_or_else(|| default.to_owned()))
}

fn optional_text(place: &Place<'_>, name: &str) -> Checked<Option<String>> {
    place.set_member(name).map(|member| member.text().map(str::to_owned)).transpose()
}

fn optional_time(place: &Place<'_>, name: &str) -> Checked<Option<DateTime<Utc>>> {
    place.set_member(name).map(|member| member.parse("a time such as 2030-01-01T12:00:00Z")).transpose()
}
