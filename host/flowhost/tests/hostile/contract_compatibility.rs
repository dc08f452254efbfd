//! A component that was built for an earlier release of the contract is loaded and runs.

use crate::fixture::{CAMPAIGN, Fixture, session};
use serde_json::json;

/// A component built for release 1.0.0 of the contract.
const COMPONENT_1_0_0: &[u8] = include_bytes!("../../../../tests/plugins/prebuilt/1.0.0/campaign-dnd-validator.wasm");

#[tokio::test]
async fn component_for_contract_1_0_0_runs() {
    let fixture = Fixture::new().await;
    let action = fixture.host.load(COMPONENT_1_0_0).unwrap();
    let mut session = session("acme", "56987654321");
    session.entities.insert("contact".to_owned(), fixture.contact.as_str().into());
    let parameters = json!({
        "CONTACT_IDENTIFIER_ENTITY": "contact", "CAMPAIGN_ID": CAMPAIGN, "DND_VALIDATION_RESULT": "blocked",
    });
    let request = fixture.request("campaign-dnd-validator", &parameters, session);
    assert_eq!(request.node.action().digest, action.digest);
    let outcome = fixture.host.invoke(request).await.unwrap();
    assert_eq!((outcome.port.as_str(), &outcome.entities["blocked"]), ("next", &json!(false)));
}
