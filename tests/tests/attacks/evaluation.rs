//! Expensive evaluations yield to other tenants, and end at the limit of steps of one invocation.

use crate::plugins;
use crate::target::{Target, contact, record_request};
use serde_json::{Value as Json, json};

/// An expression that takes nearly all steps of one evaluation.
const EXPENSIVE: &str = "string(size(lists.range(10000).map(x, x*x+x*x*x+x)))";

/// Concurrent attacks.
const ATTACKERS: usize = 64;

/// Invocations of the neighbour, one after the other.
const TIMES: usize = 200;

fn expensive_list(contact: &str) -> Json {
    let entities = json!({ "contact": contact });
    let list = json!({
        "TEMPLATE": "t", "LOCALE": "es", "WHATSAPP_NUMBER": "56911111111", "HSM_MTM_DATA": vec![EXPENSIVE; 100],
    });
    record_request(&entities, &list)
}

#[test]
fn a_list_of_expensive_expressions_ends_at_the_steps_of_one_invocation() {
    let mut target = Target::start();
    let contact = contact(&mut target, "whatsapp", "56987654321");
    let id = target.invoke(&expensive_list(&contact));
    let answer = target.wait(&id);
    assert_eq!(crate::target::code_or_port(&answer), "expression-too-large");
    // Without the limit of steps, the invocation would end at the default CPU limit of 200 ms.
    assert!(answer.pointer("/outcome/usage/cpu_us").and_then(Json::as_u64).unwrap() < 150_000, "{answer}");
}

#[test]
fn a_neighbour_is_served_beside_lists_of_expensive_expressions() {
    let mut target = Target::start();
    let contact = contact(&mut target, "whatsapp", "56987654321");
    target.assert_neighbour_unharmed(&vec![expensive_list(&contact); ATTACKERS], TIMES);
}

#[test]
fn a_neighbour_is_served_beside_expensive_templates_and_conditions() {
    let mut target = Target::start();
    let contact = contact(&mut target, "messenger", "m-1");
    let entities = json!({ "contact": contact, "words": vec!["word"; 5_000], "text": "é".repeat(100_000) });
    let attack: Vec<_> = [
        json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": format!("{{{{ {EXPENSIVE} }}}} ").repeat(20) }),
        json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "words.distinct().sort().join(text)" }),
        json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "string(text.matches('^(é|x)*$'))" }),
        json!({ "IS_INTERNAL": format!("{EXPENSIVE} == {EXPENSIVE}") }),
    ]
    .iter()
    .cycle()
    .take(ATTACKERS)
    .map(|more| record_request(&entities, more))
    .collect();
    target.assert_neighbour_unharmed(&attack, TIMES);
}

#[test]
fn a_neighbour_is_served_beside_plugins_that_evaluate() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    for name in ["evaluates-often", "evaluates-large-texts"] {
        target.assert_neighbour_unharmed(&vec![plugins::request("hostile", name); ATTACKERS], TIMES);
    }
}

/// The search for a similar entity name is limited by the steps and by the length of names.
#[test]
fn a_hint_among_many_long_names_takes_little() {
    let mut target = Target::start();
    for length in [60, 128] {
        let mut entities = json!({});
        for index in 0..999 {
            entities[format!("{index:03}{}", "y".repeat(length - 3))] = json!(1);
        }
        let mut request = record_request(&entities, &json!({}));
        request["parameters"]["CONTACT_IDENTIFIER_ENTITY"] = json!("x".repeat(length));
        let id = target.invoke(&request);
        let answer = target.wait(&id);
        assert_eq!(crate::target::code_or_port(&answer), "entity-not-set");
        assert!(answer.pointer("/outcome/usage/cpu_us").and_then(Json::as_u64).unwrap() < 20_000, "{answer}");
    }
}
