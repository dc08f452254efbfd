//! Whatever the session, the parameters and the store contain, a recording replays the same.

use crate::shipped::{assert_replays, host, record, recordings};
use flowhost::store::{MemoryStore, apply};
use flowhost::testing::RecordingMode;
use flowhost::{Host, Request, Session};
use flowhost_tests::tenants::{ALWAYS_ON, EXPIRED, OTHER_CAMPAIGN, apply as configuration};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value as Json, json};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn the_cases_of_every_shipped_action_replay_the_same() {
    runtime().block_on(async {
        let host = host(MemoryStore::new()).await;
        for (action, _) in flowhost::catalog::built_in() {
            let recorded = recordings(action, RecordingMode::Plain).await;
            assert!(recorded.len() >= 8, "{action}: {}", recorded.len());
            for recording in &recorded {
                assert_replays(&host, recording).await;
            }
        }
    });
}

/// A text that is a value, an expression or an id.
fn text() -> impl Strategy<Value = String> {
    let known =
        ["contact_id", "record_id", "name", "'Ana'", "{{ name }}", "YES", "whatsapp", "Test", "Other", "2027-01-31"];
    prop_oneof![
        4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(vec![ALWAYS_ON, OTHER_CAMPAIGN, EXPIRED]).prop_map(str::to_owned),
        1 => ".{0,12}",
        1 => "[0-9+]{8,12}",
    ]
}

fn value() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        4 => text().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Json::from),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..3)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// The index of an action, values for some of its parameters, and the entities of the session.
type Input = (usize, Vec<Option<Json>>, Vec<(String, Json)>, u64);

fn input() -> impl Strategy<Value = Input> {
    let names = prop::sample::select(vec!["name", "record_id", "points", "x"]).prop_map(str::to_owned);
    let parameters = prop::collection::vec(prop::option::weighted(0.8, value()), 40);
    (0..10_usize, parameters, prop::collection::vec((names, value()), 0..4), any::<u64>())
}

/// A store with a contact, and the contact's id.
async fn fill_store() -> (MemoryStore, String) {
    let store = MemoryStore::new();
    apply(&store, &configuration().to_string()).await.unwrap();
    let host = host(store.clone()).await;
    let parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "contact_id" });
    let node = host.prepare("campaign-contact-manager", parameters.as_object().unwrap()).unwrap();
    let outcome = host.invoke(Request::new(node, Session::new("acme", "messenger", "u-1"))).await.unwrap();
    (store, outcome.entities["contact_id"].as_str().unwrap().to_owned())
}

fn request(host: &Host, contact: &str, (action, values, entities, seed): Input) -> Request {
    let catalog = host.catalog();
    let action = catalog.newest().nth(action).unwrap();
    let mut parameters = Map::new();
    for (parameter, value) in action.manifest.parameters.iter().zip(values) {
        let name = parameter.name.replace("<CHANNEL>", "MESSENGER");
        let value = if name.contains("CONTACT") && parameter.required { Some(json!("contact_id")) } else { value };
        parameters.extend(value.map(|value| (name, value)));
    }
    let mut session = Session::new("acme", "messenger", "u-1");
    (session.id, session.seed, session.visit) = ("s-1".to_owned(), Some(seed), Some(1));
    session.entities.extend(entities);
    session.entities.insert("contact_id".to_owned(), contact.into());
    Request::new(host.prepare(&action.manifest.id, &parameters).unwrap(), session)
}

#[test]
fn any_invocation_of_a_shipped_action_replays_the_same() {
    let runtime = runtime();
    let (store, contact) = runtime.block_on(fill_store());
    let recorder = runtime.block_on(host(store));
    let replayer = runtime.block_on(host(MemoryStore::new()));
    let mut ends = std::collections::BTreeMap::<String, usize>::new();
    let mut runner = TestRunner::new(Config { cases: 1_000, failure_persistence: None, ..Config::default() });
    let ends_of = std::cell::RefCell::new(&mut ends);
    let result = runner.run(&input(), |input| {
        let recording = runtime.block_on(record(&recorder, request(&recorder, &contact, input)));
        if let Some(recording) = recording {
            let code = recording.outcome.error.as_ref().map_or("ok", |error| &error.code).to_owned();
            *ends_of.borrow_mut().entry(code).or_default() += 1;
            runtime.block_on(assert_replays(&replayer, &recording));
        }
        Ok(())
    });
    result.unwrap();
    assert!(ends.len() >= 4 && ends.contains_key("ok"), "{ends:?}");
}
