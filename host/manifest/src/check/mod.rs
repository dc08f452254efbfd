//! Findings in a manifest: violations of the published schema, and of the rules that a schema cannot express.

mod defaults;
mod duplicates;
mod migrations;
mod references;
mod texts;
mod uses;

pub use uses::{UsesContext, covers};

use crate::json_schema::{Schema, Violation};
use crate::{ERROR_PORT, Manifest};
use flowhost_domain::json::{IntegerCheck, inspect};
use flowhost_error::{Diagnostic, ErrorCode, Severity};
use serde_json::Value as Json;
use std::sync::LazyLock;

/// Maximum size of a manifest, bytes.
const MAX_BYTES: usize = 256 << 10;

/// The schema that `flowhost wit` writes for authors.
const SCHEMA: &str = include_str!("../../../../wit/manifest.schema.json");

static COMPILED_SCHEMA: LazyLock<Result<Schema, String>> = LazyLock::new(|| Schema::parse(SCHEMA));

/// Objects in which an unknown field is an error: a host that ignored it would change a node in another way.
const CLOSED_OBJECTS: [&str; 2] = ["required-when", "shown-when"];

/// The list whose elements are such objects, too.
const CLOSED_ELEMENTS: &str = "steps";

/// A manifest without errors.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedManifest {
    /// The manifest.
    pub manifest: Manifest,
    /// The findings of severity warning.
    pub warnings: Vec<Diagnostic>,
}

impl Manifest {
    /// Parses and checks a manifest. [`UsesContext::check`] checks the entries of `uses`.
    ///
    /// # Errors
    /// All findings, if at least one of them is an error. Their paths are JSON pointers.
    pub fn parse(text: &str) -> Result<CheckedManifest, Vec<Diagnostic>> {
        let document = parse_json(text).map_err(|error| vec![error])?;
        let (manifest, found) = check_document(document);
        match manifest {
            Some(manifest) if found.iter().all(|finding| finding.severity == Severity::Warning) => {
                Ok(CheckedManifest { manifest, warnings: found })
            }
            _ => Err(found),
        }
    }
}

fn parse_json(text: &str) -> Result<Json, Diagnostic> {
    let error = |message: String| Diagnostic::error("", ErrorCode::ManifestSchema, message);
    if text.len() > MAX_BYTES {
        return Err(error(format!("the manifest has {} bytes; at most {MAX_BYTES} are allowed", text.len())));
    }
    let document = serde_json::from_str(text).map_err(|what| error(format!("the manifest is not JSON: {what}")))?;
    match inspect(text, IntegerCheck::Nowhere).duplicate {
        Some(duplicate) => Err(error(duplicate.to_string())),
        None => Ok(document),
    }
}

/// Returns the manifest, if its fields have the right types, and all findings.
fn check_document(mut document: Json) -> (Option<Manifest>, Vec<Diagnostic>) {
    let violations = match COMPILED_SCHEMA.as_ref() {
        Ok(schema) => schema.validate(&document),
        Err(error) => {
            let message = format!("the schema of this host is not valid: {error}");
            return (None, vec![Diagnostic::error("", ErrorCode::ManifestSchema, message)]);
        }
    };
    let (unknown, mut violations): (Vec<_>, Vec<_>) =
        violations.into_iter().partition(|violation| violation.is_unknown_field && !is_in_closed_object(violation));
    for Violation { pointer, .. } in &unknown {
        remove_member(&mut document, pointer);
    }
    // An unknown field of a closed object also violates its list of permitted forms.
    let closed: Vec<_> = violations.iter().filter(|violation| violation.is_unknown_field).map(parent).collect();
    violations.retain(|violation| violation.is_unknown_field || !closed.contains(&violation.pointer));

    let mut found = Vec::new();
    texts::check(&document, &mut found);
    check_error_port(&document, &violations, &mut found);
    let manifest = match serde_json::from_value::<Manifest>(document) {
        Ok(mut manifest) => {
            duplicates::check(&manifest, &mut found);
            references::check(&manifest, &mut found);
            migrations::check(&manifest, &mut found);
            defaults::check(&mut manifest, &mut found);
            Some(manifest)
        }
        Err(error) => {
            // The schema accepts some versions that Semantic Versioning rejects.
            if violations.is_empty() && found.is_empty() {
                found.push(Diagnostic::error("/version", ErrorCode::ManifestSchema, error.to_string()));
            }
            None
        }
    };
    let violations =
        violations.into_iter().filter(|violation| found.iter().all(|other| other.path != violation.pointer));
    let mut all: Vec<_> = violations
        .map(|violation| Diagnostic::error(violation.pointer, ErrorCode::ManifestSchema, violation.message))
        .collect();
    all.append(&mut found);
    all.extend(
        unknown.into_iter().map(|violation| {
            Diagnostic::warning(violation.pointer, ErrorCode::ManifestUnknownField, violation.message)
        }),
    );
    (manifest, all)
}

fn check_error_port(document: &Json, violations: &[Violation], found: &mut Vec<Diagnostic>) {
    let Some(ports) = document.get("ports").and_then(Json::as_array) else { return };
    let is_reported = violations.iter().any(|violation| violation.pointer == "/ports");
    if !is_reported && ports.last().and_then(Json::as_str) != Some(ERROR_PORT) {
        let message = format!("{ERROR_PORT} is not the last port; move it to the end");
        found.push(Diagnostic::error("/ports", ErrorCode::ManifestSchema, message));
    }
}

fn is_in_closed_object(violation: &Violation) -> bool {
    let parent = parent(violation);
    // `/parameters/0/shown-when`, `/migrations/0/steps/1`
    let mut tokens = parent.rsplit('/');
    let last = tokens.next();
    last.is_some_and(|name| CLOSED_OBJECTS.contains(&name)) || tokens.next() == Some(CLOSED_ELEMENTS)
}

/// Returns the pointer of the object that contains the violation's place.
fn parent(violation: &Violation) -> String {
    violation.pointer.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned()
}

fn remove_member(document: &mut Json, pointer: &str) {
    let Some((parent, token)) = pointer.rsplit_once('/') else { return };
    if let Some(object) = document.pointer_mut(parent).and_then(Json::as_object_mut) {
        object.remove(&token.replace("~1", "/").replace("~0", "~"));
    }
}

#[cfg(test)]
mod tests;
