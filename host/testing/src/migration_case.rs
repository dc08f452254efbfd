//! Golden cases of migrations: a saved node before and after the migrations of the action's manifest.

use crate::matcher::{Difference, compare};
use crate::shape::{Checked, Fields, Place};
use flowhost_manifest::{Manifest, MigrationTarget};
use serde_json::{Map, Value, json};

const FIELDS: Fields = &["name", "from", "before", "after"];

/// A golden case.
#[derive(Debug, Clone)]
pub(crate) struct MigrationCase {
    pub(crate) name: String,
    from: u64,
    before: Map<String, Value>,
    after: Value,
}

/// The result of a golden case.
#[derive(Debug, Clone, PartialEq)]
pub struct MigrationReport {
    /// The file.
    pub file: String,
    /// The name of the case.
    pub name: String,
    /// The differences; a case without any has passed.
    pub differences: Vec<Difference>,
    /// The error, if the node was not migrated.
    pub error: Option<flowhost_manifest::MigrationError>,
}

impl MigrationReport {
    /// Returns whether the case has passed.
    pub fn has_passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl MigrationCase {
    /// Parses the list `migrations` of a file.
    pub(crate) fn parse_all(file: &Place<'_>) -> Checked<Vec<Self>> {
        let Some(list) = file.member("migrations") else { return Ok(Vec::new()) };
        list.items()?.iter().map(Self::parse).collect()
    }

    fn parse(case: &Place<'_>) -> Checked<Self> {
        case.object(FIELDS)?;
        let name = case.required("name")?;
        if name.text()?.is_empty() {
            return name.problem("the name is empty; write what the case shows");
        }
        let from = case.required("from")?.parse("a major version, such as \"1\"")?;
        let (before, after) = (case.required("before")?, case.required("after")?);
        after.any_object()?;
        let before = before.any_object()?.clone();
        Ok(Self { name: name.text()?.to_owned(), from, before, after: after.value.clone() })
    }

    /// Migrates the node to the version of the manifest, and the result once more.
    pub(crate) fn run(&self, file: &str, manifest: &Manifest) -> MigrationReport {
        let mut report =
            MigrationReport { file: file.to_owned(), name: self.name.clone(), differences: Vec::new(), error: None };
        let target = MigrationTarget { major: manifest.version.major, allow_loss: false };
        match manifest.migrate(&self.before, self.from, target) {
            Ok(migrated) => compare("/after", &self.after, &Value::Object(migrated.node), &mut report.differences),
            Err(error) => {
                let actual = json!({ "error": { "code": error.code, "message": error.message } });
                report.differences.push(Difference::new("/after", Some(&self.after), Some(&actual)));
                report.error = Some(error);
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<MigrationCase>, String> {
        let value: Value = serde_json::from_str(text).unwrap();
        MigrationCase::parse_all(&Place::new(&value, "")).map_err(|problem| problem.pointer)
    }

    #[test]
    fn a_golden_case_is_a_closed_object() {
        let good = r#"{"migrations": [{"name": "a", "from": "1", "before": {}, "after": {}}]}"#;
        assert_eq!(parse(good).unwrap().len(), 1);
        for (from, to, pointer) in [
            ("\"name\"", "\"nam\"", "/migrations/0/nam"),
            ("\"a\"", "\"\"", "/migrations/0/name"),
            ("\"1\"", "1", "/migrations/0/from"),
            ("\"1\"", "\"1.0\"", "/migrations/0/from"),
            ("\"before\": {}, ", "", "/migrations/0"),
            ("\"after\": {}", "\"after\": []", "/migrations/0/after"),
        ] {
            assert_eq!(parse(&good.replace(from, to)).unwrap_err(), pointer);
        }
    }
}
