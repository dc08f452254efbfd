//! The parsed `given` of a case: configuration, contents of the store, session and parameters.

use crate::contents::{ContactEntry, DndEntryRow, RecordEntry, parse_contact, parse_dnd, parse_record};
use crate::merge_patch::merge_patch;
use crate::shape::{Checked, Fields, Place, Problem};
use chrono::{DateTime, Utc};
use flowhost_domain::configuration::ApplyFile;
use flowhost_domain::{Campaign, Refusal};
use flowhost_host_functions::Session;
use flowhost_store::{
    ApplyError, Change, CommitOutcome, CommitRequest, Committer, MemoryStore, ReadSet, Store, StoreError, apply,
};
use serde_json::{Map, Value, json};

/// The members of `given`.
pub(crate) const FIELDS: Fields = &["tenants", "campaigns", "contacts", "records", "dnd", "session", "parameters"];

/// The id of the tenant of a case that does not give its own.
const DEFAULT_TENANT: &str = "test";

/// The parsed `given`.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    apply_file: String,
    contacts: Vec<ContactEntry>,
    records: Vec<RecordEntry>,
    dnd: Vec<DndEntryRow>,
    at: DateTime<Utc>,
    pub(crate) session: Session,
    pub(crate) parameters: Map<String, Value>,
}

impl Given {
    /// Parses a `given` that the case's own one was merged into.
    pub(crate) fn parse(given: &Place<'_>) -> Checked<Self> {
        given.object(FIELDS)?;
        let session = parse_session(given)?;
        let at = session.at.unwrap_or_default();
        let apply_file = apply_file(given, &session.tenant);
        ApplyFile::parse(&apply_file).map_err(|refusal| apply_problem(given, &refusal))?;
        let lists = (items(given, "contacts")?, items(given, "records")?, items(given, "dnd")?);
        let defaults = (session.tenant.as_str(), at);
        let contacts = lists.0.iter().map(|place| parse_contact(place, defaults)).collect::<Checked<_>>()?;
        let records = lists.1.iter().map(|place| parse_record(place, defaults)).collect::<Checked<_>>()?;
        let dnd = lists.2.iter().map(|place| parse_dnd(place, defaults)).collect::<Checked<_>>()?;
        let parameters = given.member("parameters").map_or(Ok(Map::new()), |place| place.any_object().cloned())?;
        Ok(Self { apply_file, contacts, records, dnd, at, session, parameters })
    }

    /// Creates a store with the given contents. Errors have pointers into `given`.
    pub(crate) async fn fill_store(&self, given: &Place<'_>) -> Checked<MemoryStore> {
        let mut store = MemoryStore::new();
        let failed = |error: StoreError| Problem { pointer: given.pointer.clone(), message: error.to_string() };
        match apply(&store, &self.apply_file).await {
            Ok(_) => {}
            Err(ApplyError::Refusal(refusal)) => return Err(apply_problem(given, &refusal)),
            Err(ApplyError::Store(error)) => return Err(failed(error)),
            Err(error) => return Err(Problem { pointer: given.pointer.clone(), message: error.to_string() }),
        }
        for contact in &self.contacts {
            let found = store.configuration(&contact.tenant).await.map_err(failed)?;
            found.map_or(Ok(()), |found| contact.check_identifiers(&found.tenant))?;
            let change = Change::CreateContact(contact.contact.clone());
            let reason = "the id or an address belongs to an earlier contact, or the tenant does not exist";
            self.commit(&mut store, &contact.tenant, (change, &contact.pointer, reason)).await?;
        }
        for entry in &self.dnd {
            let found = store.configuration(&entry.tenant).await.map_err(failed)?;
            let campaigns = found.map(|found| found.campaigns).unwrap_or_default();
            let change = entry.to_change(&campaigns)?;
            self.commit(&mut store, &entry.tenant, (change, &entry.pointer, "the contact is not given")).await?;
        }
        for record in &self.records {
            let found = store.configuration(&record.tenant).await.map_err(failed)?;
            let is_known = |campaign: &Campaign| campaign.id == record.record.campaign;
            if !found.is_some_and(|found| found.campaigns.iter().any(is_known)) {
                let message = "the campaign of the record is not given; add it to campaigns".to_owned();
                return Err(Problem { pointer: record.pointer.clone(), message });
            }
            let change = Change::CreateRecord(record.record.clone());
            let reason = "the contact is not given, or the id belongs to an earlier record";
            self.commit(&mut store, &record.tenant, (change, &record.pointer, reason)).await?;
        }
        Ok(store)
    }

    async fn commit(
        &self,
        store: &mut MemoryStore,
        tenant: &str,
        (change, pointer, reason): (Change, &str, &str),
    ) -> Checked<()> {
        let request = CommitRequest {
            tenant: tenant.to_owned(),
            reads: ReadSet::default(),
            changes: vec![change],
            idempotency_record: None,
            now: self.at,
            quota: None,
        };
        let problem = |message: String| Problem { pointer: pointer.to_owned(), message };
        match store.commit(&[request]).await {
            Ok(outcomes) if outcomes == [CommitOutcome::Committed] => Ok(()),
            Ok(_) => Err(problem(format!("the store rejects the object: {reason}; correct it"))),
            Err(error) => Err(problem(error.to_string())),
        }
    }
}

/// Returns the session: the given members over the default ones.
fn parse_session(given: &Place<'_>) -> Checked<Session> {
    let mut session = json!({
        "id": "case", "tenant": DEFAULT_TENANT, "channel": "whatsapp", "user": "+12025550123",
        "at": "2030-01-01T12:00:00Z", "seed": 1,
    });
    let place = given.member("session").unwrap_or_else(|| given.clone());
    if let Some(own) = given.value.get("session") {
        place.any_object()?;
        merge_patch(&mut session, own);
    }
    Session::from_value(session).or_else(|error| place.problem(format!("{error}; correct the session")))
}

/// Returns the apply file: the given tenants or the default one, and the campaigns with their tenants.
fn apply_file(given: &Place<'_>, tenant: &str) -> String {
    let default = json!([{
        "id": DEFAULT_TENANT, "name": "Test", "time_zone": "UTC", "phone_region": "US",
        "channels": ["whatsapp", "voice", "sms", "widget"],
    }]);
    let mut campaigns = given.value.get("campaigns").cloned().unwrap_or_else(|| json!([]));
    for campaign in campaigns.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        campaign.entry("tenant").or_insert_with(|| json!(tenant));
    }
    let tenants = given.value.get("tenants").cloned().unwrap_or(default);
    json!({ "tenants": tenants, "campaigns": campaigns }).to_string()
}

/// Converts a refusal of the apply file, whose path has the form `campaigns[1].time_zone`.
fn apply_problem(given: &Place<'_>, refusal: &Refusal) -> Problem {
    let path = refusal.details.iter().find(|(name, _)| name == "path").map_or("", |(_, path)| path);
    let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty());
    let pointer = steps.fold(given.pointer.clone(), |pointer, step| format!("{pointer}/{step}"));
    Problem { pointer, message: refusal.message.clone() }
}

fn items<'v>(given: &Place<'v>, name: &str) -> Checked<Vec<Place<'v>>> {
    given.member(name).map_or(Ok(Vec::new()), |list| list.items())
}
