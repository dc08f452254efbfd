//! Hosts, stores and requests for measurements.

use chrono::{DateTime, TimeZone as _, Utc};
use flowhost::domain::{Address, Contact, Record, RecordState};
use flowhost::store::{Change, CommitOutcome, CommitRequest, Committer, ReadSet, Store, apply};
use flowhost::{Host, HostBuilder, PreparedNode, Request, Session};
use serde_json::{Value as Json, json};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";
pub(crate) const CONTACT: &str = "a47be8af-d40d-452c-9a3e-bcf668fc0000";
pub(crate) const TENANT: &str = "acme";

/// The folder of compiled code for all measurements.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-speed")
}

/// An empty folder for a store's file.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("speed-{name}"));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Configures these tenants in a store, each with a campaign.
pub(crate) async fn configure(store: &impl Store, tenants: &[String]) {
    let campaigns: Vec<_> = tenants
        .iter()
        .enumerate()
        .map(|(number, tenant)| {
            json!({ "tenant": tenant, "id": campaign_id(number), "name": "Recovery", "type": "simple", "mode": "always-on",
                    "category": "Collections", "intention": "pay" })
        })
        .collect();
    let tenants: Vec<_> = tenants
        .iter()
        .map(|tenant| {
            json!({ "id": tenant, "name": tenant, "time_zone": "America/Santiago", "phone_region": "CL",
                    "default_intention": "menu", "channels": ["whatsapp", "voice", "messenger"] })
        })
        .collect();
    apply(store, &json!({ "tenants": tenants, "campaigns": campaigns }).to_string()).await.unwrap();
}

/// The id of the n-th tenant's campaign.
pub(crate) fn campaign_id(number: usize) -> String {
    Uuid::from_u128(CAMPAIGN.parse::<Uuid>().unwrap().as_u128() + number as u128).to_string()
}

/// The id of the n-th contact.
pub(crate) fn contact_id(number: usize) -> Uuid {
    Uuid::from_u128(CONTACT.parse::<Uuid>().unwrap().as_u128() + number as u128)
}

/// The creation time of all stored objects.
pub(crate) fn long_ago() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
}

/// The creation of the n-th contact.
pub(crate) fn contact_creation(tenant: &str, number: usize) -> CommitRequest {
    let identifier = format!("m{number}");
    let address = Address { channel: "messenger".to_owned(), typed: identifier.clone(), identifier };
    let contact = Contact {
        id: contact_id(number),
        name: "Ana".to_owned(),
        correlators: [None, None, None],
        addresses: vec![address],
        dnd: Vec::new(),
        created_at: long_ago(),
        updated_at: long_ago(),
    };
    let changes = vec![Change::CreateContact(contact)];
    CommitRequest {
        tenant: tenant.to_owned(),
        reads: ReadSet::default(),
        changes,
        idempotency_record: None,
        now: long_ago(),
        quota: None,
    }
}

/// The creation of the n-th contact, and of a record for it.
pub(crate) fn contact_and_record_creation(number: usize) -> CommitRequest {
    let mut commit = contact_creation(TENANT, number);
    commit.changes.push(Change::CreateRecord(Record {
        id: Uuid::from_u128(contact_id(number).as_u128() + (1 << 64)),
        campaign: CAMPAIGN.parse().unwrap(),
        contact: contact_id(number),
        state: RecordState::Ready,
        internal: true,
        depth: 1,
        schedule: None,
        message: None,
        template: None,
        data: "{}".to_owned(),
        run: 1,
        created_at: long_ago(),
        updated_at: long_ago(),
    }));
    commit
}

/// Commits a batch and asserts that the store accepts every commit.
pub(crate) async fn commit(committer: &mut dyn Committer, batch: &[CommitRequest]) {
    let verdicts = committer.commit(batch).await.unwrap();
    assert!(verdicts.iter().all(|verdict| *verdict == CommitOutcome::Committed), "{verdicts:?}");
}

/// A host on a store that has the tenant and its first contact.
pub(crate) async fn host(store: impl Store, workers: usize) -> Host {
    host_with(Host::builder().workers(workers), store).await
}

/// A host with the settings of `builder`, on a store that has the tenant and its first contact.
pub(crate) async fn host_with(builder: HostBuilder, store: impl Store) -> Host {
    configure(&store, &[TENANT.to_owned()]).await;
    commit(&mut *store.committer().await.unwrap(), &[contact_creation(TENANT, 0)]).await;
    builder.cache(cache()).open(store).await.unwrap()
}

