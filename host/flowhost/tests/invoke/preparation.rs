//! The preparation of a node takes a few milliseconds at most, even with hostile parameters.

use crate::fixture::{ALWAYS_ON, Fixture, code, session};
use flowhost::Request;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

const ACTION: &str = "campaign-record-administration";

/// CPU time that one preparation may take, in times of parsing the largest request. Processors differ, the ratio does not.
const MAX_REQUEST_PARSES: u32 = 2;

/// Bytes of the largest request.
const REQUEST_BYTES: usize = 4 << 20;

/// Expressions of about 1,000 tokens, distinct for each number.
fn large_expression(number: usize) -> String {
    format!("{number}{}", "+1".repeat(495))
}

/// Parameters that repeat per channel, each with a distinct expression of `source`.
fn per_channel(count: usize, source: impl Fn(usize) -> String) -> Map<String, Json> {
    (0..count).map(|at| (format!("OUTBOUND_MESSAGE_EXPRESSION_C{at}"), Json::from(source(at)))).collect()
}

fn list_parameter(count: usize, source: impl Fn(usize) -> String) -> Map<String, Json> {
    Map::from_iter([("HSM_MTM_DATA".to_owned(), (0..count).map(source).collect())])
}

/// Each kind of hostile parameters. Expressions differ between rounds, because the host caches parsed expressions.
fn hostile_parameters(round: usize) -> Vec<(&'static str, Map<String, Json>)> {
    let base = round * 10_000_000;
    let text = |bytes: usize| "x".repeat(bytes);
    let mut at_every_limit = per_channel(190, |at| large_expression(base + at));
    for (place, name) in ["HSM_MTM_DATA", "HSM_MMT_HEADER_DATA", "HSM_MMT_BODY_DATA"].into_iter().enumerate() {
        let elements = (0..100).map(|at| large_expression(base + place * 100 + at + 1_000));
        at_every_limit.insert(name.to_owned(), elements.collect());
    }
    vec![
        ("a list of many expressions", list_parameter(REQUEST_BYTES / 10, |at| (base + at).to_string())),
        ("a list of large expressions", list_parameter(REQUEST_BYTES / 1_000, |at| large_expression(base + at))),
        ("many parameters with expressions", per_channel(REQUEST_BYTES / 50, |at| (base + at).to_string())),
        (
            "many parameters with large expressions",
            per_channel(REQUEST_BYTES / 1_100, |at| large_expression(base + at)),
        ),
        ("parameters at every limit", at_every_limit),
        ("large templates", per_channel(190, |at| format!("{{{{{}}}}}{}", base + at, text(20_000)))),
        ("templates of many parts", per_channel(190, |at| format!("{}{}", base + at, "{{1}}".repeat(330)))),
        ("unclosed brackets", per_channel(190, |at| format!("{}+{}", base + at, "(".repeat(900)))),
        ("comments", per_channel(190, |at| format!("{} //{}", base + at, text(9_000)))),
        ("unclosed literals", per_channel(190, |at| format!("{} + '{}", base + at, text(20_000)))),
        (
            "unknown parameters",
            (0..190).map(|at| (format!("OUTBOUND_MESAGE_EXPRESSIONS_{at}"), Json::from(""))).collect(),
        ),
        (
            "many unknown parameters",
            (0..REQUEST_BYTES / 40).map(|at| (format!("OUTBOUND_MESAGE_EXPRESSIONS_{at}"), Json::from(""))).collect(),
        ),
        (
            "many names of entities",
            (0..190).map(|at| (format!("C{at}_ADDITIONAL_DATA"), vec!["entity"; 2_000].into())).collect(),
        ),
        ("a large text", Map::from_iter([("TEMPLATE".to_owned(), Json::from(text(REQUEST_BYTES)))])),
        ("a nested value", Map::from_iter([("X".to_owned(), vec![json!({ "a": [1] }); REQUEST_BYTES / 12].into())])),
    ]
}

/// CPU time that this thread has used.
fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// The name under which the time of parsing a request is measured.
const REQUEST: &str = "the request";

#[tokio::test]
async fn no_parameters_take_long_to_prepare() {
    let fixture = Fixture::in_memory().await;
    let request = Json::from(list_parameter(REQUEST_BYTES / 10, |at| (1_000_000 + at).to_string())).to_string();
    let mut least: BTreeMap<&str, Duration> = BTreeMap::new();
    let mut measure = |name, work: &dyn Fn()| {
        let began = thread_cpu_time();
        work();
        let took = thread_cpu_time() - began;
        least.entry(name).and_modify(|least| *least = took.min(*least)).or_insert(took);
    };
    for round in 1..=5 {
        measure(REQUEST, &|| drop(serde_json::from_str::<Json>(&request).unwrap()));
        for (name, parameters) in hostile_parameters(round) {
            measure(name, &|| drop(fixture.host.prepare(ACTION, &parameters).unwrap()));
        }
    }
    let limit = least[REQUEST] * MAX_REQUEST_PARSES;
    assert!(least.values().all(|took| *took <= limit), "{least:#?}");
}

