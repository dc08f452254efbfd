//! Records: saving, listing, cancelling.

use crate::fixture::{ALWAYS_ON, EXPIRED, Fixture, MANUAL, MULTIPLE, OTHER_TENANT_CAMPAIGN, SCHEDULED, code, session};
use crate::on_every_store;
use flowhost::domain::RecordState;
use flowhost::{Outcome, Session};
use serde_json::{Value as Json, json};

async fn save(fixture: &Fixture, session: &Session, campaign: &str, more: Json) -> Outcome {
    let mut parameters = json!({
        "CAMPAIGN_ID": campaign, "CONTACT_IDENTIFIER_ENTITY": "contact_id",
        "RECORD_ID_ENTITY": "record_id", "OPERATION_ENTITY": "operation",
        "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "Hola {{ session.user }}",
    });
    let all = parameters.as_object_mut().unwrap();
    more.as_object().unwrap().iter().for_each(|(name, value)| drop(all.insert(name.clone(), value.clone())));
    fixture.invoke("campaign-record-administration", session, parameters).await
}

on_every_store! {
    a_record_is_new_and_then_updated(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let first = save(&fixture, &ana, ALWAYS_ON, json!({})).await;
        assert_eq!(first.entities["operation"], json!("NEW"), "{first:?}");
        let second = save(&fixture, &ana, ALWAYS_ON, json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Otra vez'" })).await;
        assert_eq!(second.entities["operation"], json!("UPDATE"));
        assert_eq!(second.entities["record_id"], first.entities["record_id"]);
        let records = fixture.records(None).await;
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].message.as_deref(), Some("Otra vez"));
        let third = save(&fixture, &ana, ALWAYS_ON, json!({ "MULTIPLE_ACTIVE_RECORDS": "YES" })).await;
        assert_eq!(third.entities["operation"], json!("NEW"));
        let fourth = save(&fixture, &ana, ALWAYS_ON, json!({})).await;
        assert_eq!(fourth.entities["record_id"], third.entities["record_id"]);
        assert_eq!(fourth.warnings[0].code, "multiple-ready");
    }

    whatsapp_needs_its_template(fixture) {
        let ana = fixture.session_with_contact("whatsapp", "56987654321").await;
        assert_eq!(code(&save(&fixture, &ana, ALWAYS_ON, json!({})).await), "channel-not-configured");
        let missing = save(&fixture, &ana, ALWAYS_ON, json!({ "TEMPLATE": "reminder" })).await;
        assert_eq!(code(&missing), "parameter-missing");
        let template = json!({
            "TEMPLATE": "reminder", "LOCALE": "es_CL", "WHATSAPP_NUMBER": "56221234567", "HSM_MTM_DATA": ["'Ana'", "{{ 1 + 1 }}"],
            "HSM_MMT_HEADER_DATA": ["never.evaluated"],
        });
        let saved = save(&fixture, &ana, ALWAYS_ON, template.clone()).await;
        assert_eq!(saved.error, None);
        let stored: Json = serde_json::from_str(fixture.records(None).await[0].template.as_deref().unwrap()).unwrap();
        assert_eq!(stored["mtm_data"], json!(["Ana", "2"]));
        assert_eq!(code(&save(&fixture, &ana, MULTIPLE, template).await), "campaign-type-channel");
    }

    a_widget_takes_internal_records_only(fixture) {
        let ana = fixture.session_with_contact("widget", "w-1").await;
        assert_eq!(code(&save(&fixture, &ana, ALWAYS_ON, json!({})).await), "channel-cannot-send");
        let internal = save(&fixture, &ana, ALWAYS_ON, json!({ "IS_INTERNAL": "1 < 2" })).await;
        assert_eq!(internal.entities["operation"], json!("NEW"));
        assert!(fixture.records(None).await[0].internal);
    }

    internal_records_end_at_a_depth(fixture) {
        let mut ana = fixture.session_with_contact("widget", "w-1").await;
        ana.depth = 7;
        assert_eq!(save(&fixture, &ana, ALWAYS_ON, json!({ "IS_INTERNAL": true })).await.error, None);
        ana.depth = 8;
        assert_eq!(code(&save(&fixture, &ana, ALWAYS_ON, json!({ "IS_INTERNAL": true })).await), "internal-depth");
    }

    an_error_clears_the_record_and_sets_the_operation(fixture) {
        let mut ana = fixture.session_with_contact("messenger", "m-1").await;
        ana.entities.insert("record_id".to_owned(), json!("stale"));
        let outcome = save(&fixture, &ana, EXPIRED, json!({})).await;
        assert_eq!(code(&outcome), "campaign-expired");
        assert_eq!(outcome.entities["operation"], json!("ERROR"));
        assert_eq!(outcome.cleared, ["record_id"]);
        assert!(fixture.records(None).await.is_empty());
    }

    a_campaign_of_another_tenant_is_not_found(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let others = save(&fixture, &ana, OTHER_TENANT_CAMPAIGN, json!({})).await;
        let nobodys = save(&fixture, &ana, "00000000-0000-4000-8000-000000000000", json!({})).await;
        assert_eq!(code(&others), "campaign-not-found");
        let (others, nobodys) = (others.error.unwrap(), nobodys.error.unwrap());
        assert_eq!(others.message.replace(OTHER_TENANT_CAMPAIGN, "X"), nobodys.message.replace("00000000-0000-4000-8000-000000000000", "X"));
    }

    schedules(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        for (text, wanted) in [
            ("31/02/2027 10:00:00", "schedule-invalid"),
            ("2027-02-01", "schedule-invalid"),
            ("01/02/2027 10:00:00", "schedule-in-the-past"),
            ("01/02/2031 10:00:00", "schedule-out-of-range"),
        ] {
            let outcome = save(&fixture, &ana, ALWAYS_ON, json!({ "SCHEDULE_CONTACT_ENTITY": format!("'{text}'") })).await;
            assert_eq!(code(&outcome), wanted, "{text}");
            assert_eq!(outcome.error.unwrap().parameter.as_deref(), Some("SCHEDULE_CONTACT_ENTITY"));
        }
        // The local time is in the gap at the start of daylight saving time: the first valid time after the gap applies.
        let gap = save(&fixture, &ana, ALWAYS_ON, json!({ "SCHEDULE_CONTACT_ENTITY": "'05/09/2027 00:30:00'" })).await;
        assert_eq!(gap.error, None);
        assert_eq!(fixture.records(None).await[0].schedule.as_ref().unwrap().at.to_rfc3339(), "2027-09-05T04:00:00+00:00");
        let manual = save(&fixture, &ana, MANUAL, json!({ "SCHEDULE_CONTACT_ENTITY": "'01/02/2027 10:00:00'" })).await;
        assert_eq!(manual.warnings[0].code, "schedule-ignored");
        assert_eq!(manual.warnings[0].parameter.as_deref(), Some("SCHEDULE_CONTACT_ENTITY"));
        let waits = save(&fixture, &ana, SCHEDULED, json!({ "SCHEDULE_CONTACT_ENTITY": "'01/04/2027 10:00:00'" })).await;
        assert_eq!(waits.warnings[0].code, "schedule-waits");
    }

    additional_data_is_captured_when_saved(fixture) {
        let mut ana = fixture.session_with_contact("messenger", "m-1").await;
        ana.entities.insert("debt".to_owned(), json!(1.0));
        ana.entities.insert("items".to_owned(), json!([1, {"a": null}]));
        let saved = save(&fixture, &ana, ALWAYS_ON, json!({ "MESSENGER_ADDITIONAL_DATA": ["debt", "items"] })).await;
        assert_eq!(saved.error, None);
        assert_eq!(fixture.records(None).await[0].data, r#"{"debt":1.0,"items":[1,{"a":null}]}"#);
        let unset = save(&fixture, &ana, ALWAYS_ON, json!({ "MESSENGER_ADDITIONAL_DATA": ["dept"] })).await;
        assert_eq!(code(&unset), "entity-not-set");
        assert!(unset.error.unwrap().message.contains("debt"));
    }

    a_scheduled_record_is_listed_and_cancelled_once(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let listing = json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "RECORDS_RESULT": "records" });
        let none = fixture.invoke("list-campaign-records-by-contact", &ana, listing.clone()).await;
        assert_eq!(none.entities["records"], json!([]));
        let due = json!({ "SCHEDULE_CONTACT_ENTITY": "'01/06/2027 10:00:00'", "MULTIPLE_ACTIVE_RECORDS": "YES" });
        let first = save(&fixture, &ana, ALWAYS_ON, due).await;
        save(&fixture, &ana, ALWAYS_ON, json!({ "MULTIPLE_ACTIVE_RECORDS": "YES" })).await;
        let listed = fixture.invoke("list-campaign-records-by-contact", &ana, listing).await;
        let records = listed.entities["records"].as_array().unwrap();
        assert_eq!(records[0], json!({
            "CampaignCategory": "Collections", "CampaignId": ALWAYS_ON, "RecordId": first.entities["record_id"],
            "ScheduledStartDate": "01/06/2027 10:00:00", "CampaignType": 1, "CampaignName": "Always",
        }));
        assert_eq!((records.len(), &records[1]["ScheduledStartDate"]), (2, &json!("")));

        let mut ana = ana;
        ana.entities.insert("record_id".to_owned(), first.entities["record_id"].clone());
        let cancel = json!({
            "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_RECORD_ID": "record_id", "CANCEL_RESULT": "cancelled",
        });
        for wanted in [true, false] {
            let outcome = fixture.invoke("cancel-campaign-records-by-contact", &ana, cancel.clone()).await;
            assert_eq!(outcome.entities["cancelled"], json!(wanted));
        }
        assert_eq!(fixture.records(Some(RecordState::Cancelled)).await.len(), 1);
        let eva = fixture.session_with_contact("messenger", "m-2").await;
        let mut thief = eva.clone();
        thief.entities.insert("record_id".to_owned(), json!(fixture.records(Some(RecordState::Ready)).await[0].id));
        for id in ["record_id", "'no uuid'"] {
            let mut cancel = cancel.clone();
            cancel["CAMPAIGN_RECORD_ID"] = json!(id);
            let outcome = fixture.invoke("cancel-campaign-records-by-contact", &thief, cancel).await;
            assert_eq!(outcome.entities["cancelled"], json!(false));
        }
        assert_eq!(fixture.records(Some(RecordState::Ready)).await.len(), 1);
    }

    a_long_list_is_cut_with_a_warning(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        for _ in 0..1_001 {
            save(&fixture, &ana, ALWAYS_ON, json!({ "MULTIPLE_ACTIVE_RECORDS": true })).await;
        }
        let listing = json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "RECORDS_RESULT": "records" });
        let listed = fixture.invoke("list-campaign-records-by-contact", &ana, listing).await;
        assert_eq!(listed.entities["records"].as_array().unwrap().len(), 1_000);
        assert_eq!(listed.warnings[0].code, "records-truncated");
    }

    an_unknown_contact_is_an_error_everywhere(fixture) {
        let mut nobody = session("messenger", "m-1");
        for id in ["00000000-0000-4000-8000-000000000000", "no uuid"] {
            nobody.entities.insert("contact_id".to_owned(), json!(id));
            let outcome = save(&fixture, &nobody, ALWAYS_ON, json!({})).await;
            assert_eq!(code(&outcome), "contact-not-found");
            assert_eq!(outcome.error.unwrap().parameter.as_deref(), Some("CONTACT_IDENTIFIER_ENTITY"));
            let cancel = json!({
                "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_RECORD_ID": "'x'", "CANCEL_RESULT": "cancelled",
            });
            assert_eq!(code(&fixture.invoke("cancel-campaign-records-by-contact", &nobody, cancel).await), "contact-not-found");
        }
    }
}
