//! Idempotency keys: one effect and one answer.

use crate::fixture::{ALWAYS_ON, Fixture, code, session};
use crate::on_every_store;
use flowhost::Session;
use flowhost::store::apply;
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

fn record_parameters(more: bool) -> Json {
    json!({
        "CAMPAIGN_ID": ALWAYS_ON, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r", "OPERATION_ENTITY": "o",
        "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'", "MULTIPLE_ACTIVE_RECORDS": more,
    })
}

async fn invoke_with_key(
    fixture: &Fixture,
    session: &Session,
    key: &str,
    parameters: Json,
) -> Result<flowhost::Outcome, flowhost::Failure> {
    fixture.request("campaign-record-administration", session, parameters, Some(key)).await
}

on_every_store! {
    the_same_key_twice_has_one_effect(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let mut first = invoke_with_key(&fixture, &ana, "k", record_parameters(true)).await.unwrap();
        let second = invoke_with_key(&fixture, &ana, "k", record_parameters(true)).await.unwrap();
        assert!(!first.replayed);
        first.replayed = true;
        assert_eq!(second, first);
        assert_eq!(fixture.records(None).await.len(), 1);
    }

    the_same_key_64_times_at_once_has_one_effect(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let all = join_all((0..64).map(|_| invoke_with_key(&fixture, &ana, "k", record_parameters(true)))).await;
        let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        assert_eq!(all.iter().filter(|outcome| !outcome.replayed).count(), 1);
        assert!(all.iter().all(|outcome| outcome.entities == all[0].entities));
        assert_eq!(fixture.records(None).await.len(), 1);
    }

    a_key_for_something_else_is_refused(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        invoke_with_key(&fixture, &ana, "k", record_parameters(true)).await.unwrap();
        assert_eq!(invoke_with_key(&fixture, &ana, "k", record_parameters(false)).await.unwrap_err().code, "key-reused");
        let mut other = ana.clone();
        other.id = "another session".to_owned();
        assert_eq!(invoke_with_key(&fixture, &other, "k", record_parameters(true)).await.unwrap_err().code, "key-reused");
        // Entities and the session's time are not part of the request's fingerprint.
        let mut later = ana.clone();
        later.at = Some("2027-03-02T12:00:00Z".parse().unwrap());
        later.entities.insert("more".to_owned(), json!(1));
        assert!(invoke_with_key(&fixture, &later, "k", record_parameters(true)).await.unwrap().replayed);
    }

    a_refusal_is_stored_under_its_key(fixture) {
        let mut ana = session("messenger", "m-1");
        let refused = invoke_with_key(&fixture, &ana, "k", record_parameters(true)).await.unwrap();
        assert_eq!(code(&refused), "entity-not-set");
        ana.entities.insert("contact_id".to_owned(), json!(fixture.ensure_contact(&ana).await));
        let again = invoke_with_key(&fixture, &ana, "k", record_parameters(true)).await.unwrap();
        assert_eq!(code(&again), "entity-not-set");
        assert!(again.replayed);
    }

    an_outcome_without_writes_is_stored_too(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let parameters = json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "b" });
        let mut replays = Vec::new();
        for _ in 0..3 {
            let outcome = fixture.request("campaign-dnd-validator", &ana, parameters.clone(), Some("k")).await.unwrap();
            assert_eq!(outcome.entities["b"], json!(false));
            replays.push(outcome.replayed);
        }
        assert_eq!(replays, [false, true, true]);
    }

    keys_are_per_tenant(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        invoke_with_key(&fixture, &ana, "k", record_parameters(true)).await.unwrap();
        let mut elsewhere = ana.clone();
        elsewhere.tenant = "other".to_owned();
        assert_eq!(code(&invoke_with_key(&fixture, &elsewhere, "k", record_parameters(true)).await.unwrap()), "contact-not-found");
    }

    key_expiry_uses_the_store_clock(fixture) {
        let mut ana = fixture.session_with_contact("messenger", "m-1").await;
        ana.id = "s-1".to_owned();
        let mut answers = Vec::new();
        for _ in 0..2 {
            for (key, at) in [("k", "2027-03-01T12:00:00Z"), ("early", "1990-01-01T00:00:00Z"), ("late", "2099-01-01T00:00:00Z")] {
                let mut then = ana.clone();
                then.at = Some(at.parse().unwrap());
                let parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "id" });
                let outcome = fixture.request("campaign-contact-manager", &then, parameters, Some(key)).await.unwrap();
                answers.push((outcome.port, outcome.replayed));
            }
        }
        let first = ("next".to_owned(), false);
        let again = ("next".to_owned(), true);
        assert_eq!(answers, [vec![first; 3], vec![again; 3]].concat());
    }

    a_missing_tenant_stores_no_key(fixture) {
        let mut nobody = session("messenger", "m-1");
        (nobody.tenant, nobody.id) = ("later".to_owned(), "s-1".to_owned());
        let parameters = || json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "id" });
        let ask = async || fixture.request("campaign-contact-manager", &nobody, parameters(), Some("k")).await.unwrap();
        assert_eq!(code(&ask().await), "tenant-not-found");
        let tenant = json!({ "id": "later", "name": "Later", "time_zone": "UTC", "phone_region": "CL", "channels": ["messenger"] });
        apply(&**fixture.host.store(), &json!({ "tenants": [tenant] }).to_string()).await.unwrap();
        let outcome = ask().await;
        assert_eq!((outcome.port.as_str(), outcome.replayed), ("next", false));
    }

    the_length_of_a_key_is_limited(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        for key in [String::new(), "k".repeat(257)] {
            assert_eq!(invoke_with_key(&fixture, &ana, &key, record_parameters(true)).await.unwrap_err().code, "request-invalid");
        }
    }

    a_key_needs_a_session_with_its_own_id(fixture) {
        let json = r#"{"tenant":"acme","channel":"messenger","user":"m-1"}"#;
        let texts = [Session::from_json(json).unwrap(), Session::from_value(serde_json::from_str(json).unwrap()).unwrap()];
        for mut ana in texts {
            assert_eq!(invoke_with_key(&fixture, &ana, "k", record_parameters(true)).await.unwrap_err().code, "request-invalid");
            assert_eq!(invoke_with_key(&fixture, &ana.clone(), "k", record_parameters(true)).await.unwrap_err().code, "request-invalid");
            fixture.ensure_contact(&ana).await;
            // Serialising the session writes its id.
            let written = Session::from_json(&serde_json::to_string(&ana).unwrap()).unwrap();
            assert_eq!(written, ana);
            for key in ["written", "kept", "given"] {
                match key {
                    "kept" => ana.keep_id(),
                    "given" => ana.id = "s-1".to_owned(),
                    _ => {}
                }
                let session = if key == "written" { &written } else { &ana };
                let key = format!("{key}/{}", session.id);
                let replays = [invoke_with_key(&fixture, session, &key, record_parameters(true)).await, invoke_with_key(&fixture, session, &key, record_parameters(true)).await];
                assert!(replays.map(|outcome| outcome.unwrap().replayed)[1], "{key}");
            }
        }
    }

    keys_and_session_fields_reject_nul(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        assert_eq!(invoke_with_key(&fixture, &ana, "k\0", record_parameters(true)).await.unwrap_err().code, "request-invalid");
        for change in [
            (|session, text| session.id = text) as fn(&mut Session, String),
            |session, text| session.tenant = text,
            |session, text| session.user = text,
            |session, text| session.channel = text,
        ] {
            let mut with_nul = ana.clone();
            change(&mut with_nul, "a\0b".to_owned());
            let failure = fixture.request("campaign-record-administration", &with_nul, record_parameters(true), None).await.unwrap_err();
            assert_eq!(failure.code, "session-invalid");
        }
    }

    an_object_and_a_list_of_pairs_are_not_the_same_parameters(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let with = |value: Json| {
            let mut parameters = record_parameters(true);
            parameters["X"] = value;
            parameters
        };
        invoke_with_key(&fixture, &ana, "k", with(json!({ "a": 1 }))).await.unwrap();
        assert_eq!(invoke_with_key(&fixture, &ana, "k", with(json!([["a", 1]]))).await.unwrap_err().code, "key-reused");
        assert!(invoke_with_key(&fixture, &ana, "k", with(json!({ "a": 1 }))).await.unwrap().replayed);
    }
}
