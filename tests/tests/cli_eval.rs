//! The command `eval`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use serde_json::{Value as Json, json};

fn eval(expression: &str, entities: &Json) -> Json {
    let env = TestEnv::new();
    let answer = env.run(&["eval", expression, "--entities", &entities.to_string()]).assert_success();
    assert!(!env.path("flowhost.db").exists());
    answer.json()
}

#[test]
fn values_of_each_type() {
    let entities = json!({ "name": "Ana", "nothing": null, "number": 1.0 });
    for (expression, kind, value) in [
        ("nothing", "null", Json::Null),
        ("name == 'Ana'", "boolean", json!(true)),
        ("-1", "integer", json!(-1)),
        ("number", "number", json!(1.0)),
        ("'Hola ' + name", "text", json!("Hola Ana")),
        ("timestamp('2027-02-01T10:00:00-03:00')", "timestamp", json!("2027-02-01T13:00:00Z")),
        ("[1, 'a']", "list", json!([1, "a"])),
        ("{'a': 1}", "map", json!({ "a": 1 })),
        ("formatDate(timestamp('2027-02-01T10:00:00Z'), 'dd/MM/yyyy HH:mm:ss')", "text", json!("01/02/2027 10:00:00")),
        ("phone('+56 9 8765 4321')", "text", json!("+56987654321")),
    ] {
        assert_eq!(eval(expression, &entities), json!({ "type": kind, "value": value }), "{expression}");
    }
}

#[test]
fn a_number_is_parsed_to_the_nearest_double() {
    // An inexact parser returns a number that ends in 6.
    let env = TestEnv::new();
    let entities = r#"{"x": 122.416294033786585}"#;
    let answer = env.run(&["eval", "x", "--entities", entities]).assert_success();
    assert_eq!(answer.json(), json!({ "type": "number", "value": 122.416_294_033_786_58 }));
    assert!(answer.stdout.contains("122.41629403378658"), "{}", answer.stdout);
}

#[test]
fn an_error_shows_its_position() {
    let env = TestEnv::new();
    let refused = env.run(&["eval", "1 +\n  + 2"]).assert_failure(1, &["expression-syntax", "2 |   + 2", "^"]);
    assert_eq!(refused.stdout, "");
    env.run(&["eval", "name"]).assert_failure(1, &["entity-not-set", "name"]);
    env.run(&["eval", "phone('9 8765 4321')"]).assert_failure(1, &["expression-failed"]);
    env.run(&["eval", "1", "--entities", "[]"]).assert_failure(1, &["--entities"]);
}

#[test]
fn a_batch_answers_every_line() {
    let env = TestEnv::new();
    let lines = [
        json!({ "expr": "a + 1", "entities": { "a": 1 } }).to_string(),
        json!({ "expr": "1 +" }).to_string(),
        "nonsense".to_owned(),
        json!({ "expr": "1", "entitys": {} }).to_string(),
        json!({ "expr": "{{ a }}", "entities": { "a": 1 } }).to_string(),
        json!({ "expr": "'ñ'" }).to_string(),
    ];
    let answers = env.run_with(&["eval", "--batch"], &lines.join("\n")).assert_success().lines();
    assert_eq!(answers[0], json!({ "type": "integer", "value": 2 }));
    assert_eq!(answers[1]["error"]["code"], "expression-syntax");
    assert_eq!((&answers[1]["error"]["line"], answers[1]["error"]["column"].is_u64()), (&json!(1), true));
    assert_eq!(answers[2]["error"]["code"], "request-invalid");
    assert!(answers[3]["error"]["message"].as_str().unwrap().contains("entitys"));
    assert!(answers[4].get("error").is_some(), "a template is not an expression here");
    assert_eq!(answers[5], json!({ "type": "text", "value": "ñ" }));
}
