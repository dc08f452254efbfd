//! What a component's `describe` answers.

use crate::{watch, words};
use flowhost::Manifest;

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match watch::quick("the manifest", || Manifest::parse(text)) {
        Ok(manifest) => accepted(&manifest),
        Err(message) => words::message(&message),
    }
}

fn accepted(manifest: &Manifest) {
    let written = serde_json::to_string(manifest).unwrap();
    assert_eq!(Manifest::parse(&written).as_ref(), Ok(manifest), "{written}");
    for (place, parameter) in manifest.parameters.iter().enumerate() {
        // One that repeats per channel has no name of its own.
        if parameter.per_channel.is_none() {
            assert_eq!(manifest.parameter(&parameter.name), Some((place, parameter)));
        }
    }
}
