//! Inputs that are larger than those of a fuzzer. The limits of the targets apply.

#![allow(missing_docs, clippy::unwrap_used)]

use flowhost_fuzz_targets as targets;
use serde_json::{Value as Json, json};

/// 200,000 opening brackets of lists, and as many of objects.
fn nested() -> [String; 2] {
    ["[".repeat(200_000), r#"{"a":"#.repeat(200_000)]
}

#[test]
fn a_flow_with_long_chains_is_checked_in_time() {
    let action = |number: usize| {
        json!({ "id": format!("a{number}"), "type": "campaign-contact-manager",
        "wires": [["j0"], ["j0"], ["j0"]] })
    };
    let junction = |number: usize| json!({ "id": format!("j{number}"), "type": "junction", "wires": [[format!("j{}", number + 1)]] });
    let flow: Vec<Json> = (0..4_000).map(action).chain((0..6_000).map(junction)).collect();
    targets::flow(Json::from(flow).to_string().as_bytes());
}

#[test]
fn a_node_with_many_unknown_parameters_is_checked_in_time() {
    let mut node = json!({ "id": "a", "type": "campaign-record-administration", "wires": [] });
    for number in 0..60_000 {
        node[format!("CAMPAIGN_IDENTIFIER_ENTITY_OF_A_CONTACT_{number}")] = json!("x");
    }
    targets::flow(json!([node]).to_string().as_bytes());
}

#[test]
fn a_tenant_with_many_channels_is_applied_in_time() {
    let channels: Vec<_> = (0..50_000).map(|number| json!({ "name": format!("channel-{number}") })).collect();
    let tenant =
        json!({ "id": "acme", "name": "Acme", "time_zone": "UTC", "phone_region": "CL", "channels": channels });
    targets::apply(json!({ "tenants": [tenant] }).to_string().as_bytes());
}

#[test]
fn nested_brackets_are_refused() {
    for text in nested() {
        for target in targets::TARGETS {
            (target.parse)(text.as_bytes());
        }
    }
}

#[test]
fn a_long_invalid_text_is_quoted_shortly() {
    let text = "\u{1b}[2J\n".repeat(100_000);
    let session = json!({ "tenant": "acme", "channel": "widget", "user": "u", "depth": text.as_str() });
    targets::session(session.to_string().as_bytes());
    let session = json!({ "tenant": "acme", "channel": "widget", "user": "u", "entities": { (text.as_str()): 1 } });
    targets::session(session.to_string().as_bytes());
    targets::manifest(json!({ "manifest": 1, "id": &text[..100_000] }).to_string().as_bytes());
    let node = json!({ "id": "a", "type": text.as_str(), "wires": [] });
    targets::flow(json!([node]).to_string().as_bytes());
    let node = json!({ "id": "a", "type": "campaign-contact-manager", (text.as_str()): "x", "name": text.as_str(),
        "CONTACT_NAME_EXPRESSION": text.as_str(), "UPDATE_CONTACT_NAME": text.as_str() });
    targets::flow(json!([node]).to_string().as_bytes());
    targets::apply(json!({ "tenants": [{ "id": text.as_str(), (text.as_str()): 1 }] }).to_string().as_bytes());
    for target in targets::TARGETS {
        (target.parse)(text.as_bytes());
    }
}
