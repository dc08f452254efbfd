//! Mistakes of a designer in a node, and the errors that report them.

use crate::fixture::{ALWAYS_ON, code, session};
use crate::on_every_store;
use serde_json::{Value as Json, json};

fn contact_parameters(more: Json) -> Json {
    let mut parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "id" });
    let all = parameters.as_object_mut().unwrap();
    more.as_object().unwrap().iter().for_each(|(name, value)| drop(all.insert(name.clone(), value.clone())));
    parameters
}

on_every_store! {
    wrong_parameters_are_named_and_nothing_is_written(fixture) {
        let ana = session("messenger", "m-1");
        let nested = "[1].map(a, [1].map(b, [1].map(c, [1].map(d, [1].map(e, e)))))".to_owned();
        let chain = format!("1{}", "+1".repeat(5_000));
        let rows = [
            (json!({ "CONTACT_IDENTIFIER_ENTITY": "" }), "parameter-missing", "CONTACT_IDENTIFIER_ENTITY"),
            (json!({ "CONTACT_NAME_EXPRESSION": null }), "parameter-missing", "CONTACT_NAME_EXPRESSION"),
            (json!({ "UPDATE_CONTACT_NAME": 1 }), "parameter-invalid", "UPDATE_CONTACT_NAME"),
            (json!({ "UPDATE_CONTACT_NAME": "quizás" }), "parameter-invalid", "UPDATE_CONTACT_NAME"),
            (json!({ "CONTACT_NAME_EXPRESSION": 5 }), "parameter-invalid", "CONTACT_NAME_EXPRESSION"),
            (json!({ "CONTACT_NAME_EXPRESSION": "'Ana" }), "expression-syntax", "CONTACT_NAME_EXPRESSION"),
            (json!({ "CONTACT_NAME_EXPRESSION": "nombre" }), "entity-not-set", "CONTACT_NAME_EXPRESSION"),
            (json!({ "CONTACT_NAME_EXPRESSION": "1 + 1" }), "expression-type", "CONTACT_NAME_EXPRESSION"),
            (json!({ "CONTACT_NAME_EXPRESSION": "string(1 / 0)" }), "expression-failed", "CONTACT_NAME_EXPRESSION"),
            (json!({ "CONTACT_NAME_EXPRESSION": "a".repeat(20_000) }), "expression-too-large", "CONTACT_NAME_EXPRESSION"),
            (json!({ "CONTACT_NAME_EXPRESSION": chain }), "expression-too-large", "CONTACT_NAME_EXPRESSION"),
            (json!({ "CONTACT_NAME_EXPRESSION": nested }), "expression-too-large", "CONTACT_NAME_EXPRESSION"),
        ];
        for (more, wanted, parameter) in rows {
            let started = std::time::Instant::now();
            let outcome = fixture.invoke("campaign-contact-manager", &ana, contact_parameters(more.clone())).await;
            assert!(started.elapsed().as_secs() < 5);
            assert_eq!(code(&outcome), wanted, "{:?}", outcome.error);
            let error = outcome.error.unwrap();
            assert_eq!(error.parameter.as_deref(), Some(parameter));
            assert!(error.message.contains(parameter), "{}", error.message);
        }
        assert!(fixture.contacts().await.is_empty());
    }

    a_syntax_error_has_its_position(fixture) {
        let parameters = contact_parameters(json!({ "CONTACT_NAME_EXPRESSION": "1 +\n+ 'x'" }));
        let outcome = fixture.invoke("campaign-contact-manager", &session("messenger", "m-1"), parameters).await;
        let message = outcome.error.unwrap().message;
        assert!(message.contains("line 2, column 1"), "{message}");
    }

    unknown_parameters_are_warned_about(fixture) {
        let parameters = contact_parameters(json!({ "UPDATE_CONTACT_NAMES": "YES" }));
        let outcome = fixture.invoke("campaign-contact-manager", &session("messenger", "m-1"), parameters).await;
        assert_eq!(outcome.port, "next");
        assert_eq!(outcome.warnings[0].code, "parameter-unknown");
        assert_eq!(outcome.warnings[0].parameter.as_deref(), Some("UPDATE_CONTACT_NAMES"));
        assert!(outcome.warnings[0].message.contains("UPDATE_CONTACT_NAME"));
    }

    a_text_is_not_a_boolean(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        for (expression, wanted) in [("'NO'", "expression-type"), ("null", "parameter-missing")] {
            let outcome = fixture.invoke("campaign-dnd-manager", &ana, json!({
                "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_CONTACT_EXPRESSION": expression,
            })).await;
            assert_eq!(code(&outcome), wanted);
        }
        assert!(fixture.dnd().await.is_empty());
    }

    an_entity_of_another_type_is_named(fixture) {
        let mut ana = session("messenger", "m-1");
        ana.entities.insert("contact_id".to_owned(), json!(7));
        let outcome = fixture.invoke("campaign-dnd-validator", &ana, json!({
            "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "b",
        })).await;
        assert_eq!(code(&outcome), "entity-type");
        assert!(outcome.error.unwrap().message.contains("contact_id"));
    }

    duplicate_outputs_and_invalid_uuids_are_rejected(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let mut parameters = json!({
            "CAMPAIGN_ID": ALWAYS_ON, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r", "OPERATION_ENTITY": "r",
        });
        let outcome = fixture.invoke("campaign-record-administration", &ana, parameters.clone()).await;
        assert_eq!(code(&outcome), "parameter-invalid");
        parameters["OPERATION_ENTITY"] = json!("o");
        parameters["CAMPAIGN_ID"] = json!("the demo campaign");
        let outcome = fixture.invoke("campaign-record-administration", &ana, parameters).await;
        assert_eq!(code(&outcome), "parameter-invalid");
    }

    an_unknown_tenant_or_action_is_reported(fixture) {
        let mut nobody = session("messenger", "m-1");
        nobody.tenant = "nobody".to_owned();
        let outcome = fixture.invoke("campaign-contact-manager", &nobody, contact_parameters(json!({}))).await;
        assert_eq!(code(&outcome), "tenant-not-found");
        for name in ["campaign-contact-managr", "campaign-contact-manager@9"] {
            let failure = fixture.request(name, &nobody, json!({}), None).await.unwrap_err();
            assert_eq!(failure.code, "action-not-found");
            assert!(failure.message.contains("campaign-contact-manager"), "{}", failure.message);
        }
    }

    the_size_of_a_session_is_limited(fixture) {
        let mut ana = session("messenger", "m-1");
        for index in 0..5 {
            ana.entities.insert(format!("e{index}"), json!("x".repeat(1 << 20)));
        }
        let failure = fixture.request("campaign-contact-manager", &ana, contact_parameters(json!({})), None).await.unwrap_err();
        assert_eq!(failure.code, "request-too-large");
        ana.entities = (0..1_001).map(|index| (format!("e{index}"), json!(1))).collect();
        let failure = fixture.request("campaign-contact-manager", &ana, contact_parameters(json!({})), None).await.unwrap_err();
        assert_eq!(failure.code, "session-invalid");
    }
}