/// The code and the parameter of the refusal that a node with these parameters ends with, and its operation entity.
async fn refusal(fixture: &Fixture, more: Map<String, Json>) -> (String, String, Json) {
    let mut parameters = record_parameters();
    parameters.extend(more);
    let outcome = fixture.invoke(ACTION, &session("messenger", "m-1"), parameters.into()).await;
    let (code, operation) = (code(&outcome).to_owned(), outcome.entities["operation"].clone());
    (code, outcome.error.unwrap().parameter.unwrap(), operation)
}

fn record_parameters() -> Map<String, Json> {
    let parameters = json!({
        "CAMPAIGN_ID": ALWAYS_ON, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "RECORD_ID_ENTITY": "record_id",
        "OPERATION_ENTITY": "operation", "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'",
    });
    parameters.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_list_has_at_most_100_elements() {
    let fixture = Fixture::in_memory().await;
    let entities = |count: usize| {
        Map::from_iter([("MESSENGER_ADDITIONAL_DATA".to_owned(), Json::from(vec!["contact_id"; count]))])
    };
    let refused = |parameter: &str| ("parameter-invalid".to_owned(), parameter.to_owned(), json!("ERROR"));
    assert_eq!(refusal(&fixture, list_parameter(101, |_| "'a'".to_owned())).await, refused("HSM_MTM_DATA"));
    assert_eq!(refusal(&fixture, entities(101)).await, refused("MESSENGER_ADDITIONAL_DATA"));

    let mut parameters = record_parameters();
    parameters.extend(list_parameter(100, |_| "'a'".to_owned()));
    parameters.extend(entities(100));
    let ana = fixture.session_with_contact("messenger", "m-1").await;
    let outcome = fixture.invoke(ACTION, &ana, parameters.into()).await;
    assert_eq!((outcome.port.as_str(), outcome.error), ("next", None));

    let schema = fixture.host.catalog().find(ACTION).unwrap().parameters_schema("en");
    assert_eq!(schema["properties"]["HSM_MTM_DATA"]["maxItems"], 100);
}

#[tokio::test]
async fn a_node_has_at_most_200_parameters() {
    let fixture = Fixture::in_memory().await;
    let unknown = |count: usize| (0..count).map(|at| (format!("Z_{at:03}"), json!("x"))).collect::<Map<_, _>>();
    let known = record_parameters().len();
    let refused = ("parameter-invalid".to_owned(), "Z_195".to_owned(), json!("ERROR"));
    assert_eq!(refusal(&fixture, unknown(201 - known)).await, refused);

    let mut parameters = record_parameters();
    parameters.extend(unknown(200 - known));
    let outcome =
        fixture.invoke(ACTION, &fixture.session_with_contact("messenger", "m-1").await, parameters.into()).await;
    assert_eq!((outcome.port.as_str(), outcome.error), ("next", None));
}

#[tokio::test]
async fn expressions_of_a_node_share_one_limit() {
    let fixture = Fixture::in_memory().await;
    let (code, parameter, operation) = refusal(&fixture, per_channel(190, large_expression)).await;
    assert_eq!((code.as_str(), operation), ("parameter-invalid", json!("ERROR")));
    assert!(parameter.starts_with("OUTBOUND_MESSAGE_EXPRESSION_"), "{parameter}");

    let mut parameters = record_parameters();
    parameters.extend(per_channel(100, large_expression));
    let outcome =
        fixture.invoke(ACTION, &fixture.session_with_contact("messenger", "m-1").await, parameters.into()).await;
    assert_eq!((outcome.port.as_str(), outcome.error), ("next", None));
}

#[tokio::test]
async fn parameters_beyond_a_request_are_refused() {
    let fixture = Fixture::in_memory().await;
    let large = Map::from_iter([("TEMPLATE".to_owned(), Json::from("x".repeat(REQUEST_BYTES)))]);
    let node = fixture.host.prepare(ACTION, &large).unwrap();
    let failure = fixture.host.invoke(Request::new(node, session("messenger", "m-1"))).await.unwrap_err();
    assert_eq!(failure.code, "request-too-large");
}
