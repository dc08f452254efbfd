//! Redacted recordings replay the same and contain no original text.

use crate::shipped::{assert_replays, host, node, record, recordings};
use flowhost::store::{MemoryStore, apply};
use flowhost::testing::RecordingMode;
use flowhost::{Request, Session};
use flowhost_tests::tenants::{ALWAYS_ON, apply as configuration};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn redacted_cases_of_shipped_actions_replay_the_same() {
    let host = host(MemoryStore::new()).await;
    let (mut redacted, mut all) = (0, 0);
    for (action, _) in flowhost::catalog::built_in() {
        all += recordings(action, RecordingMode::Plain).await.len();
        for recording in recordings(action, RecordingMode::Redacted).await {
            assert!(recording.redacted);
            assert_replays(&host, &recording).await;
            redacted += 1;
        }
    }
    assert!(redacted * 10 >= all * 8, "{redacted} of {all}");
}

#[tokio::test]
async fn no_original_text_remains() {
    let store = MemoryStore::new();
    apply(&store, &configuration().to_string()).await.unwrap();
    let host = host(store).await;
    let parameters = json!({
        "CONTACT_NAME_EXPRESSION": "full_name", "CONTACT_IDENTIFIER_ENTITY": "contact_id",
    });
    let node_of = |action: &str, parameters: &Json| host.prepare(action, parameters.as_object().unwrap()).unwrap();
    let mut session = Session::new("acme", "messenger", "user-5512-secret");
    session.id = "session-secret-77".to_owned();
    session.entities.insert("full_name".to_owned(), "Maximiliana Quispe".into());
    session.entities.insert("order".to_owned(), json!({ "lines": ["Chamomile tea", 3] }));
    let recording =
        record(&host, Request::new(node_of("campaign-contact-manager", &parameters), session.clone())).await;
    let recording = recording.unwrap();
    let contact = recording.outcome.entities["contact_id"]["text"].as_str().unwrap().to_owned();
    session.entities.insert("contact_id".to_owned(), contact.into());
    let parameters = json!({
        "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "blocked",
    });
    let other = record(&host, Request::new(node_of("campaign-dnd-validator", &parameters), session)).await.unwrap();
    for recording in [recording, other] {
        let plain = recording.to_text().unwrap();
        let redacted = host.redact(&node(&host, &recording), &recording).await.unwrap();
        let text = redacted.to_text().unwrap();
        for original in ["user-5512-secret", "session-secret-77", "Maximiliana Quispe", "Maximiliana", "Chamomile tea"]
        {
            assert!(!text.contains(original), "{original}: {text}");
        }
        assert!(plain.contains("user-5512-secret") && plain.contains("Chamomile tea"));
        let functions = |recording: &flowhost::recording::Recording| {
            recording.calls.iter().map(|call| call.function.clone()).collect::<Vec<_>>()
        };
        assert_eq!(functions(&redacted), functions(&recording));
        assert_replays(&host, &redacted).await;
    }
}
