//! A flow runtime in a few lines: open a host, prepare a node once, invoke it for a session.
//!
//! `cargo run --release --example embed`

use flowhost::store::{MemoryStore, apply};
use flowhost::{Host, Request, Session};
use serde_json::{Value, json};
use std::error::Error;

const TENANTS: &str = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago",
    "phone_region": "CL", "channels": ["whatsapp", "voice"]}]}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A real runtime keeps a SqliteStore, and a folder for compiled code: `Host::builder().cache(folder)`.
    let store = MemoryStore::new();
    apply(&store, TENANTS).await?;
    let host = Host::builder().open(store).await?;

    // Once, when the flow is published. The diagnostics list all errors of the node.
    let parameters = json!({"CONTACT_NAME_EXPRESSION": "contact_name", "CONTACT_IDENTIFIER_ENTITY": "contact_id"});
    let node = host.prepare("campaign-contact-manager@1", parameters.as_object().ok_or("no object")?)?;
    if let Some(found) = node.diagnostics().first() {
        return Err(found.message.clone().into());
    }

    // For every session that arrives at the node. The key makes it safe to repeat the request with the same session id.
    let mut session = Session::new("acme", "whatsapp", "56987654321");
    session.id = "s-1".to_owned();
    session.entities.insert("contact_name".to_owned(), Value::from("Ana"));
    let outcome = host.invoke(Request::new(node, session.clone()).with_key("s-1/n1/1")).await?;

    // The runtime stores the changes of the session.
    session.entities.extend(outcome.entities);
    outcome.cleared.iter().for_each(|entity| drop(session.entities.remove(entity)));
    assert_eq!(outcome.port, "next");
    assert!(session.entity("contact_id").is_some());
    Ok(())
}
