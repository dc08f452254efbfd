//! Recordings of hostile plugins replay the same, whatever ended the run, and they explain the conflicts.

use crate::conflicts::ConflictingWrite;
use crate::fixture::{CAMPAIGN, Fixture, session};
use crate::plugins;
use flowhost::recording::{Cause, End, Recorder, Recording, explain};
use flowhost::{ErrorCode, Limits, Outcome, Request};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

/// Invokes a request and returns its outcome and its recording. A run that transfers too many bytes has none.
async fn record(fixture: &Fixture, request: &Request) -> Option<(Outcome, Recording)> {
    let recorder = Arc::new(Recorder::default());
    let outcome = fixture.host.invoke(request.clone().with_recorder(Arc::clone(&recorder))).await.ok()?;
    match recorder.take_recording()? {
        Ok(recording) => Some((outcome, recording)),
        Err(error) => {
            assert_eq!(error.code, ErrorCode::RecordTooLarge);
            None
        }
    }
}

/// The recording as JSON, without the parts that depend on the machine.
fn comparable(recording: &Recording) -> Json {
    let mut value: Json = serde_json::from_str(&recording.to_text().unwrap()).unwrap();
    let members = value.as_object_mut().unwrap();
    members.remove("usage");
    members.remove("seal");
    value
}

/// Asserts that a replay of the recording is the same, and that its own recording is equal.
async fn assert_replays(fixture: &Fixture, request: &Request, recording: &Recording, name: &str) {
    let again = Recording::parse(&recording.to_text().unwrap()).unwrap();
    let replay = fixture.host.replay(request.node.clone(), Arc::new(again)).await.unwrap();
    assert_eq!(replay.divergence, None, "{name}");
    assert_eq!(replay.is_partial, recording.end.as_ref().is_some_and(End::is_time_limit), "{name}");
    if !replay.is_partial {
        assert_eq!(comparable(&replay.recording.unwrap()), comparable(recording), "{name}");
    }
}

/// The attacks of a plugin, except those that wait for another session or need the whole time of the run.
fn attacks(fixture: &Fixture, plugin: &str) -> Vec<String> {
    let action = fixture.host.load(&plugins::component(plugin)).unwrap();
    let choices = action.manifest.parameter("ATTACK").unwrap().1.choices.clone();
    choices.into_iter().filter(|attack| attack != "waits").collect()
}

#[tokio::test]
async fn recordings_of_attacks_replay_the_same() {
    let shorten = |limits: &mut Limits| {
        (limits.cpu_time, limits.invocation_timeout) = (Duration::from_millis(500), Duration::from_secs(2));
    };
    let fixture = Fixture::with_limits(shorten).await;
    let mut ends = std::collections::BTreeSet::new();
    for plugin in ["hostile", "hostile-wasi"] {
        for attack in attacks(&fixture, plugin) {
            let parameters = json!({
                "ATTACK": attack, "FIRST": fixture.contact, "SECOND": CAMPAIGN, "RESULT_ENTITY": "result",
                "STATUS_ENTITY": "status",
            });
            let declared = fixture.host.catalog().find(plugin).unwrap().manifest.parameters.clone();
            let mut parameters = parameters.as_object().unwrap().clone();
            parameters.retain(|name, _| declared.iter().any(|parameter| parameter.name == *name));
            let request = fixture.request(plugin, &Json::Object(parameters), session("acme", "56911111111"));
            let Some((outcome, recording)) = record(&fixture, &request).await else { continue };
            // Random bytes and large texts need more room as JSON than in a host call.
            if recording.to_text().is_err_and(|error| error.code == ErrorCode::RecordTooLarge) {
                continue;
            }
            assert_eq!(recording.outcome.port, outcome.port, "{attack}");
            if let Some(End::Fault(code)) = &recording.end {
                ends.insert(code.clone());
            }
            assert_replays(&fixture, &request, &recording, &attack).await;
        }
    }
    let expected =
        ["limit-cpu", "limit-host-bytes", "limit-host-calls", "limit-memory", "plugin-contract", "plugin-trap"];
    assert!(expected.iter().all(|code| ends.contains(*code)), "{ends:?}");
}

