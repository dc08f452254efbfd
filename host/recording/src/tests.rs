//! Tests of the format: round trips, damaged and hostile files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::*;
use flowhost_error::ErrorCode;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

pub(crate) fn sample() -> Recording {
    serde_json::from_value(json!({
        "recording": 1,
        "host": { "version": "0.2.0", "contract": "1.0.0", "generator": GENERATOR },
        "action": { "id": "acme-tier", "version": "1.0.0", "digest": "sha256:00", "contract": "1.0.0" },
        "session": { "id": "s-1", "tenant": "acme", "channel": "whatsapp", "user": "56987654321", "node": null, "visit": 3,
            "depth": 0, "seed": "7", "at": "2026-11-24T12:00:00Z",
            "entities": { "points": { "integer": "1200" }, "share": { "number": 0.25 }, "name": { "text": "Ana María" },
                "order": { "json": "{\"lines\":[\"Tea\",1.0]}" } } },
        "parameters": { "POINTS_ENTITY": "points", "LIST": [true, null, "keep this"] },
        "limits": { "memory_bytes": 1, "tables": 1, "table_elements": 1, "memories": 1, "core_instances": 1,
            "stack_bytes": 1, "cpu_us": 1, "timeout_us": 1, "host_calls": 1, "host_call_bytes": 1, "value_bytes": 1,
            "entities": 1, "log_lines": 1, "warnings": 1 },
        "calls": [
            { "function": "flow:action/parameters#get", "arguments": ["POINTS_ENTITY"],
              "answer": { "ok": { "integer": "1200" } }, "warnings": [] },
            { "function": "flow:outbound/dnd#blocks-campaign", "arguments": ["c", "k"], "answer": { "ok": false },
              "warnings": [{ "code": "phone-unusual", "message": "the number is unusual", "parameter": null }],
              "reads": [{ "read": "configuration", "version": 3, "value": { "tenant": { "name": "Acme Corp" } } },
                        { "read": "address", "channel": "whatsapp", "identifier": "+56987654321", "value": null }] }],
        "end": { "ok": "next" },
        "outcome": { "port": "next", "entities": { "tier": { "text": "gold" } }, "cleared": ["x"], "error": null,
            "warnings": [] },
        "conflicts": [{ "run": 1, "cause": "read",
            "read": { "read": "contact", "id": "k", "version": 7, "value": { "dnd": [] } },
            "calls": [{ "index": 2, "function": "flow:outbound/dnd#blocks-campaign" }],
            "found": { "version": 8, "value": { "dnd": [{ "campaign": "c" }] } } }],
        "usage": { "cpu_us": 92, "wall_us": 300, "host_calls": 7, "memory_bytes": 65536 },
        "redacted": false
    }))
    .unwrap()
}

fn code(text: &str) -> ErrorCode {
    Recording::parse(text).unwrap_err().code
}

#[test]
fn a_recording_round_trips() {
    let text = sample().to_text().unwrap();
    let again = Recording::parse(&text).unwrap();
    assert_eq!(Recording { seal: String::new(), ..again.clone() }, sample());
    assert_eq!(again.to_text().unwrap(), text);
}

#[test]
fn every_truncation_is_invalid() {
    let text = sample().to_text().unwrap();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert_eq!(code(&text[..end]), ErrorCode::RecordingInvalid, "{end}");
    }
}

/// Changes each value of a tree, one after the other.
type Change<'c> = dyn FnMut(&dyn Fn(&mut Json)) + 'c;

