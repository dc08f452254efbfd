//! A file of cases.

use crate::document::Document;
use crate::error::CaseError;
use crate::expectation::{self, Completeness};
use crate::given::{self, Given};
use crate::merge_patch::merge_patch;
use crate::migration_case::MigrationCase;
use crate::shape::{Checked, Fields, Place, Problem};
use flowhost_error::text::quote;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The version of the format.
const FORMAT: u64 = 1;

const FILE_FIELDS: Fields = &["$schema", "format", "given", "cases", "migrations"];
const CASE_FIELDS: Fields = &["name", "given", "expect", "example"];

/// A parsed file.
#[derive(Debug, Clone)]
pub(crate) struct CaseFile {
    pub(crate) name: String,
    pub(crate) document: Document,
    pub(crate) cases: Vec<Case>,
    pub(crate) migrations: Vec<MigrationCase>,
}

/// A case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The position in the file's list, from 0.
    pub(crate) index: usize,
    /// The merged `given` as JSON.
    pub(crate) given_json: Value,
    pub(crate) given: Given,
    pub(crate) expect: Map<String, Value>,
}

impl CaseFile {
    /// Parses the text of a file.
    pub(crate) fn parse(name: &str, text: &str, completeness: Completeness) -> Result<Self, CaseError> {
        let document =
            Document::parse(text).map_err(|error| CaseError::invalid(name, Some(error.line), "", &error.message))?;
        let file = Self { name: name.to_owned(), document, cases: Vec::new(), migrations: Vec::new() };
        match parse_cases(&file.document.value, completeness) {
            Ok((cases, migrations)) => Ok(Self { cases, migrations, ..file }),
            Err(problem) => Err(file.error(problem)),
        }
    }

    /// Returns the error for a problem. A part of the merged `given` has its place in the case or, if the case does not
    /// have it, in the file.
    pub(crate) fn error(&self, Problem { pointer, message }: Problem) -> CaseError {
        let is_present = |pointer: &str| self.document.find(pointer).is_some();
        let common = common_pointer(&pointer).filter(|common| !is_present(&pointer) && is_present(common));
        let pointer = common.unwrap_or(pointer);
        CaseError::invalid(&self.name, Some(self.document.line_at(&pointer)), pointer, &message)
    }
}

/// Returns the pointer into the `given` of the file for a pointer into the `given` of a case.
fn common_pointer(pointer: &str) -> Option<String> {
    let (_, rest) = pointer.strip_prefix("/cases/")?.split_once("/given")?;
    Some(format!("/given{rest}"))
}

fn parse_cases(value: &Value, completeness: Completeness) -> Checked<(Vec<Case>, Vec<MigrationCase>)> {
    let file = Place::new(value, "");
    file.object(FILE_FIELDS)?;
    let format = file.required("format")?;
    if format.value.as_u64() != Some(FORMAT) {
        return format.problem(format!("the format is not {FORMAT}; write {FORMAT}, or use a newer flowhost"));
    }
    if let Some(common) = file.member("given") {
        common.object(given::FIELDS)?;
    }
    let common = value.get("given").cloned().unwrap_or_else(|| json!({}));
    let mut names = HashMap::new();
    let items = file.required("cases")?.items()?;
    let cases = items.iter().enumerate();
    let cases = cases.map(|(index, case)| parse_case(&common, (index, case), &mut names, completeness));
    Ok((cases.collect::<Checked<_>>()?, MigrationCase::parse_all(&file)?))
}

fn parse_case<'v>(
    common: &Value,
    (index, case): (usize, &Place<'v>),
    names: &mut HashMap<&'v str, usize>,
    completeness: Completeness,
) -> Checked<Case> {
    case.object(CASE_FIELDS)?;
    let place = case.required("name")?;
    let name = place.text()?;
    if name.is_empty() {
        return place.problem("the name is empty; write what the case shows");
    }
    if let Some(first) = names.insert(name, index) {
        return place.problem(format!("the name {} is that of case {}; change one", quote(name), first + 1));
    }
    let mut merged = common.clone();
    if let Some(own) = case.member("given") {
        own.object(given::FIELDS)?;
        merge_patch(&mut merged, own.value);
    }
    let given = Given::parse(&Place::new(&merged, given_pointer(index)))?;
    let expect = case.required("expect")?;
    expectation::check(&expect, completeness)?;
    let (name, expect) = (name.to_owned(), expect.any_object()?.clone());
    Ok(Case { name, index, given_json: merged, given, expect })
}

