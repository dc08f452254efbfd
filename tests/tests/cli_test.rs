//! The command `test`, and the cases of the shipped actions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::components::plugin;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// The action of most tests.
const ACTION: &str = "campaign-dnd-validator";

/// Everything that `--require` accepts.
const EVERYTHING: &str = "ports,codes,parameters,capabilities";

fn cases_of(action: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("actions").join(action).join("cases")
}

/// A file with these cases of [`ACTION`].
fn file(cases: &Json) -> String {
    let contact = "01a20d6d-5a00-7e04-84c1-f60a948f0606";
    let campaign = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";
    json!({
        "format": 1,
        "given": {
            "campaigns": [{"id": campaign, "name": "C", "type": "simple", "mode": "always-on", "category": "K"}],
            "contacts": [{"id": contact, "addresses": [{"channel": "whatsapp", "identifier": "+12025550123"}]}],
            "session": {"entities": {"contact_id": contact}},
            "parameters": {
                "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": campaign, "DND_VALIDATION_RESULT": "blocked",
            },
        },
        "cases": cases,
    })
    .to_string()
}

fn passing() -> Json {
    json!({"name": "not on a list", "expect": {"port": "next", "entities": {"blocked": false}, "store": {}}})
}

fn failing() -> Json {
    json!({"name": "on a list", "expect": {"port": "next", "entities": {"blocked": true}}})
}

#[test]
fn the_cases_of_every_shipped_action_pass_and_reach_everything() {
    for (action, _) in flowhost::catalog::built_in() {
        let (env, cases) = (TestEnv::new(), cases_of(action));
        let cases = cases.to_str().unwrap();
        let report = env.run(&["test", action, cases, "--require", EVERYTHING, "--json"]).assert_success().json();
        assert_eq!((&report["format"], &report["failed"]), (&json!(1), &json!(0)), "{report}");
        assert!(report["passed"].as_u64().unwrap() >= 8, "{action}: {}", report["passed"]);
        assert_eq!(report["plugin"]["id"], action);
        // No case needs a store of the command line.
        assert!(!env.path("flowhost.db").exists());
    }
}

#[test]
fn the_cases_of_the_documentation_pass() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("host/docs/testing.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("```json\n").unwrap();
    let env = TestEnv::new();
    env.file("a.json", rest.split_once("```").unwrap().0);
    let report = env.run(&["test", ACTION, "a.json", "--require", EVERYTHING, "--json"]).assert_success().json();
    assert_eq!(report["passed"], 3);
}