fn each_change(value: &Json, change: &mut Change<'_>) {
    fn walk(value: &Json, path: &mut Vec<String>, change: &mut Change<'_>) {
        let pointer = path.iter().fold(String::new(), |text, name| format!("{text}/{name}"));
        match value {
            Json::Object(members) => members.iter().for_each(|(name, member)| {
                path.push(name.clone());
                walk(member, path, change);
                path.pop();
            }),
            Json::Array(list) => list.iter().enumerate().for_each(|(index, element)| {
                path.push(index.to_string());
                walk(element, path, change);
                path.pop();
            }),
            _ => {}
        }
        for other in [json!(null), json!(1), json!(1.5), json!("x"), json!([]), json!({}), json!(true)] {
            if other != *value {
                change(&|root| {
                    if let Some(target) = root.pointer_mut(&pointer) {
                        *target = other.clone();
                    }
                });
            }
        }
    }
    walk(value, &mut Vec::new(), change);
}

#[test]
fn every_changed_value_is_an_error() {
    let original: Json = serde_json::from_str(&sample().to_text().unwrap()).unwrap();
    let mut changes = 0;
    each_change(&original, &mut |change| {
        let mut changed = original.clone();
        change(&mut changed);
        let found = code(&changed.to_string());
        let expected = [ErrorCode::RecordingInvalid, ErrorCode::RecordingDamaged, ErrorCode::RecordingVersion];
        assert!(expected.contains(&found), "{found}");
        changes += 1;
    });
    assert!(changes > 500, "{changes}");
}

#[test]
fn another_format_or_generator_is_a_version() {
    let text = sample().to_text().unwrap();
    assert_eq!(code(&text.replace("\"recording\":1", "\"recording\":2")), ErrorCode::RecordingVersion);
    assert_eq!(code(&text.replace(GENERATOR, "pcg64-1")), ErrorCode::RecordingVersion);
    assert_eq!(code(&text.replace("gold", "Gold")), ErrorCode::RecordingDamaged);
}

#[test]
fn unknown_fields_are_ignored_in_host_and_usage_only() {
    let seal_again = |pointer: &str| {
        let mut value = serde_json::to_value(sample()).unwrap();
        value.as_object_mut().unwrap().remove("seal");
        value.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert("new".to_owned(), json!([1]));
        let seal = crate::canonical::seal(&value);
        value.as_object_mut().unwrap().insert("seal".to_owned(), json!(seal));
        Recording::parse(&value.to_string()).map_err(|error| error.code)
    };
    assert!(seal_again("/host").is_ok() && seal_again("/usage").is_ok());
    for pointer in ["", "/action", "/session", "/limits", "/calls/0", "/outcome", "/conflicts/0", "/calls/1/reads/0"] {
        assert_eq!(seal_again(pointer).unwrap_err(), ErrorCode::RecordingInvalid, "{pointer}");
    }
}

#[test]
fn hostile_texts_are_rejected_before_they_use_memory() {
    let deep = format!("{{\"recording\":1,\"host\":{}", "[".repeat(100_000));
    let wide = format!("[{}]", "[],".repeat(3 << 20));
    let long = " ".repeat(MAX_RECORDING_BYTES + 1);
    let twice = sample().to_text().unwrap().replacen("{", "{\"redacted\":false,", 1);
    for text in [&deep, &wide, &long, &twice] {
        assert_eq!(code(text), ErrorCode::RecordingInvalid, "{}", &text[..20]);
    }
}

