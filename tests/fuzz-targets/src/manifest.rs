//! Manifests: the texts that `describe` of a component returns.

use crate::{message_checks, time_limit};
use flowhost::Manifest;

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match time_limit::within_time_limit("the manifest", || Manifest::parse(text)) {
        Ok(manifest) => check_manifest(&manifest),
        Err(message) => message_checks::check_message(&message),
    }
}

fn check_manifest(manifest: &Manifest) {
    let written = serde_json::to_string(manifest).unwrap();
    assert_eq!(Manifest::parse(&written).as_ref(), Ok(manifest), "{written}");
    for (place, parameter) in manifest.parameters.iter().enumerate() {
        // The name of a per-channel parameter is a pattern.
        if parameter.per_channel.is_none() {
            assert_eq!(manifest.parameter(&parameter.name), Some((place, parameter)));
        }
    }
}