/// A node of this action.
pub(crate) fn node(host: &Host, action: &str, parameters: &Json) -> PreparedNode {
    host.prepare(action, parameters.as_object().unwrap()).unwrap()
}

/// The node of the validator, for the n-th tenant.
pub(crate) fn validator_node(host: &Host, tenant: usize) -> PreparedNode {
    let parameters = json!({
        "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": campaign_id(tenant), "DND_VALIDATION_RESULT": "blocked",
    });
    node(host, "campaign-dnd-validator", &parameters)
}

/// The node that creates or updates the session's own contact.
pub(crate) fn contact_manager_node(host: &Host) -> PreparedNode {
    let parameters = json!({
        "CONTACT_NAME_EXPRESSION": "contact_name", "CONTACT_IDENTIFIER_ENTITY": "contact_id",
    });
    node(host, "campaign-contact-manager", &parameters)
}

/// A session of the n-th contact.
pub(crate) fn session(tenant: &str, number: usize) -> Session {
    let mut session = Session::new(tenant, "messenger", format!("m{number}"));
    session.entities.insert("contact_id".to_owned(), contact_id(number).to_string().into());
    session.entities.insert("contact_name".to_owned(), "Ana".into());
    session
}

/// A request to the validator for the first contact.
pub(crate) fn validation_request(host: &Host) -> Request {
    Request::new(validator_node(host, 0), session(TENANT, 0))
}

/// A request to each of the ten actions, for the first contact. The function invokes each once, so that later
/// invocations find their data already written.
pub(crate) async fn all_actions(host: &Host) -> Vec<Request> {
    let id = json!("contact_id");
    let of = |action: &str, parameters: Json| Request::new(node(host, action, &parameters), session(TENANT, 0));
    let all = vec![
        Request::new(contact_manager_node(host), session(TENANT, 0)),
        of(
            "campaign-dynamic-contact-manager",
            json!({
                "CONTACT_CHANNEL": "messenger", "CONTACT_NAME_EXPRESSION": "contact_name",
                "CONTACT_IDENTIFIER_EXPRESSION": "session.user", "CONTACT_IDENTIFIER_ENTITY": id,
            }),
        ),
        of(
            "campaign-whatsapp-voice-contact-manager",
            json!({
                "CONTACT_NAME_EXPRESSION": "contact_name", "CONTACT_NUMBER_EXPRESSION": "'56987654321'",
                "CONTACT_IDENTIFIER_ENTITY": "other_id",
            }),
        ),
        of(
            "campaign-record-administration",
            json!({
                "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": id, "RECORD_ID_ENTITY": "record_id",
                "OPERATION_ENTITY": "operation", "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "Hola {{ contact_name }}",
            }),
        ),
        of(
            "campaign-dnd-manager",
            json!({
                "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": id, "DND_CONTACT_EXPRESSION": "1 > 2",
            }),
        ),
        of(
            "campaign-dnd-manager-by-category",
            json!({
                "CAMPAIGN_CATEGORY": "Collections", "CONTACT_IDENTIFIER_ENTITY": id, "DND_CONTACT_EXPRESSION": "1 > 2",
            }),
        ),
        Request::new(validator_node(host, 0), session(TENANT, 0)),
        of(
            "campaign-dnd-validator-by-category",
            json!({
                "CAMPAIGN_CATEGORY": "Collections", "CONTACT_IDENTIFIER_ENTITY": id, "DND_VALIDATION_RESULT": "blocked",
            }),
        ),
        of(
            "list-campaign-records-by-contact",
            json!({
                "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": id, "RECORDS_RESULT": "records",
            }),
        ),
        of(
            "cancel-campaign-records-by-contact",
            json!({
                "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": id, "CAMPAIGN_RECORD_ID": "contact_id",
                "CANCEL_RESULT": "cancelled",
            }),
        ),
    ];
    for request in &all {
        let outcome = host.invoke(request.clone()).await.unwrap();
        assert_eq!(outcome.port, "next", "{outcome:?}");
    }
    all
}

/// Invokes `count` requests, `at_once` at a time, and asserts that each exits through `next`.
pub(crate) async fn drive(host: &Arc<Host>, count: u64, at_once: usize, request: impl Fn(u64) -> Request) {
    let next = Cell::new(0);
    let callers = (0..at_once).map(|_| async {
        loop {
            let number = next.get();
            if number >= count {
                break;
            }
            next.set(number + 1);
            let outcome = host.invoke(request(number)).await.unwrap();
            assert_eq!(outcome.port, "next", "{outcome:?}");
        }
    });
    futures_util::future::join_all(callers).await;
}
