//! The memory of one invocation, including the host's: 64 MiB of the guest, twice the 16 MiB of its host calls, and the
//! session.

use crate::plugins;
use crate::target::{Target, contact, record_request};
use serde_json::{Value as Json, json};

const MIB: usize = 1 << 20;

/// Limit for the memory of one invocation without its session, bytes.
const MAX_MEMORY: usize = (64 + 2 * 16) * MIB;

/// Sends a request, and asserts its code or port and its maximum memory.
#[track_caller]
fn assert_bounded(target: &mut Target, request: &Json, ends: &str) {
    let before = target.peak_memory();
    assert_eq!(target.code_or_port_of(request), ends);
    let took = target.peak_memory().saturating_sub(before);
    let session = request.to_string().len();
    // The process holds the session as its line of input, as text and as JSON nodes.
    assert!(took <= MAX_MEMORY + 4 * session, "{} MiB for a request of {session} bytes", took / MIB);
}

fn large_text() -> Json {
    "b".repeat(1_000_000).into()
}

#[test]
fn lists_of_texts_are_counted_while_they_are_made() {
    let mut target = Target::start();
    let contact = contact(&mut target, "whatsapp", "56987654321");
    let entities = json!({ "b": large_text(), "contact": contact });
    let whatsapp = |list: &str, kind: &str, elements: usize, element: &str| {
        let mut more = json!({ "TEMPLATE": "t", "LOCALE": "es", "WHATSAPP_NUMBER": "56911111111", "HSM_TYPE": kind });
        more[list] = vec![element; elements].into();
        record_request(&entities, &more)
    };
    assert_bounded(&mut target, &whatsapp("HSM_MTM_DATA", "MTM", 100, "b"), "limit-host-bytes");
    assert_bounded(&mut target, &whatsapp("HSM_MTM_DATA", "MTM", 100, "{{ b }}"), "limit-host-bytes");
    assert_bounded(&mut target, &whatsapp("HSM_MMT_BODY_DATA", "MMT", 100, "b + 'x'"), "limit-host-bytes");
    assert_bounded(&mut target, &whatsapp("HSM_MTM_DATA", "MTM", 6_000, "b"), "parameter-invalid");
    assert_bounded(&mut target, &whatsapp("HSM_MMT_HEADER_DATA", "MMT", 6_000, "b"), "parameter-invalid");
}

#[test]
fn entities_are_counted_while_they_are_copied() {
    let mut target = Target::start();
    let contact = contact(&mut target, "messenger", "m-1");
    let mut entities = json!({ "contact": contact });
    for name in ["b", "c", "d"] {
        entities[name] = vec![0; 300_000].into();
    }
    let names: Vec<_> = ["b", "c", "d"].into_iter().cycle().take(99).collect();
    let more = json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'x'", "MESSENGER_ADDITIONAL_DATA": names });
    assert_bounded(&mut target, &record_request(&entities, &more), "value-too-large");
    let entities = json!({ "contact": contact, "b": large_text(), "c": large_text(), "d": large_text() });
    assert_bounded(&mut target, &record_request(&entities, &more), "value-too-large");
}

#[test]
fn templates_are_counted_while_they_are_filled() {
    let mut target = Target::start();
    let contact = contact(&mut target, "messenger", "m-2");
    let entities = json!({ "contact": contact, "b": large_text() });
    let message = json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "{{ b }} ".repeat(200) });
    assert_bounded(&mut target, &record_request(&entities, &message), "expression-too-large");
    let message = json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "[b, b, b, b].join(b)" });
    assert_bounded(&mut target, &record_request(&entities, &message), "expression-too-large");
}

#[test]
fn plugins_that_make_much_stay_within_their_memory() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    for (plugin, name, ends) in [
        ("hostile", "evaluates-large-texts", "expression-too-large"),
        ("hostile", "sets-many-nodes", "limit-host-bytes"),
        ("hostile", "sends-much-in-all", "limit-host-bytes"),
        ("hostile", "grow-memory-in-steps", "limit-memory"),
        ("hostile-wasi", "holds-many-resources", "limit-tables"),
        ("hostile-wasi", "request-randomness-often", "limit-host-bytes"),
    ] {
        assert_bounded(&mut target, &plugins::request(plugin, name), ends);
    }
}

/// 64 invocations that allocate 64 MiB each, in a host with 256 MiB for all invocations.
#[test]
fn all_invocations_together_stay_within_the_budget_of_the_host() {
    let mut target = Target::with(Some(&plugins::FOLDER), Some(256 * MIB));
    let before = target.peak_memory();
    for name in ["grow-memory-in-steps", "evaluates-large-texts", "sets-many-nodes"] {
        let requests: Vec<_> = (0..64).map(|_| target.invoke(&plugins::request("hostile", name))).collect();
        for id in requests {
            let end = crate::target::code_or_port(&target.wait(&id));
            let ends = ["overloaded", "limit-memory", "expression-too-large", "limit-host-bytes", "limit-cpu"];
            assert!(ends.contains(&end.as_str()), "{name}: {end}");
        }
    }
    let took = target.peak_memory().saturating_sub(before);
    // The memory of completed instances is released with a delay.
    assert!(took <= 2 * 256 * MIB, "{} MiB", took / MIB);
    assert_eq!(target.code_or_port_of(&crate::target::contact_request("third", "messenger", "m-3")), "next");
}
