//! Comparison of `expect` with an observation.

use crate::matcher::{Difference, compare, matches, matches_in_any_order};
use crate::observation::Observation;
use crate::store_changes::compare_store;
use flowhost_invocation::Outcome;
use serde_json::{Map, Value, json};

/// Returns the differences between `expect` and the observation.
pub(crate) fn find_differences(expect: &Map<String, Value>, observation: &Observation) -> Vec<Difference> {
    let mut found = Vec::new();
    let outcome = match &observation.result {
        Ok(outcome) => outcome,
        Err(failure) => {
            let actual = json!({ "failure": failure });
            return vec![Difference::new("/port", expect.get("port"), Some(&actual))];
        }
    };
    let port = json!(outcome.port);
    if !expect.get("port").is_some_and(|expected| matches(expected, &port)) {
        found.push(Difference::new("/port", expect.get("port"), Some(&port)));
    }
    compare_error(expect.get("error"), outcome, &mut found);
    if let Some(expected) = expect.get("entities") {
        compare("/entities", expected, &json!(outcome.entities), &mut found);
    }
    if let Some(expected) = expect.get("cleared") {
        compare_list("/cleared", expected, &outcome.cleared, &mut found);
    }
    let codes: Vec<_> = outcome.warnings.iter().map(|warning| warning.code.clone()).collect();
    compare_list("/warnings", expect.get("warnings").unwrap_or(&json!([])), &codes, &mut found);
    if let Some(expected) = expect.get("store") {
        compare_store(expected, &observation.store, &mut found);
    }
    if let Some(expected) = expect.get("calls") {
        compare("/calls", expected, &json!(observation.calls), &mut found);
    }
    if let Some(expected) = expect.get("usage") {
        compare_usage(expected, observation, &mut found);
    }
    found
}

fn compare_error(expected: Option<&Value>, outcome: &Outcome, found: &mut Vec<Difference>) {
    let actual = outcome.error.as_ref().map(|error| json!(error));
    match (expected.filter(|expected| !expected.is_null()), &actual) {
        (None, None) => {}
        (None, Some(actual)) => found.push(Difference::new("/error", None, Some(actual))),
        (Some(expected), None) => found.push(Difference::new("/error", Some(expected), None)),
        (Some(expected), Some(actual)) => compare_fields("/error", expected, actual, found),
    }
}

/// Adds the differences of the fields that `expected` lists.
pub(crate) fn compare_fields(path: &str, expected: &Value, actual: &Value, found: &mut Vec<Difference>) {
    if matches(expected, actual) {
        return;
    }
    let (Value::Object(expected), Value::Object(all)) = (expected, actual) else {
        found.push(Difference::new(path, Some(expected), Some(actual)));
        return;
    };
    let listed = all.iter().filter(|(name, _)| expected.contains_key(*name));
    let listed: Map<_, _> = listed.map(|(name, value)| (name.clone(), value.clone())).collect();
    compare(path, &Value::Object(expected.clone()), &Value::Object(listed), found);
}

fn compare_list(path: &str, expected: &Value, actual: &[String], found: &mut Vec<Difference>) {
    let observed: Vec<Value> = actual.iter().map(|text| json!(text)).collect();
    let is_same = match expected {
        Value::Array(expected) => matches_in_any_order(expected, &observed),
        expected => matches(expected, &json!(observed)),
    };
    if !is_same {
        found.push(Difference::new(path, Some(expected), Some(&Value::Array(observed))));
    }
}

fn compare_usage(expected: &Value, observation: &Observation, found: &mut Vec<Difference>) {
    let usage = observation.usage();
    for (name, actual) in
        [("cpu_us", usage.cpu_us), ("host_calls", usage.host_calls), ("memory_bytes", usage.memory_bytes)]
    {
        let Some(limit) = expected.get(name) else { continue };
        if limit.as_u64().is_some_and(|limit| actual > limit) {
            found.push(Difference::new(format!("/usage/{name}"), Some(limit), Some(&json!(actual))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowhost_host_functions::TraceContent;

    fn observation(port: &str, error: &Value, warnings: &[&str]) -> Observation {
        let warnings = warnings.iter().map(|code| json!({"code": code, "message": "", "parameter": null}));
        let outcome = json!({
            "port": port, "entities": {"tier": "gold"}, "cleared": ["b", "a"], "error": error,
            "warnings": warnings.collect::<Vec<_>>(), "replayed": false,
            "usage": {"cpu_us": 90, "wall_us": 300, "host_calls": 7, "memory_bytes": 65_536},
        });
        let calls = vec!["flow:action/parameters#get", "flow:action/log#write", "flow:action/parameters#set"];
        let trace = TraceContent { calls, ..TraceContent::default() };
        Observation::new(Ok(serde_json::from_value(outcome).unwrap()), json!({}), trace)
    }

    fn ok() -> Observation {
        observation("next", &json!(null), &["x", "y"])
    }

    fn paths(expect: &Value, observation: &Observation) -> Vec<String> {
        let found = find_differences(expect.as_object().unwrap(), observation);
        found.into_iter().map(|difference| difference.path).collect()
    }

    #[test]
    fn every_part_is_compared() {
        let right = json!({
            "port": "next", "entities": {"tier": "gold"}, "cleared": ["a", "b"], "warnings": ["y", "x"],
            "calls": ["flow:action/parameters#get", "flow:action/parameters#set"],
            "usage": {"cpu_us": 90, "host_calls": 7, "memory_bytes": 65_536}, "store": {},
        });
        assert_eq!(paths(&right, &ok()), [""; 0]);
        for (name, wrong, path) in [
            ("port", json!("error"), "/port"),
            ("error", json!({"code": "x"}), "/error"),
            ("entities", json!({"tier": "silver"}), "/entities/tier"),
            ("entities", json!({}), "/entities/tier"),
            ("cleared", json!(["a"]), "/cleared"),
            ("warnings", json!([]), "/warnings"),
            ("calls", json!(["flow:action/parameters#set", "flow:action/parameters#get"]), "/calls"),
            ("usage", json!({"cpu_us": 89}), "/usage/cpu_us"),
            ("store", json!({"records": {"created": [{}]}}), "/store/records/created/0"),
        ] {
            let mut expect = right.clone();
            expect[name] = wrong;
            assert_eq!(paths(&expect, &ok()), [path], "{name}");
        }
    }

    #[test]
    fn absent_parts_are_not_compared_except_warnings_and_error() {
        assert_eq!(paths(&json!({"port": "next"}), &ok()), ["/warnings"]);
        let error = json!({"code": "contact-in-dnd", "message": "m", "parameter": "P"});
        let refused = observation("error", &error, &[]);
        assert_eq!(paths(&json!({"port": "next"}), &refused), ["/port", "/error"]);
        assert_eq!(paths(&json!({"port": "error", "error": {"code": "contact-in-dnd"}}), &refused), [""; 0]);
        let wrong = json!({"port": "error", "error": {"code": "contact-in-dnd", "parameter": null}});
        assert_eq!(paths(&wrong, &refused), ["/error/parameter"]);
    }
}