#[test]
fn a_file_is_never_overwritten() {
    let folder = std::env::temp_dir().join(format!("flowhost-recording-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("a.recording.json");
    write_new(&file, &sample()).unwrap();
    assert_eq!(write_new(&file, &sample()).unwrap_err().code, ErrorCode::RecordExists);
    assert_eq!(read(&file).unwrap().session, sample().session);
    assert_eq!(write_new(&folder.join("none/b"), &sample()).unwrap_err().code, ErrorCode::RecordFailed);
    assert_eq!(read(&folder).unwrap_err().code, ErrorCode::RecordingInvalid);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["a.recording.json"]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn one_of_many_writers_of_a_file_succeeds() {
    let folder = std::env::temp_dir().join(format!("flowhost-recording-race-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("a.recording.json");
    let results: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8).map(|_| scope.spawn(|| write_new(&file, &sample()))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let failed = results.iter().filter_map(|result| result.as_ref().err());
    assert!(failed.into_iter().all(|error| error.code == ErrorCode::RecordExists));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert!(read(&file).is_ok());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn conflicts_are_explained_with_entry_call_and_difference() {
    let lines = explain(&sample().conflicts, "port next");
    assert_eq!(
        lines,
        [
            "run 1  conflict: contact k, read at version 7, was at version 8 at commit",
            "         read by call 2 flow:outbound/dnd#blocks-campaign",
            "         /dnd: [] → [{\"campaign\":\"c\"}]",
            "run 2  ended with port next",
        ]
    );
    assert_eq!(explain(&[], "port next"), ["no conflict: 1 run"]);
}

#[test]
fn a_divergence_shows_both_calls() {
    let recorded = &sample().calls[1];
    assert_eq!(compare_call(2, Some(recorded), &recorded.function, &recorded.arguments), None);
    let found =
        compare_call(2, Some(recorded), "flow:outbound/dnd#blocks-category", &[json!("A"), json!("k")]).unwrap();
    assert_eq!((found.place.to_string().as_str(), found.place.index()), ("at call 2", Some(2)));
    assert_eq!(found.recorded_line(), "flow:outbound/dnd#blocks-campaign(\"c\", \"k\") = ok(false)");
    assert_eq!(found.replayed_line(), "flow:outbound/dnd#blocks-category(\"A\", \"k\")");
    let more = compare_call(3, None, "f", &[]).unwrap();
    assert_eq!(more.recorded_line(), "no further call");
}

#[test]
fn redaction_replaces_texts_and_keeps_structure() {
    let mut redactor = Redactor::new([7; 32], ["gold".to_owned()]);
    let redacted = redactor.redact(&sample());
    let text = redacted.to_text().unwrap();
    for original in ["56987654321", "Ana", "María", "Tea", "Acme Corp", "the number is unusual"] {
        assert!(!text.contains(original), "{original}");
    }
    assert!(text.contains("keep this") && redacted.redacted);
    let session = &redacted.session;
    assert_eq!((session.tenant.as_str(), session.user.len()), ("acme", 11));
    assert!(session.user.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(session.entities["points"], json!({ "integer": "1200" }));
    let order: Json = serde_json::from_str(session.entities["order"]["json"].as_str().unwrap()).unwrap();
    assert_eq!((order["lines"][1].clone(), order["lines"][0].as_str().unwrap().len()), (json!(1.0), 3));
    assert_eq!(Redactor::new([7; 32], ["gold".to_owned()]).redact(&sample()), redacted);
    assert_ne!(Redactor::new([8; 32], ["gold".to_owned()]).redact(&sample()), redacted);
}

fn any_json() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn entities_round_trip(value in any_json()) {
        prop_assert_eq!(from_typed(&to_typed(&value)).unwrap(), value);
    }

    #[test]
    fn any_text_is_rejected_without_a_panic(text in ".{0,200}") {
        prop_assert!(Recording::parse(&text).is_err());
    }

    #[test]
    fn any_content_round_trips(value in any_json(), name in ".{0,6}") {
        let mut recording = sample();
        recording.session.entities.insert(name, to_typed(&value));
        recording.parameters.insert("ANY".to_owned(), value.clone());
        recording.calls[0].answer = json!({ "ok": value });
        let text = recording.to_text().unwrap();
        prop_assert_eq!(Recording { seal: String::new(), ..Recording::parse(&text).unwrap() }, recording);
    }

    #[test]
    fn redaction_never_fails_and_stays_readable(value in any_json()) {
        let mut recording = sample();
        recording.session.entities.insert("any".to_owned(), to_typed(&value));
        recording.calls[1].answer = json!({ "ok": value });
        let redacted = Redactor::new([1; 32], []).redact(&recording);
        prop_assert!(redacted.to_text().is_ok());
    }
}