#[test]
fn a_difference_fails_with_its_path() {
    let env = TestEnv::new();
    env.file("a.json", file(&json!([passing(), failing()])));
    let output = env.run(&["test", ACTION, "a.json"]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    let lines: Vec<_> = output.stdout.lines().collect();
    assert!(lines[0].starts_with("campaign-dnd-validator 1.0.0  sha256:"), "{}", output.stdout);
    assert!(lines[1].starts_with("ok    a.json: not on a list  "), "{}", output.stdout);
    assert_eq!(&lines[2..4], ["FAIL  a.json: on a list", "        /entities/blocked: expected true, got false"]);
    assert!(lines[4].starts_with("1 passed, 1 failed in "), "{}", output.stdout);

    let output = env.run(&["test", ACTION, "a.json", "--json"]);
    assert_eq!(output.code, 1);
    let report = output.json();
    assert_eq!((&report["passed"], &report["failed"]), (&json!(1), &json!(1)));
    let case = &report["cases"][1];
    assert_eq!(case["differences"], json!([{"path": "/entities/blocked", "expected": true, "actual": false}]));
    assert_eq!(case["outcome"]["port"], "next");
    assert!(case["usage"]["host_calls"].as_u64().unwrap() > 0);
    assert_eq!(report["coverage"]["capabilities"], json!({"flow:outbound/dnd#blocks-campaign": 2}));
    assert_eq!(report["coverage"]["ports"], json!({"next": 2, "error": 0}));
}

#[test]
fn called_functions_are_compared_in_their_order() {
    let env = TestEnv::new();
    let calls = |calls: Json| file(&json!([{"name": "a", "expect": {"port": "next", "calls": calls}}]));
    let [get, set] = ["get", "set"].map(|name| format!("flow:action/parameters#{name}"));
    let blocks = "flow:outbound/dnd#blocks-campaign";
    env.file("a.json", calls(json!([get, get, blocks, set])));
    env.run(&["test", ACTION, "a.json"]).assert_success();
    env.file("a.json", calls(json!([get, blocks, get, set])));
    assert_eq!(env.run(&["test", ACTION, "a.json"]).code, 1);
}

#[test]
fn usage_has_upper_limits() {
    let env = TestEnv::new();
    let with_calls = |most: u32| {
        file(
            &json!([{"name": "a", "expect": {"port": "next", "usage": {"host_calls": most, "memory_bytes": 1_048_576}}}]),
        )
    };
    env.file("a.json", with_calls(4));
    env.run(&["test", ACTION, "a.json"]).assert_success();
    env.file("a.json", with_calls(3));
    let report = env.run(&["test", ACTION, "a.json", "--json"]).json();
    assert_eq!(report["cases"][0]["differences"][0]["path"], "/usage/host_calls");
}

#[test]
fn invalid_cases_run_nothing_and_have_a_place() {
    let env = TestEnv::new();
    env.file("good.json", file(&json!([passing()])));
    for (text, words) in [
        ("{\n\n".to_owned(), ["bad.json:3", "not JSON"]),
        ("{\"format\": 2,\n\"cases\": []}".to_owned(), ["bad.json:1", "/format"]),
        ("{\"format\": 1,\n\"case\": []}".to_owned(), ["bad.json:2", "/case"]),
        (file(&json!([passing(), passing()])), ["/cases/1/name", "not on a list"]),
        (file(&json!([{"name": "a", "expect": {"port": 1}}])), ["/cases/0/expect/port", "a number"]),
        (
            file(&json!([{"name": "a", "given": {"contacts": [{"id": "x"}]}, "expect": {"port": "next"}}])),
            ["/cases/0/given/contacts/0/id", "UUID"],
        ),
        (
            file(&json!([{"name": "a", "given": {"contacts": [{"id": "01a20d6d-5a00-7e04-84c1-f60a948f0606",
                "addresses": [{"channel": "whatsapp", "identifier": "12025550123"}]}]}, "expect": {"port": "next"}}])),
            ["/cases/0/given/contacts/0/addresses", "+12025550123"],
        ),
        (
            file(&json!([{"name": "a", "given": {"dnd": [{"contact": "01a20d6d-5a00-7e04-84c1-f60a948f0606",
                "campaign": "01a20d6d-5a00-7e04-84c1-f60a948f0606"}]}, "expect": {"port": "next"}}])),
            ["/cases/0/given/dnd/0", "campaign"],
        ),
    ] {
        env.file("bad.json", &text);
        let output = env.run(&["test", ACTION, "good.json", "bad.json"]).assert_failure(1, &["case-invalid"]);
        let output = output.assert_failure(1, &words);
        assert_eq!(output.stdout, "", "{text}");
        let json = env.run(&["test", ACTION, "bad.json", "--json"]).json();
        assert_eq!(json["error"]["code"], "case-invalid");
    }
    env.run(&["test", ACTION, "none.json"]).assert_failure(1, &["case-invalid", "none.json"]);
}

#[test]
fn nothing_to_run_is_an_error() {
    let env = TestEnv::new();
    env.run(&["test", ACTION]).assert_failure(1, &["case-none"]);
    std::fs::create_dir(env.path("empty")).unwrap();
    env.run(&["test", ACTION, "empty"]).assert_failure(1, &["case-none"]);
    env.file("a.json", file(&json!([passing()])));
    env.run(&["test", ACTION, "a.json", "--filter", "gold"]).assert_failure(1, &["case-none", "gold"]);
    env.run(&["test"]).assert_failure(1, &["project-invalid"]);
    env.run(&["test", "campaign-dnd-validater", "a.json"]).assert_failure(1, &["action-not-found", ACTION]);
}

#[test]
fn a_filter_selects_by_file_and_name() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("cases")).unwrap();
    env.file("cases/b.json", file(&json!([failing()])));
    env.file("cases/a.json", file(&json!([passing(), failing()])));
    env.file("cases/c.txt", "not a case");
    let names = |filter: &[&str]| {
        let arguments = [&["test", ACTION, "cases", "--json"], filter].concat();
        let report = env.run(&arguments).json();
        let cases = report["cases"].as_array().unwrap();
        cases
            .iter()
            .map(|case| format!("{}: {}", case["file"].as_str().unwrap(), case["name"].as_str().unwrap()))
            .collect()
    };
    let all: Vec<String> = names(&[]);
    assert_eq!(all, ["cases/a.json: not on a list", "cases/a.json: on a list", "cases/b.json: on a list"]);
    assert_eq!(names(&["--filter", "a.json: on"]), ["cases/a.json: on a list"]);
}

#[test]
fn a_missing_part_of_the_coverage_fails() {
    let env = TestEnv::new();
    env.file("a.json", file(&json!([passing()])));
    env.run(&["test", ACTION, "a.json", "--require", "parameters,capabilities"]).assert_success();
    let output = env.run(&["test", ACTION, "a.json", "--require", "ports"]).assert_failure(1, &["coverage", "error"]);
    assert!(output.stdout.contains("1 passed, 0 failed"), "{}", output.stdout);
    env.run(&["test", ACTION, "a.json", "--require", "port"]).assert_failure(2, &["port"]);
}

