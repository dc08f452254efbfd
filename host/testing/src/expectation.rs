//! The checked `expect` of a case.

use crate::matcher::{Matcher, check_matchers};
use crate::shape::{Checked, Place, Problem};
use flowhost_manifest::ERROR_PORT;
use serde_json::Value;

const FIELDS: &[&str] = &["port", "error", "entities", "cleared", "warnings", "store", "calls", "usage"];
const ERROR_FIELDS: &[&str] = &["code", "message", "parameter"];
const STORE_FIELDS: &[&str] = &["contacts", "records", "dnd"];
const CHANGE_FIELDS: &[&str] = &["created", "changed", "removed"];
const DND_CHANGE_FIELDS: &[&str] = &["created", "removed"];
const USAGE_FIELDS: &[&str] = &["cpu_us", "host_calls", "memory_bytes"];

/// The fields that a change of the store may list, by part.
const CONTACT_FIELDS: &[&str] = &["id", "tenant", "name", "addresses", "correlators", "created_at", "updated_at"];
const RECORD_FIELDS: &[&str] = &[
    "id",
    "tenant",
    "campaign",
    "contact",
    "state",
    "internal",
    "scheduled_at",
    "message",
    "template",
    "data",
    "run",
    "created_at",
    "updated_at",
];
const DND_FIELDS: &[&str] = &["tenant", "contact", "campaign", "category"];

/// Whether a case must have everything that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// The case needs a port, and an error on the port `error`.
    Required,
    /// The case may lack both, since the update of the file writes them.
    Optional,
}

/// Checks the form of `expect`.
pub(crate) fn check(expect: &Place<'_>, completeness: Completeness) -> Checked<()> {
    expect.object(FIELDS)?;
    let matchers = check_matchers(expect.value, &expect.pointer);
    matchers.map_err(|(pointer, message)| Problem { pointer, message })?;
    if completeness == Completeness::Required {
        let port = expect.required("port")?;
        if port.value == ERROR_PORT {
            expect.required("error")?;
        }
    }
    if let Some(port) = literal(expect, "port") {
        port.text()?;
    }
    if let Some(error) = literal(expect, "error").filter(|error| !error.value.is_null()) {
        error.object(ERROR_FIELDS)?;
        error.required("code")?;
        literal(&error, "code").map_or(Ok(""), |code| code.text())?;
    }
    literal(expect, "entities").map_or(Ok(()), |entities| entities.any_object().map(drop))?;
    for name in ["cleared", "warnings", "calls"] {
        let items = literal(expect, name).map_or(Ok(Vec::new()), |list| list.items())?;
        items.iter().filter(|item| !item.value.is_object()).try_for_each(|item| item.text().map(drop))?;
    }
    if let Some(store) = literal(expect, "store") {
        check_store(&store)?;
    }
    if let Some(usage) = literal(expect, "usage") {
        usage.object(USAGE_FIELDS)?;
        for name in USAGE_FIELDS {
            literal(&usage, name).map_or(Ok(0), |limit| limit.count())?;
        }
    }
    Ok(())
}

fn check_store(store: &Place<'_>) -> Checked<()> {
    store.object(STORE_FIELDS)?;
    for (part, changes, fields) in [
        ("contacts", CHANGE_FIELDS, CONTACT_FIELDS),
        ("records", CHANGE_FIELDS, RECORD_FIELDS),
        ("dnd", DND_CHANGE_FIELDS, DND_FIELDS),
    ] {
        let Some(part) = literal(store, part) else { continue };
        part.object(changes)?;
        for name in changes {
            let items = literal(&part, name).map_or(Ok(Vec::new()), |list| list.items())?;
            for item in items.iter().filter(|item| !is_matcher(item.value)) {
                item.object(fields)?;
            }
        }
    }
    Ok(())
}

/// Returns a member that is not a matcher.
fn literal<'v>(place: &Place<'v>, name: &str) -> Option<Place<'v>> {
    place.member(name).filter(|member| !is_matcher(member.value))
}

fn is_matcher(value: &Value) -> bool {
    matches!(Matcher::parse(value), Ok(Some(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointer(expect: &Value) -> Option<String> {
        check(&Place::new(expect, ""), Completeness::Required).err().map(|problem| problem.pointer)
    }

    #[test]
    fn a_wrong_part_has_a_pointer() {
        for (expect, expected) in [
            (json!([]), ""),
            (json!({}), ""),
            (json!({"port": 1}), "/port"),
            (json!({"port": "error"}), ""),
            (json!({"port": "error", "error": {}}), "/error"),
            (json!({"port": "error", "error": {"code": 1}}), "/error/code"),
            (json!({"port": "error", "error": {"code": "x", "parametr": "Y"}}), "/error/parametr"),
            (json!({"port": "next", "ports": []}), "/ports"),
            (json!({"port": "next", "entities": []}), "/entities"),
            (json!({"port": "next", "cleared": [1]}), "/cleared/0"),
            (json!({"port": "next", "warnings": "x"}), "/warnings"),
            (json!({"port": "next", "store": {"contact": {}}}), "/store/contact"),
            (json!({"port": "next", "store": {"dnd": {"changed": []}}}), "/store/dnd/changed"),
            (json!({"port": "next", "store": {"records": {"created": [{"nam": 1}]}}}), "/store/records/created/0/nam"),
            (json!({"port": "next", "usage": {"cpu_us": -1}}), "/usage/cpu_us"),
            (json!({"port": {"$matches": "("}}), "/port"),
        ] {
            assert_eq!(pointer(&expect).as_deref(), Some(expected), "{expect}");
        }
    }

    #[test]
    fn matchers_stand_anywhere() {
        for expect in [
            json!({"port": {"$any": true}}),
            json!({"port": "error", "error": {"code": {"$any": true}, "parameter": null}}),
            json!({"port": "next", "store": {"records": {"created": [{"$any": true}]}}, "calls": [{"$any": true}]}),
        ] {
            assert_eq!(pointer(&expect), None, "{expect}");
        }
        assert_eq!(check(&Place::new(&json!({}), ""), Completeness::Optional), Ok(()));
    }
}
