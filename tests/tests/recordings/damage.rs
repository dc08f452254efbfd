//! A recording that was changed or truncated never replays as the same.

use crate::shipped::{host, node, recordings};
use flowhost::recording::Recording;
use flowhost::store::MemoryStore;
use flowhost::testing::RecordingMode;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use tokio::runtime::Builder;

/// The texts of recordings of all shipped actions.
fn texts() -> Vec<String> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut texts = Vec::new();
        for (action, _) in flowhost::catalog::built_in() {
            let recorded = recordings(action, RecordingMode::Plain).await;
            texts.extend(recorded.iter().map(|recording| recording.to_text().unwrap()));
        }
        texts
    })
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() })
}

#[test]
fn a_truncated_recording_is_never_read() {
    let texts = texts();
    let input = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let result = runner().run(&input, |(text, end)| {
        let text = text.get(&texts);
        let end = text.floor_char_boundary(end.index(text.len()));
        prop_assert!(Recording::parse(&text[..end]).is_err());
        Ok(())
    });
    result.unwrap();
}

/// The pointers of all values.
fn pointers(value: &Json, pointer: String, all: &mut Vec<String>) {
    match value {
        Json::Object(members) => members.iter().for_each(|(name, member)| {
            pointers(member, format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), all);
        }),
        Json::Array(list) => {
            list.iter().enumerate().for_each(|(index, element)| pointers(element, format!("{pointer}/{index}"), all));
        }
        _ => {}
    }
    all.push(pointer);
}

#[test]
fn a_recording_with_a_changed_value_is_never_read() {
    let texts = texts();
    let other = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        any::<i64>().prop_map(Json::from),
        ".{0,4}".prop_map(Json::from),
    ];
    let input = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), other);
    let result = runner().run(&input, |(text, place, other)| {
        let mut value: Json = serde_json::from_str(text.get::<String>(&texts)).unwrap();
        let mut all = Vec::new();
        pointers(&value, String::new(), &mut all);
        let target = value.pointer_mut(place.get::<String>(&all)).unwrap();
        prop_assume!(*target != other);
        *target = other;
        prop_assert!(Recording::parse(&value.to_string()).is_err());
        Ok(())
    });
    result.unwrap();
}

/// Someone may also compute a new seal. The replay then finds the change of an argument, an answer or the outcome.
#[tokio::test]
async fn a_changed_recording_with_a_new_seal_diverges() {
    let host = host(MemoryStore::new()).await;
    let recorded = recordings("campaign-dnd-validator", RecordingMode::Plain).await;
    let mut changed = recorded.iter().find(|recording| recording.outcome.error.is_none()).unwrap().clone();
    let original = changed.clone();
    let last = changed.calls.len() - 1;
    changed.calls[last].arguments[0] = json!("another");
    let replay = host.replay(node(&host, &changed), Arc::new(changed)).await.unwrap();
    assert_eq!(replay.divergence.unwrap().place.index(), Some(last + 1));

    let mut changed = original.clone();
    changed.calls.pop();
    let replay = host.replay(node(&host, &changed), Arc::new(changed)).await.unwrap();
    assert_eq!(replay.divergence.unwrap().place.index(), Some(last + 1));

    let mut changed = original.clone();
    changed.calls.push(changed.calls[0].clone());
    let replay = host.replay(node(&host, &changed), Arc::new(changed)).await.unwrap();
    assert_eq!(replay.divergence.unwrap().place.index(), Some(last + 2));

    let mut changed = original.clone();
    changed.end = Some(flowhost::recording::End::Ok("error".to_owned()));
    let replay = host.replay(node(&host, &changed), Arc::new(changed)).await.unwrap();
    assert_eq!(replay.divergence.unwrap().place.as_str(), "end");

    let mut changed = original;
    changed.outcome.cleared.push("more".to_owned());
    let replay = host.replay(node(&host, &changed), Arc::new(changed)).await.unwrap();
    assert_eq!(replay.divergence.unwrap().place.as_str(), "outcome");
}
