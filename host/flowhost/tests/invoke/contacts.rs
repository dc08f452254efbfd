//! The three contact managers.

use crate::fixture::{code, session};
use crate::on_every_store;
use serde_json::json;

on_every_store! {
    a_contact_is_created_once_and_keeps_its_name(fixture) {
        let ana = session("messenger", "m-1");
        let first = fixture.ensure_contact(&ana).await;
        let parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Eva'", "CONTACT_IDENTIFIER_ENTITY": "id" });
        let again = fixture.invoke("campaign-contact-manager", &ana, parameters).await;
        assert_eq!(again.entities["id"], json!(first));
        let contacts = fixture.contacts().await;
        assert_eq!(contacts.len(), 1);
        assert_eq!(contacts[0].contact.name, "Ana");
    }

    the_name_changes_when_asked_for(fixture) {
        let ana = session("messenger", "m-1");
        fixture.ensure_contact(&ana).await;
        for (update, name) in [(json!("no"), "Ana"), (json!("SÍ"), "Eva"), (json!(true), "Eva")] {
            let parameters = json!({
                "CONTACT_NAME_EXPRESSION": "'Eva'", "UPDATE_CONTACT_NAME": update, "CONTACT_IDENTIFIER_ENTITY": "id",
            });
            fixture.invoke("campaign-contact-manager", &ana, parameters).await;
            assert_eq!(fixture.contacts().await[0].contact.name, name);
        }
    }

    one_phone_number_is_one_contact_however_it_is_typed(fixture) {
        let mut ids = Vec::new();
        for number in ["9 8765 4321", "+56 9 8765 4321", "56987654321"] {
            let mut visitor = session("widget", "w-1");
            visitor.entities.insert("number".to_owned(), json!(number));
            let outcome = fixture.invoke("campaign-whatsapp-voice-contact-manager", &visitor, json!({
                "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_NUMBER_EXPRESSION": "number", "CONTACT_IDENTIFIER_ENTITY": "id",
            })).await;
            assert_eq!(outcome.error, None);
            ids.push(outcome.entities["id"].clone());
        }
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(fixture.contacts().await[0].contact.addresses.len(), 2);
        // WhatsApp identifies the session's user by the same number: the contact is the same.
        assert_eq!(json!(fixture.ensure_contact(&session("whatsapp", "56987654321")).await), ids[0]);
    }

    invalid_phone_numbers_are_refused_without_writes(fixture) {
        for number in ["123", "nine eight seven", "", " "] {
            let mut visitor = session("widget", "w-1");
            visitor.entities.insert("number".to_owned(), json!(number));
            let outcome = fixture.invoke("campaign-whatsapp-voice-contact-manager", &visitor, json!({
                "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_NUMBER_EXPRESSION": "number", "CONTACT_IDENTIFIER_ENTITY": "id",
            })).await;
            assert!(["phone-invalid", "identifier-invalid"].contains(&code(&outcome)), "{number:?}: {outcome:?}");
            assert_eq!(outcome.error.unwrap().parameter.as_deref(), Some("CONTACT_NUMBER_EXPRESSION"));
            assert_eq!(outcome.cleared, ["id"]);
        }
        assert!(fixture.contacts().await.is_empty());
    }

    a_contact_of_another_channel_is_made_and_linked(fixture) {
        let mut visitor = session("widget", "w-1");
        visitor.entities.insert("rut".to_owned(), json!("12.345.678-5"));
        for (channel, identifier) in [("whatsapp", "+56987654321"), ("messenger", "m-7")] {
            let outcome = fixture.invoke("campaign-dynamic-contact-manager", &visitor, json!({
                "CONTACT_CHANNEL": channel,
                "CONTACT_NAME_EXPRESSION": "'Ana'",
                "CONTACT_IDENTIFIER_EXPRESSION": format!("'{identifier}'"),
                "CONTACT_IDENTIFIER_ENTITY": "id",
                "CORRELATION_1_EXPRESSION": "rut",
            })).await;
            assert_eq!(outcome.error, None);
        }
        let contacts = fixture.contacts().await;
        let linked = flowhost::store::Filter { linked: Some(contacts[0].contact.id), ..Default::default() };
        let page = flowhost::store::Page { after: None, limit: 10 };
        let linked = fixture.host.store().contacts(&linked, &page).await.unwrap();
        assert_eq!(linked.len(), 1);
        assert_eq!(linked[0].contact.id, contacts[1].contact.id);
    }

    a_channel_that_is_not_enabled_is_named(fixture) {
        let outcome = fixture.invoke("campaign-dynamic-contact-manager", &session("widget", "w-1"), json!({
            "CONTACT_CHANNEL": "telegram", "CONTACT_NAME_EXPRESSION": "'Ana'",
            "CONTACT_IDENTIFIER_EXPRESSION": "'t-1'", "CONTACT_IDENTIFIER_ENTITY": "id",
        })).await;
        assert_eq!(code(&outcome), "channel-not-enabled");
        let error = outcome.error.unwrap();
        assert_eq!(error.parameter.as_deref(), Some("CONTACT_CHANNEL"));
        assert!(error.message.contains("telegram"), "{}", error.message);
    }
}
