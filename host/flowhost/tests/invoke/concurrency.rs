//! Concurrent sessions that write the same contact or record.

use crate::fixture::{ALWAYS_ON, session};
use crate::on_every_store;
use flowhost::domain::RecordState;
use futures_util::future::join_all;
use serde_json::json;
use std::collections::HashSet;

on_every_store! {
    sixty_four_sessions_make_one_contact(fixture) {
        let users: Vec<_> = (0..64).map(|_| session("whatsapp", "56987654321")).collect();
        let ids: HashSet<_> = join_all(users.iter().map(|user| fixture.ensure_contact(user))).await.into_iter().collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(fixture.contacts().await.len(), 1);
    }

    sixty_four_sessions_leave_one_ready_record(fixture) {
        let ana = fixture.session_with_contact("messenger", "m-1").await;
        let parameters = json!({
            "CAMPAIGN_ID": ALWAYS_ON, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r",
            "OPERATION_ENTITY": "o", "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'",
        });
        let save = || fixture.invoke("campaign-record-administration", &ana, parameters.clone());
        let outcomes = join_all((0..64).map(|_| save())).await;
        let new = outcomes.iter().filter(|outcome| outcome.entities["o"] == json!("NEW")).count();
        assert_eq!(new, 1, "{:?}", outcomes.iter().find(|outcome| outcome.error.is_some()));
        assert_eq!(fixture.records(Some(RecordState::Ready)).await.len(), 1);
    }

    sixty_four_sessions_cancel_a_record_once(fixture) {
        let mut ana = fixture.session_with_contact("messenger", "m-1").await;
        let parameters = json!({
            "CAMPAIGN_ID": ALWAYS_ON, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "r",
            "OPERATION_ENTITY": "o", "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'",
        });
        let saved = fixture.invoke("campaign-record-administration", &ana, parameters).await;
        ana.entities.insert("r".to_owned(), saved.entities["r"].clone());
        let cancel = json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_RECORD_ID": "r", "CANCEL_RESULT": "c" });
        let cancels = (0..64).map(|_| fixture.invoke("cancel-campaign-records-by-contact", &ana, cancel.clone()));
        let outcomes = join_all(cancels).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.entities["c"] == json!(true)).count(), 1);
    }
}
