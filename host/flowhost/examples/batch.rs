//! Many requests at once: one prepared node, a session for each contact, and a limited number of requests in flight.
//!
//! `cargo run --release --example batch`
#![allow(clippy::print_stdout, reason = "the example prints its results")]

use flowhost::store::{Filter, MemoryStore, Page, apply};
use flowhost::{Failure, Host, Outcome, PreparedNode, Request, Session};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::error::Error;
use std::time::{Duration, Instant};

const TENANTS: &str = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago",
    "phone_region": "CL", "channels": ["whatsapp"]}]}"#;

/// Number of sessions.
const SESSIONS: u32 = 500;

/// Requests in flight. More than the host's permits wait in its queues and use memory there.
const IN_FLIGHT: usize = 32;

/// Attempts of one request, whose failures allow a retry.
const ATTEMPTS: u32 = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = MemoryStore::new();
    apply(&store, TENANTS).await?;
    let host = Host::builder().open(store).await?;
    let parameters = json!({"CONTACT_NAME_EXPRESSION": "contact_name", "CONTACT_IDENTIFIER_ENTITY": "contact_id"});
    let node = host.prepare("campaign-contact-manager@1", parameters.as_object().ok_or("not an object")?)?;

    let started = Instant::now();
    // `buffered` keeps the order of the sessions. The committer writes the outcomes of concurrent requests together.
    let outcomes: Vec<_> =
        stream::iter(0..SESSIONS).map(|number| invoke(&host, &node, number)).buffered(IN_FLIGHT).collect().await;
    let elapsed = started.elapsed();

    let mut cpu = Duration::ZERO;
    for outcome in outcomes {
        let outcome = outcome?;
        assert_eq!(outcome.port, "next", "{:?}", outcome.error);
        cpu += Duration::from_micros(outcome.usage.cpu_us);
    }
    println!("{SESSIONS} requests in {elapsed:.1?}, {cpu:.1?} CPU time on the workers");

    let page = Page { after: None, limit: 2 * SESSIONS };
    let contacts = host.store().contacts(&Filter::default(), &page).await?;
    assert_eq!(contacts.len(), SESSIONS as usize);
    host.close().await?;
    Ok(())
}

/// Invokes the node for one session. Repeats a request that failed but may succeed later; its key prevents a second
/// effect.
async fn invoke(host: &Host, node: &PreparedNode, number: u32) -> Result<Outcome, Failure> {
    let mut session = Session::new("acme", "whatsapp", format!("569{:08}", 10_000_000 + number));
    session.id = format!("s-{number}");
    session.entities.insert("contact_name".to_owned(), Value::from(format!("Contact {number}")));
    let request = Request::new(node.clone(), session).with_key(format!("s-{number}/n1/1"));
    for attempt in 1..ATTEMPTS {
        match host.invoke(request.clone()).await {
            Err(failure) if failure.retryable => {
                tokio::time::sleep(Duration::from_millis(10) * attempt).await;
            }
            result => return result,
        }
    }
    host.invoke(request).await
}
