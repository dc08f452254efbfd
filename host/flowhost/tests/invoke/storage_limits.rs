//! Limits for stored data: the size of an outcome under an idempotency key, and the quota of a tenant.

use crate::fixture::{ALWAYS_ON, Fixture, code, session};
use flowhost::{Limits, Session};
use serde_json::{Value as Json, json};

/// A record for the session's contact.
fn record_parameters() -> Json {
    json!({
        "CAMPAIGN_ID": ALWAYS_ON, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r", "OPERATION_ENTITY": "o",
        "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'", "MULTIPLE_ACTIVE_RECORDS": true,
    })
}

/// Adds 20 unknown parameters. The outcome has a warning for each.
fn with_warnings(mut parameters: Json) -> Json {
    for number in 0..20 {
        parameters[format!("{}_{number}", "X".repeat(90))] = json!("");
    }
    parameters
}

/// A fixture with changed limits, and a session of a user that has a contact.
async fn fixture_with_limits(change: impl FnOnce(&mut Limits)) -> (Fixture, Session) {
    let fixture = Fixture::with_limits(change).await;
    let mut ana = fixture.session_with_contact("messenger", "m-1").await;
    ana.id = "s-1".to_owned();
    (fixture, ana)
}

const ACTION: &str = "campaign-record-administration";

#[tokio::test]
async fn an_outcome_that_is_too_large_for_its_key_is_refused() {
    let (fixture, ana) = fixture_with_limits(|limits| limits.outcome_bytes = 1_500).await;
    let much = with_warnings(record_parameters());
    let refused = fixture.request(ACTION, &ana, much.clone(), Some("k")).await.unwrap();
    assert_eq!((code(&refused), refused.replayed), ("limit-value-size", false));
    assert_eq!(refused.entities["o"], json!("ERROR"));
    assert_eq!(fixture.records(None).await, []);
    let again = fixture.request(ACTION, &ana, much.clone(), Some("k")).await.unwrap();
    let mut replayed = refused;
    replayed.replayed = true;
    assert_eq!(again, replayed);
    // The limit applies to stored outcomes only, and a small outcome does not exceed it.
    assert_eq!(fixture.invoke(ACTION, &ana, much).await.error, None);
    let small = fixture.request(ACTION, &ana, record_parameters(), Some("small")).await.unwrap();
    assert_eq!(small.error, None);
    assert_eq!(fixture.records(None).await.len(), 2);
}

#[tokio::test]
async fn a_too_large_outcome_without_changes_is_refused() {
    let (fixture, ana) = fixture_with_limits(|limits| limits.outcome_bytes = 1_500).await;
    let parameters = with_warnings(
        json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "b" }),
    );
    for replayed in [false, true] {
        let refused = fixture.request("campaign-dnd-validator", &ana, parameters.clone(), Some("k")).await.unwrap();
        assert_eq!((code(&refused), refused.replayed), ("limit-value-size", replayed));
    }
}

#[tokio::test]
async fn a_refusal_that_is_too_large_to_store_is_a_failure() {
    let (fixture, ana) = fixture_with_limits(|limits| limits.outcome_bytes = 100).await;
    let failure = fixture.request(ACTION, &ana, record_parameters(), Some("k")).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), ("request-too-large", false));
    assert_eq!(fixture.records(None).await, []);
}

#[tokio::test]
async fn quota_of_a_tenant_affects_only_that_tenant() {
    let (fixture, ana) = fixture_with_limits(|limits| limits.stored_bytes = 3_000).await;
    let mut done = 0;
    let failure = loop {
        match fixture.request(ACTION, &ana, record_parameters(), Some(&done.to_string())).await {
            Ok(outcome) => assert_eq!(outcome.error, None),
            Err(failure) => break failure,
        }
        done += 1;
    };
    assert_eq!((failure.code.as_str(), failure.retryable), ("quota", false));
    assert!((1..10).contains(&done), "{done} records");
    assert_eq!(fixture.records(None).await.len(), done);
    // A stored outcome is replayed, and a refusal without a key needs no storage.
    assert!(fixture.request(ACTION, &ana, record_parameters(), Some("0")).await.unwrap().replayed);
    let cancelled =
        json!({ "CONTACT_IDENTIFIER_ENTITY": "nobody", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "b" });
    assert_eq!(code(&fixture.invoke("campaign-dnd-validator", &ana, cancelled).await), "entity-not-set");
    let mut other = session("messenger", "m-1");
    other.tenant = "other".to_owned();
    fixture.ensure_contact(&other).await;
}

#[tokio::test]
async fn a_large_outcome_without_changes_exceeds_the_quota() {
    let (fixture, ana) = fixture_with_limits(|limits| limits.stored_bytes = 6_000).await;
    let parameters = with_warnings(
        json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "b" }),
    );
    let failure = fixture.request("campaign-dnd-validator", &ana, parameters.clone(), Some("k")).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), ("quota", false));
    // Without a key nothing is stored.
    assert_eq!(fixture.invoke("campaign-dnd-validator", &ana, parameters).await.error, None);
}