#[tokio::test]
async fn recordings_of_stopped_plugins_replay_the_same() {
    let fixture = Fixture::new().await;
    for plugin in ["recurses-natively", "grows-a-table", "returns-out-of-bounds", "returns-invalid-utf8"] {
        fixture.host.load(&plugins::component(plugin)).unwrap();
        let request = fixture.request(plugin, &json!({}), session("acme", "56911111111"));
        let (_, recording) = record(&fixture, &request).await.unwrap();
        assert!(matches!(recording.end, Some(End::Fault(_))), "{plugin}: {:?}", recording.end);
        assert_replays(&fixture, &request, &recording, plugin).await;
    }
}

#[tokio::test]
async fn a_conflict_at_commit_names_the_entry_and_the_call() {
    let fixture = Fixture::new().await;
    let request = fixture.attack("write-and-log", &fixture.contact, CAMPAIGN);
    fixture.conflicts.inject_before_commit([ConflictingWrite::Rename("Eve"), ConflictingWrite::Rename("Eva")]);
    let (_, recording) = record(&fixture, &request).await.unwrap();
    assert_eq!(recording.conflicts.len(), 2);
    for (index, conflict) in recording.conflicts.iter().enumerate() {
        let read = conflict.read.as_ref().unwrap();
        assert_eq!((conflict.run as usize, conflict.cause), (index + 1, Cause::Read));
        assert_eq!(read.id.as_deref(), Some(fixture.contact.as_str()));
        let functions: Vec<_> = conflict.calls.iter().map(|call| call.function.as_str()).collect();
        assert_eq!(functions, ["flow:outbound/records#save"]);
        let call = &recording.calls[conflict.calls[0].index - 1];
        assert_eq!(call.function, "flow:outbound/records#save");
        assert_eq!(conflict.found.as_ref().unwrap().version, read.version.unwrap() + 1);
    }
    let lines = explain(&recording.conflicts, "port next");
    assert!(lines.iter().any(|line| line.contains(&fixture.contact)), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with("/name: \"Ana\" → \"Eva\"")), "{lines:?}");
    assert_replays(&fixture, &request, &recording, "conflicts").await;
}

#[tokio::test]
async fn a_conflict_between_round_trips_names_the_entry() {
    let fixture = Fixture::new().await;
    let second = fixture.create_contact("acme", "56922222222").await;
    let request = fixture.attack("reads-two", &fixture.contact, &second);
    let [first, other] = [&fixture.contact, &second].map(|id| id.parse().unwrap());
    fixture.conflicts.inject_before_read(other, ConflictingWrite::Rename("Eve"), first);
    let (outcome, recording) = record(&fixture, &request).await.unwrap();
    assert_eq!(outcome.entities["status"], "Eve Ana");
    let [conflict] = &recording.conflicts[..] else { panic!("{:?}", recording.conflicts) };
    assert_eq!(conflict.read.as_ref().unwrap().id.as_deref(), Some(fixture.contact.as_str()));
    assert_eq!(conflict.calls[0].function, "flow:outbound/contacts#name");
    assert_eq!(conflict.found.as_ref().unwrap().value["name"], "Eve");
    assert_replays(&fixture, &request, &recording, "round trips").await;
}

#[tokio::test]
async fn an_outcome_from_a_key_and_a_failure_have_no_recording() {
    let fixture = Fixture::new().await;
    let request = fixture.attack("write-and-log", &fixture.contact, CAMPAIGN).with_key("k");
    assert!(record(&fixture, &request).await.is_some());
    assert!(record(&fixture, &request).await.is_none());
    let other = fixture.attack("panics", &fixture.contact, CAMPAIGN).with_key("");
    assert!(record(&fixture, &other).await.is_none());
}
