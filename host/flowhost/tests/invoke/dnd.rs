//! The actions for do-not-disturb lists, and the effect of an entry on records.

use crate::fixture::{ALWAYS_ON, Fixture, MANUAL, code};
use crate::on_every_store;
use flowhost::{Outcome, Session};
use serde_json::{Value as Json, json};

async fn set_dnd(fixture: &Fixture, session: &Session, category: bool, blocked: bool) -> Outcome {
    let (action, name, value) = match category {
        true => ("campaign-dnd-manager-by-category", "CAMPAIGN_CATEGORY", "Collections"),
        false => ("campaign-dnd-manager", "CAMPAIGN_ID", ALWAYS_ON),
    };
    let expression =
        json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", name: value, "DND_CONTACT_EXPRESSION": blocked });
    let outcome = fixture.invoke(action, session, expression).await;
    assert_eq!(outcome.error, None);
    outcome
}

async fn validation_results(fixture: &Fixture, session: &Session, campaign: &str) -> (Json, Json) {
    let contact = "contact_id";
    let by_campaign =
        json!({ "CONTACT_IDENTIFIER_ENTITY": contact, "CAMPAIGN_ID": campaign, "DND_VALIDATION_RESULT": "b" });
    let by_category = json!({ "CONTACT_IDENTIFIER_ENTITY": contact, "CAMPAIGN_CATEGORY": "Collections", "DND_VALIDATION_RESULT": "b" });
    let campaign = fixture.invoke("campaign-dnd-validator", session, by_campaign).await;
    let category = fixture.invoke("campaign-dnd-validator-by-category", session, by_category).await;
    (campaign.entities["b"].clone(), category.entities["b"].clone())
}

on_every_store! {
    a_campaigns_entry_blocks_that_campaign_and_shows_in_its_category(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        assert_eq!(validation_results(&fixture, &ana, ALWAYS_ON).await, (json!(false), json!(false)));
        for _ in 0..2 {
            set_dnd(&fixture, &ana, false, true).await;
            assert_eq!(fixture.dnd().await.len(), 1);
        }
        assert_eq!(validation_results(&fixture, &ana, ALWAYS_ON).await, (json!(true), json!(true)));
        assert_eq!(validation_results(&fixture, &ana, MANUAL).await.0, json!(false));
        for _ in 0..2 {
            set_dnd(&fixture, &ana, false, false).await;
            assert!(fixture.dnd().await.is_empty());
        }
    }

    a_categorys_entry_blocks_all_its_campaigns(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        set_dnd(&fixture, &ana, true, true).await;
        assert_eq!(validation_results(&fixture, &ana, MANUAL).await, (json!(true), json!(true)));
        let off = set_dnd(&fixture, &ana, false, false).await;
        assert_eq!(off.warnings[0].code, "category-still-blocks");
        set_dnd(&fixture, &ana, false, true).await;
        set_dnd(&fixture, &ana, true, false).await;
        assert!(fixture.dnd().await.is_empty());
    }

    a_blocked_contact_gets_no_record_unless_allowed(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        set_dnd(&fixture, &ana, true, true).await;
        let mut parameters = json!({
            "CAMPAIGN_ID": ALWAYS_ON, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r",
            "OPERATION_ENTITY": "o", "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'",
        });
        let refused = fixture.invoke("campaign-record-administration", &ana, parameters.clone()).await;
        assert_eq!(code(&refused), "contact-in-dnd");
        assert_eq!(refused.entities["o"], json!("ERROR"));
        assert!(fixture.records(None).await.is_empty());
        parameters["ALLOW_DND_CONTACT"] = json!("YES");
        let allowed = fixture.invoke("campaign-record-administration", &ana, parameters).await;
        assert_eq!(allowed.entities["o"], json!("NEW"));
    }

    an_outcome_reports_its_usage(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let parameters = json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "b" });
        let usage = fixture.invoke("campaign-dnd-validator", &ana, parameters).await.usage;
        assert!(usage.cpu_us > 0 && usage.wall_us > 0, "{usage:?}");
        assert_eq!((usage.host_calls, usage.memory_bytes), (4, 65_536));
    }

    an_unknown_category_or_contact_is_an_error(fixture) {
        let mut ana = fixture.session_with_contact("messenger", "m-1").await;
        let parameters = |category: &str| json!({
            "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_CATEGORY": category, "DND_VALIDATION_RESULT": "b",
        });
        let outcome = fixture.invoke("campaign-dnd-validator-by-category", &ana, parameters("collections")).await;
        assert_eq!(code(&outcome), "category-not-found");
        ana.entities.insert("contact_id".to_owned(), json!("00000000-0000-4000-8000-000000000000"));
        let outcome = fixture.invoke("campaign-dnd-validator-by-category", &ana, parameters("Collections")).await;
        assert_eq!(code(&outcome), "contact-not-found");
        assert_eq!(outcome.cleared, ["b"]);
    }
}