/// Returns the pointer of a case's `given`.
pub(crate) fn given_pointer(index: usize) -> String {
    format!("/cases/{index}/given")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (Option<usize>, String) {
        let error = CaseFile::parse("a.json", text, Completeness::Required).unwrap_err();
        assert_eq!(error.code, "case-invalid");
        (error.line, error.pointer)
    }

    fn case(members: &str) -> String {
        format!("{{\"format\": 1,\n\"cases\": [\n{{\"name\": \"a\", \"expect\": {{\"port\": \"next\"}}{members}}}]}}")
    }

    #[test]
    fn an_invalid_file_has_a_line_and_a_pointer() {
        let id = "\"id\": \"01a20d6d-5a00-7e04-84c1-f60a948f0606\"";
        for (text, line, pointer) in [
            ("{".to_owned(), 1, ""),
            ("{\"format\": 2,\n \"cases\": []}".to_owned(), 1, "/format"),
            ("{\"cases\": []}".to_owned(), 1, ""),
            ("{\"format\": 1,\n \"case\": []}".to_owned(), 2, "/case"),
            ("{\"format\": 1, \"given\":\n {\"contact\": []}, \"cases\": []}".to_owned(), 2, "/given/contact"),
            ("{\"format\": 1, \"cases\": [\n{\"name\": \"a\"}]}".to_owned(), 2, "/cases/0"),
            (case(", \"givn\": {}"), 3, "/cases/0/givn"),
            (case("},\n {\"name\": \"a\", \"expect\": {\"port\": \"next\"}"), 4, "/cases/1/name"),
            (case(",\n \"given\": {\"parameters\": []}"), 4, "/cases/0/given/parameters"),
            (case(",\n \"given\": {\"session\":\n {\"chanel\": 1}}"), 4, "/cases/0/given/session"),
            (case(",\n \"given\": {\"contacts\": [\n{\"name\": \"Ana\"}]}"), 5, "/cases/0/given/contacts/0"),
            (case(&format!(",\n \"given\": {{\"records\": [\n{{{id}}}]}}")), 5, "/cases/0/given/records/0"),
            (case(",\n \"given\": {\"dnd\": [\n{}]}"), 5, "/cases/0/given/dnd/0"),
            (case(",\n \"given\": {\"campaigns\": [{\n\"id\": 1}]}"), 5, "/cases/0/given/campaigns/0/id"),
            (case(", \"name\": \"b\""), 3, ""),
        ] {
            assert_eq!(error(&text), (Some(line), pointer.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_problem_of_the_common_part_has_its_place_there() {
        let text = "{\"format\": 1, \"given\": {\"contacts\": [\n{}]},\n\"cases\": [{\"name\": \"a\", \"expect\": {\"port\": \"next\"}}]}";
        assert_eq!(error(text), (Some(2), "/given/contacts/0".to_owned()));
    }

    #[test]
    fn the_own_part_is_merged_over_the_common_one() {
        let text = "{\"format\": 1, \"given\": {\"parameters\": {\"A\": \"1\", \"B\": \"2\"}}, \"cases\": [
            {\"name\": \"a\", \"given\": {\"parameters\": {\"B\": null, \"C\": \"3\"}}, \"expect\": {\"port\": \"next\"}}]}";
        let file = CaseFile::parse("a.json", text, Completeness::Required).unwrap();
        assert_eq!(Value::Object(file.cases[0].given.parameters.clone()), json!({"A": "1", "C": "3"}));
    }
}
