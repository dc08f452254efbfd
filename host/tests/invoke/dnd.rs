//! Do-not-disturb: managers, validators, and what a list keeps from happening.

use crate::on_every_store;
use crate::world::{ALWAYS, MANUAL, World, code};
use flowhost::{Outcome, Session};
use serde_json::{Value as Json, json};

async fn set(world: &World, session: &Session, category: bool, blocked: bool) -> Outcome {
    let (action, name, value) = match category {
        true => ("campaign-dnd-manager-by-category", "CAMPAIGN_CATEGORY", "Collections"),
        false => ("campaign-dnd-manager", "CAMPAIGN_ID", ALWAYS),
    };
    let expression =
        json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", name: value, "DND_CONTACT_EXPRESSION": blocked });
    let outcome = world.invoke(action, session, expression).await;
    assert_eq!(outcome.error, None);
    outcome
}

async fn blocked(world: &World, session: &Session, campaign: &str) -> (Json, Json) {
    let contact = "contact_id";
    let by_campaign =
        json!({ "CONTACT_IDENTIFIER_ENTITY": contact, "CAMPAIGN_ID": campaign, "DND_VALIDATION_RESULT": "b" });
    let by_category = json!({ "CONTACT_IDENTIFIER_ENTITY": contact, "CAMPAIGN_CATEGORY": "Collections", "DND_VALIDATION_RESULT": "b" });
    let campaign = world.invoke("campaign-dnd-validator", session, by_campaign).await;
    let category = world.invoke("campaign-dnd-validator-by-category", session, by_category).await;
    (campaign.entities["b"].clone(), category.entities["b"].clone())
}

on_every_store! {
    a_campaigns_entry_blocks_that_campaign_and_shows_in_its_category(world) {
        let ana = world.known("messenger", "m-1").await;
        assert_eq!(blocked(&world, &ana, ALWAYS).await, (json!(false), json!(false)));
        for _ in 0..2 {
            set(&world, &ana, false, true).await;
            assert_eq!(world.dnd().await.len(), 1);
        }
        assert_eq!(blocked(&world, &ana, ALWAYS).await, (json!(true), json!(true)));
        assert_eq!(blocked(&world, &ana, MANUAL).await.0, json!(false));
        for _ in 0..2 {
            set(&world, &ana, false, false).await;
            assert!(world.dnd().await.is_empty());
        }
    }

    a_categorys_entry_blocks_all_its_campaigns(world) {
        let ana = world.known("messenger", "m-1").await;
        set(&world, &ana, true, true).await;
        assert_eq!(blocked(&world, &ana, MANUAL).await, (json!(true), json!(true)));
        let off = set(&world, &ana, false, false).await;
        assert_eq!(off.warnings[0].code, "category-still-blocks");
        set(&world, &ana, false, true).await;
        set(&world, &ana, true, false).await;
        assert!(world.dnd().await.is_empty());
    }

    a_blocked_contact_gets_no_record_unless_allowed(world) {
        let ana = world.known("messenger", "m-1").await;
        set(&world, &ana, true, true).await;
        let mut parameters = json!({
            "CAMPAIGN_ID": ALWAYS, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r",
            "OPERATION_ENTITY": "o", "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'",
        });
        let refused = world.invoke("campaign-record-administration", &ana, parameters.clone()).await;
        assert_eq!(code(&refused), "contact-in-dnd");
        assert_eq!(refused.entities["o"], json!("ERROR"));
        assert!(world.records(None).await.is_empty());
        parameters["ALLOW_DND_CONTACT"] = json!("YES");
        let allowed = world.invoke("campaign-record-administration", &ana, parameters).await;
        assert_eq!(allowed.entities["o"], json!("NEW"));
    }

    an_outcome_says_what_it_cost(world) {
        let ana = world.known("messenger", "m-1").await;
        let parameters = json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS, "DND_VALIDATION_RESULT": "b" });
        let usage = world.invoke("campaign-dnd-validator", &ana, parameters).await.usage;
        assert!(usage.cpu_us > 0 && usage.wall_us > 0, "{usage:?}");
        assert_eq!((usage.host_calls, usage.memory_bytes), (4, 65_536));
    }

    an_unknown_category_or_contact_is_an_error_not_a_no(world) {
        let mut ana = world.known("messenger", "m-1").await;
        let parameters = |category: &str| json!({
            "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_CATEGORY": category, "DND_VALIDATION_RESULT": "b",
        });
        let outcome = world.invoke("campaign-dnd-validator-by-category", &ana, parameters("collections")).await;
        assert_eq!(code(&outcome), "category-not-found");
        ana.entities.insert("contact_id".to_owned(), json!("00000000-0000-4000-8000-000000000000"));
        let outcome = world.invoke("campaign-dnd-validator-by-category", &ana, parameters("Collections")).await;
        assert_eq!(code(&outcome), "contact-not-found");
        assert_eq!(outcome.cleared, ["b"]);
    }
}
