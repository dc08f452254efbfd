//! Recordings of the shipped actions: those of their test cases, and a host that replays them.

use flowhost::recording::{Recorder, Recording, Replay};
use flowhost::store::MemoryStore;
use flowhost::testing::{Cases, RecordingMode};
use flowhost::{Host, PreparedNode, Request};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The compiled code of the actions, which all tests share.
pub(crate) fn cache() -> PathBuf {
    flowhost_tests::command::target().join("tmp/compiled-recordings")
}

/// A host with the shipped actions on this store.
pub(crate) async fn host(store: MemoryStore) -> Host {
    Host::builder().workers(1).cache(cache()).open(store).await.unwrap()
}

/// The recordings of all cases of a shipped action.
pub(crate) async fn recordings(action: &str, mode: RecordingMode) -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("actions").join(action).join("cases");
    let (id, bytes) = flowhost::catalog::built_in().find(|(id, _)| *id == action).unwrap();
    let builder = Host::builder().cache(cache()).replace_built_in(id);
    let report = Cases::read([folder]).unwrap().run_with(builder, bytes, mode).await.unwrap();
    report.cases.into_iter().filter_map(|case| case.recording?.ok()).collect()
}

/// The node of a recording on this host.
pub(crate) fn node(host: &Host, recording: &Recording) -> PreparedNode {
    let digest = recording.action.digest.strip_prefix("sha256:").unwrap();
    let action = host.catalog().all().find(|action| action.digest == digest).unwrap().clone();
    host.prepare_action(action, &recording.parameters)
}

/// Replays the text of a recording.
pub(crate) async fn replay(host: &Host, recording: &Recording) -> Replay {
    let again = Recording::parse(&recording.to_text().unwrap()).unwrap();
    host.replay(node(host, recording), Arc::new(again)).await.unwrap()
}

/// Invokes a request and returns its recording.
pub(crate) async fn record(host: &Host, request: Request) -> Option<Recording> {
    let recorder = Arc::new(Recorder::default());
    host.invoke(request.with_recorder(Arc::clone(&recorder))).await.ok()?;
    Some(recorder.take_recording()?.unwrap())
}

/// The recording as JSON, without the parts that depend on the machine.
pub(crate) fn comparable(recording: &Recording) -> Json {
    let mut value: Json = serde_json::from_str(&recording.to_text().unwrap()).unwrap();
    let members = value.as_object_mut().unwrap();
    members.remove("usage");
    members.remove("seal");
    value
}

/// Asserts that a replay of the recording is the same, and that its own recording is equal.
pub(crate) async fn assert_replays(host: &Host, recording: &Recording) {
    let replayed = replay(host, recording).await;
    assert_eq!(replayed.divergence, None, "{}", recording.to_text().unwrap());
    assert_eq!(comparable(&replayed.recording.unwrap()), comparable(recording));
}
