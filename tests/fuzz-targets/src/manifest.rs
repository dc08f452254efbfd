//! Manifests: the texts that `describe` of a component returns.

use crate::{message_checks, time_limit};
use flowhost::Manifest;
use flowhost::catalog::manifest::CheckedManifest;

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match time_limit::within_time_limit("the manifest", || Manifest::parse(text)) {
        Ok(CheckedManifest { manifest, warnings }) => {
            check_manifest(&manifest);
            warnings.iter().for_each(|finding| message_checks::check_message(&finding.message));
        }
        Err(found) => found.iter().for_each(|finding| message_checks::check_message(&finding.message)),
    }
}

fn check_manifest(manifest: &Manifest) {
    let written = serde_json::to_string(manifest).unwrap();
    assert_eq!(Manifest::parse(&written).map(|checked| checked.manifest).as_ref(), Ok(manifest), "{written}");
    for (place, parameter) in manifest.parameters.iter().enumerate() {
        // The name of a per-channel parameter is a pattern.
        if parameter.per_channel.is_none() {
            assert_eq!(manifest.parameter(&parameter.name), Some((place, parameter)));
        }
    }
}
