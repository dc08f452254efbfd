//! Idempotency keys: one effect and one answer.

use crate::on_every_store;
use crate::world::{ALWAYS, World, code, session};
use flowhost::Session;
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

fn record(more: bool) -> Json {
    json!({
        "CAMPAIGN_ID": ALWAYS, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r", "OPERATION_ENTITY": "o",
        "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'", "MULTIPLE_ACTIVE_RECORDS": more,
    })
}

async fn keyed(
    world: &World,
    session: &Session,
    key: &str,
    parameters: Json,
) -> Result<flowhost::Outcome, flowhost::Failure> {
    world.request("campaign-record-administration", session, parameters, Some(key)).await
}

on_every_store! {
    the_same_key_twice_has_one_effect(world) {
        let ana = world.known("messenger", "m-1").await;
        let first = keyed(&world, &ana, "k", record(true)).await.unwrap();
        let second = keyed(&world, &ana, "k", record(true)).await.unwrap();
        assert!(!first.replayed);
        assert_eq!(second, flowhost::Outcome { replayed: true, ..first });
        assert_eq!(world.records(None).await.len(), 1);
    }

    the_same_key_64_times_at_once_has_one_effect(world) {
        let ana = world.known("messenger", "m-1").await;
        let all = join_all((0..64).map(|_| keyed(&world, &ana, "k", record(true)))).await;
        let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        assert_eq!(all.iter().filter(|outcome| !outcome.replayed).count(), 1);
        assert!(all.iter().all(|outcome| outcome.entities == all[0].entities));
        assert_eq!(world.records(None).await.len(), 1);
    }

    a_key_for_something_else_is_refused(world) {
        let ana = world.known("messenger", "m-1").await;
        keyed(&world, &ana, "k", record(true)).await.unwrap();
        assert_eq!(keyed(&world, &ana, "k", record(false)).await.unwrap_err().code, "key-reused");
        let mut other = ana.clone();
        other.id = "another session".to_owned();
        assert_eq!(keyed(&world, &other, "k", record(true)).await.unwrap_err().code, "key-reused");
        // Entities and instants are no part of what a key stands for.
        let mut later = ana.clone();
        later.at = Some("2027-03-02T12:00:00Z".parse().unwrap());
        later.entities.insert("more".to_owned(), json!(1));
        assert!(keyed(&world, &later, "k", record(true)).await.unwrap().replayed);
    }

    a_refusal_is_kept_under_its_key(world) {
        let mut ana = session("messenger", "m-1");
        let refused = keyed(&world, &ana, "k", record(true)).await.unwrap();
        assert_eq!(code(&refused), "entity-not-set");
        ana.entities.insert("contact_id".to_owned(), json!(world.contact(&ana).await));
        let again = keyed(&world, &ana, "k", record(true)).await.unwrap();
        assert_eq!(code(&again), "entity-not-set");
        assert!(again.replayed);
    }

    an_outcome_that_wrote_nothing_is_kept_too(world) {
        let ana = world.known("messenger", "m-1").await;
        let parameters = json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS, "DND_VALIDATION_RESULT": "b" });
        let mut replays = Vec::new();
        for _ in 0..3 {
            let outcome = world.request("campaign-dnd-validator", &ana, parameters.clone(), Some("k")).await.unwrap();
            assert_eq!(outcome.entities["b"], json!(false));
            replays.push(outcome.replayed);
        }
        assert_eq!(replays, [false, true, true]);
    }

    keys_of_two_tenants_are_two(world) {
        let ana = world.known("messenger", "m-1").await;
        keyed(&world, &ana, "k", record(true)).await.unwrap();
        let mut elsewhere = ana.clone();
        elsewhere.tenant = "other".to_owned();
        assert_eq!(code(&keyed(&world, &elsewhere, "k", record(true)).await.unwrap()), "contact-not-found");
    }

    a_key_is_bounded(world) {
        let ana = world.known("messenger", "m-1").await;
        for key in [String::new(), "k".repeat(257)] {
            assert_eq!(keyed(&world, &ana, &key, record(true)).await.unwrap_err().code, "request-invalid");
        }
    }
}