#[test]
fn an_update_makes_the_cases_pass_and_keeps_the_rest() {
    let env = TestEnv::new();
    let cases = json!([{"name": "empty", "expect": {}}, failing(), passing()]);
    let text = file(&cases).replace("\"cases\":[", "\"cases\": [\n  ");
    env.file("a.json", &text);
    env.run(&["test", ACTION, "a.json"]).assert_failure(1, &["case-invalid"]);
    let output = env.run(&["test", ACTION, "a.json", "--update"]).assert_success();
    assert!(output.stderr.contains("updated a.json"), "{}", output.stderr);
    let updated = std::fs::read_to_string(env.path("a.json")).unwrap();
    let (before, _) = text.split_once("\"expect\":{}").unwrap();
    assert!(updated.starts_with(before), "{updated}");
    let updated: Json = serde_json::from_str(&updated).unwrap();
    let full = json!({"port": "next", "entities": {"blocked": false}, "cleared": [], "store": {}});
    assert_eq!([0, 1, 2].map(|index| updated["cases"][index]["expect"].clone()), [full.clone(), full.clone(), full]);
    let again = env.run(&["test", ACTION, "a.json", "--update"]).assert_success();
    assert_eq!(again.stderr, "");
}

#[test]
fn a_report_in_the_format_of_junit_is_written() {
    let env = TestEnv::new();
    let odd = json!({"name": "<a> & \u{1}", "expect": {"port": "next"}});
    env.file("a.json", file(&json!([odd, failing()])));
    assert_eq!(env.run(&["test", ACTION, "a.json", "--junit", "report.xml"]).code, 1);
    let xml = std::fs::read_to_string(env.path("report.xml")).unwrap();
    for part in [
        "<testsuite name=\"campaign-dnd-validator@1.0.0\" tests=\"2\" failures=\"1\" errors=\"0\"",
        "classname=\"a.json\" name=\"&lt;a&gt; &amp; \\u{1}\"",
        "<failure message=\"/entities/blocked: expected true, got false\">",
    ] {
        assert!(xml.contains(part), "`{part}` isn't in {xml}");
    }
}

#[test]
fn a_component_in_a_file_uses_the_cases_beside_it() {
    let env = TestEnv::new();
    std::fs::create_dir_all(env.path("project/cases")).unwrap();
    std::fs::create_dir(env.path("project/dist")).unwrap();
    env.file("project/cases/a.json", file(&json!([passing()])));
    env.file("project/own.wasm", plugin("acme-validator", "1.2.3"));
    env.file("project/dist/own.wasm", plugin("acme-validator", "1.2.3"));
    for component in ["project/own.wasm", "project/dist/own.wasm"] {
        let report = env.run(&["test", component, "--json"]).assert_success().json();
        assert_eq!(report["plugin"]["id"], "acme-validator");
        assert_eq!(report["plugin"]["version"], "1.2.3");
        assert_eq!(report["cases"][0]["file"], "project/cases/a.json");
    }
}

#[test]
fn a_refused_component_has_its_code() {
    let env = TestEnv::new();
    env.file("a.json", file(&json!([passing()])));
    env.file("empty.wasm", "");
    env.run(&["test", "empty.wasm", "a.json"]).assert_failure(1, &["component-invalid"]);
    env.run(&["test", "none.wasm", "a.json"]).assert_failure(1, &["none.wasm"]);
    env.file("own.wasm", plugin(ACTION, "1.0.0"));
    let json = env.run(&["test", "own.wasm", "a.json", "--json"]).assert_failure(1, &["action-reserved"]).json();
    assert_eq!(json["error"]["code"], "action-reserved");
    env.run(&["test", "own.wasm", "a.json", "--replace", ACTION]).assert_success();
}

#[test]
fn a_describe_that_does_not_end_is_refused_and_a_fault_does_not_end_the_run() {
    let env = TestEnv::new();
    env.plugins(&["describes-for-ever", "hostile"]);
    let case = |name: &str, attack: &str, expect: Json| {
        let parameters = json!({"ATTACK": attack, "RESULT_ENTITY": "result", "STATUS_ENTITY": "status"});
        json!({"name": name, "given": {"parameters": parameters}, "expect": expect})
    };
    let next = json!({"port": "next"});
    let cases = json!([case("a", "panics", next.clone()), case("b", "panics", next)]);
    env.file("a.json", json!({"format": 1, "cases": cases}).to_string());
    env.run(&["test", "plugins/describes-for-ever.wasm", "a.json"]).assert_failure(1, &["limit-cpu"]);
    let before = std::fs::read(env.path("a.json")).unwrap();
    let output = env.run(&["test", "plugins/hostile.wasm", "a.json", "--update", "--json", "--junit", "r.xml"]);
    assert_eq!(output.code, 1, "{}", output.stderr);
    let report = output.json();
    assert_eq!(report["failed"], 2);
    for case in report["cases"].as_array().unwrap() {
        assert_eq!(case["outcome"]["error"]["code"], "plugin-trap", "{case}");
        assert!(case["log"].as_array().unwrap().iter().any(|line| line["level"] == "error"), "{case}");
    }
    assert_eq!(std::fs::read(env.path("a.json")).unwrap(), before, "a fault is never written");
    assert!(std::fs::read_to_string(env.path("r.xml")).unwrap().contains("errors=\"2\""));
}
