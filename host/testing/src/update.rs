//! The update of files: the observed values replace the expected ones that differ. Order, layout, `given` and matchers
//! that match stay.

use crate::case_file::{Case, CaseFile};
use crate::cases::Cases;
use crate::document::{Content, Member, Node};
use crate::matcher::{Matcher, matches, matches_in_any_order};
use crate::observation::Observation;
use crate::report::Report;
use crate::store_changes::{compare_store, pair_items};
use flowhost_error::{CodeClass, ErrorCode};
use serde_json::{Map, Value, json};
use std::io;
use std::path::{Path, PathBuf};

impl Cases {
    /// Writes the observed values of a report into the files of its cases. A fault is never written. Returns the changed
    /// files.
    ///
    /// # Errors
    /// A file can't be written. Earlier files are complete.
    pub fn update(&self, report: &Report) -> io::Result<Vec<PathBuf>> {
        let mut changed = Vec::new();
        for file in &self.files {
            let observations = report.cases.iter().filter(|case| case.file == file.name);
            let find = |case: &Case| observations.clone().find(|found| found.name == case.name);
            let updates = file.cases.iter().filter_map(|case| Some((case, &find(case)?.observation)));
            let text = updated_text(file, updates);
            if text != file.document.text {
                let path = PathBuf::from(&file.name);
                replace_file(&path, &text)?;
                changed.push(path);
            }
        }
        Ok(changed)
    }
}

/// Writes the whole file or nothing.
fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to report.
        drop(std::fs::remove_file(&temporary));
    }
    written
}

/// Returns the text of the file with the updated cases.
fn updated_text<'c>(file: &CaseFile, updates: impl Iterator<Item = (&'c Case, &'c Observation)>) -> String {
    let (mut text, mut from) = (String::new(), 0);
    for (case, observation) in updates {
        let Some(node) = file.document.find(&format!("/cases/{}/expect", case.index)) else { continue };
        let writer = Writer { text: &file.document.text };
        let Some(expect) = writer.update_expect(node, &case.expect, observation) else { continue };
        text.push_str(writer.slice(from, node.span.start));
        text.push_str(&expect);
        from = node.span.end;
    }
    text + file.document.text.get(from..).unwrap_or_default()
}

/// The new values of an object's members, and the members to add.
struct Changes {
    /// The new text of each member's value by position; `None`: the member is removed.
    values: Vec<Option<String>>,
    added: Vec<(String, Value)>,
}

/// Writes updated values with the layout of the original text.
struct Writer<'t> {
    text: &'t str,
}

impl Writer<'_> {
    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Returns the new text of `expect`. `None`: the observation has a fault or a failure.
    fn update_expect(&self, node: &Node, expect: &Map<String, Value>, observation: &Observation) -> Option<String> {
        let outcome = observation.result.as_ref().ok()?;
        let code = outcome.error.as_ref().and_then(|error| ErrorCode::find(&error.code));
        if code.is_some_and(|code| code.class() == CodeClass::Fault) {
            return None;
        }
        let warnings: Vec<_> = outcome.warnings.iter().map(|warning| json!(warning.code)).collect();
        let error = outcome.error.as_ref().map(|error| json!(error));
        let observed = [
            ("port", Some(json!(outcome.port))),
            ("error", error),
            ("entities", Some(json!(outcome.entities))),
            ("cleared", Some(json!(outcome.cleared))),
            ("warnings", Some(Value::Array(warnings))),
            ("store", Some(observation.store.clone())),
        ];
        let Content::Object(members) = &node.content else { return None };
        let update = |member: &Member| {
            let expected = expect.get(&member.name)?;
            let Some((name, observed)) = observed.iter().find(|(name, _)| *name == member.name) else {
                return Some(self.original(&member.value));
            };
            let observed = observed.as_ref()?;
            Some(match *name {
                "error" => self.update_value(&member.value, expected, observed, true),
                "cleared" | "warnings" => self.update_list(&member.value, expected, observed),
                "store" => self.update_store(&member.value, expected, observed),
                _ => self.update_value(&member.value, expected, observed, false),
            })
        };
        let values = members.iter().map(update).collect();
        let is_absent = |name: &str| !expect.contains_key(name);
        let added = observed.into_iter().filter(|(name, _)| is_absent(name)).filter_map(|(name, observed)| {
            let observed = observed.filter(|observed| name != "warnings" || *observed != json!([]))?;
            Some((name.to_owned(), if name == "error" { without_message(&observed) } else { observed }))
        });
        Some(self.rewrite(node, members, Changes { values, added: added.collect() }))
    }

    fn original(&self, node: &Node) -> String {
        self.slice(node.span.start, node.span.end).to_owned()
    }

    /// Returns the new text of a value. `only_listed`: an object compares only the members that it lists.
    fn update_value(&self, node: &Node, expected: &Value, observed: &Value, only_listed: bool) -> String {
        if matches(expected, observed) {
            return self.original(node);
        }
        let (Content::Object(members), Value::Object(observed), Ok(None)) =
            (&node.content, observed, Matcher::parse(expected))
        else {
            return format_value(observed);
        };
        let update = |member: &Member| {
            let (expected, observed) = (expected.get(&member.name)?, observed.get(&member.name)?);
            Some(self.update_value(&member.value, expected, observed, false))
        };
        let values = members.iter().map(update).collect();
        let is_new = |name: &str| !only_listed && expected.get(name).is_none();
        let added = observed.iter().filter(|(name, _)| is_new(name));
        let added = added.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.rewrite(node, members, Changes { values, added })
    }

    fn update_list(&self, node: &Node, expected: &Value, observed: &Value) -> String {
        let is_same = match (expected, observed) {
            (Value::Array(expected), Value::Array(observed)) => matches_in_any_order(expected, observed),
            _ => matches(expected, observed),
        };
        if is_same { self.original(node) } else { format_value(observed) }
    }

    fn update_store(&self, node: &Node, expected: &Value, observed: &Value) -> String {
        let mut found = Vec::new();
        compare_store(expected, observed, &mut found);
        let (Content::Object(parts), false) = (&node.content, found.is_empty()) else { return self.original(node) };
        let none = json!({});
        let update = |part: &Member| {
            let (expected, observed) = (expected.get(&part.name)?, observed.get(&part.name).unwrap_or(&none));
            Some(self.update_part(part, expected, observed))
        };
        let values = parts.iter().map(update).collect();
        self.rewrite(node, parts, Changes { values, added: absent_members(expected, observed) })
    }

    fn update_part(&self, part: &Member, expected: &Value, observed: &Value) -> String {
        let node = &part.value;
        let (Content::Object(lists), Ok(None)) = (&node.content, Matcher::parse(expected)) else {
            return self.original(node);
        };
        let none = json!([]);
        let update = |list: &Member| {
            let (expected, observed) = (expected.get(&list.name)?, observed.get(&list.name).unwrap_or(&none));
            Some(self.update_items(&part.name, &list.value, (expected, observed)))
        };
        let values = lists.iter().map(update).collect();
        self.rewrite(node, lists, Changes { values, added: absent_members(expected, observed) })
    }

    /// Updates items in place if each has an observed one. Otherwise the observed list replaces them.
    fn update_items(&self, part: &str, node: &Node, (expected, observed): (&Value, &Value)) -> String {
        let (Content::Array(nodes), Some(expected), Some(observed)) =
            (&node.content, expected.as_array(), observed.as_array())
        else {
            return self.original(node);
        };
        let pairs = pair_items(part, expected, observed);
        if !pairs.iter().all(|(expected, observed)| expected.is_some() && observed.is_some()) {
            return format_value(&Value::Array(observed.clone()));
        }
        let (mut text, mut from) = (String::new(), node.span.start);
        for (node, (expected, observed)) in nodes.iter().zip(pairs) {
            let (Some(expected), Some(observed)) = (expected, observed) else { continue };
            text.push_str(self.slice(from, node.span.start));
            text.push_str(&self.update_value(node, expected, observed, true));
            from = node.span.end;
        }
        text + self.slice(from, node.span.end)
    }

    /// Writes an object again, with the original text between the members that stay.
    fn rewrite(&self, node: &Node, members: &[Member], Changes { values, added }: Changes) -> String {
        let gap = |index: usize| {
            let before = index.checked_sub(1).and_then(|before| members.get(before));
            let start = before.map_or(node.span.start + 1, |before| before.value.span.end);
            members.get(index).map_or("", |member| self.slice(start, member.start))
        };
        let mut text = String::from("{");
        let mut is_first = true;
        for (index, (member, value)) in members.iter().zip(values).enumerate() {
            let Some(value) = value else { continue };
            text.push_str(if is_first { gap(0) } else { gap(index) });
            text.push_str(self.slice(member.start, member.value.span.start));
            text.push_str(&value);
            is_first = false;
        }
        let separator = match members.len() {
            0 => ", ".to_owned(),
            1 if gap(0).contains('\n') => format!(",{}", gap(0)),
            1 => ", ".to_owned(),
            count => gap(count - 1).to_owned(),
        };
        for (name, value) in added {
            text.push_str(if is_first { gap(0) } else { &separator });
            text.push_str(&format!("{}: {}", json!(name), format_value(&value)));
            is_first = false;
        }
        let end = members.last().map_or(node.span.end.saturating_sub(1), |last| last.value.span.end);
        text + self.slice(end, node.span.end)
    }
}

/// Returns the members of `observed` that `expected` does not have and that contain something.
fn absent_members(expected: &Value, observed: &Value) -> Vec<(String, Value)> {
    let members = observed.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| expected.get(name.as_str()).is_none())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Returns an error with its code and parameter. The wording of messages may change between releases.
fn without_message(error: &Value) -> Value {
    let mut error = error.clone();
    if let Some(members) = error.as_object_mut() {
        members.remove("message");
        members.retain(|_, value| !value.is_null());
    }
    error
}

/// Formats JSON on one line, with spaces after commas and colons.
fn format_value(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(format_value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("{}: {}", json!(name), format_value(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectation::Completeness;
    use flowhost_host_functions::TraceContent;

    fn observation(store: Value) -> Observation {
        let outcome = json!({
            "port": "next", "entities": {"id": "1", "tier": "gold"}, "cleared": [], "error": null, "warnings": [],
            "replayed": false, "usage": {"cpu_us": 1, "wall_us": 1, "host_calls": 1, "memory_bytes": 1},
        });
        Observation::new(Ok(serde_json::from_value(outcome).unwrap()), store, TraceContent::default())
    }

    fn updated(expect: &str, observation: &Observation) -> String {
        let text = |expect: &str| {
            format!("{{ \"cases\": [\n  {{\"name\": \"a\",\n   \"expect\": {expect} }}], \"format\": 1 }}\n")
        };
        let file = CaseFile::parse("a.json", &text(expect), Completeness::Optional).unwrap();
        let new = updated_text(&file, file.cases.iter().map(|case| (case, observation)));
        let (before, after) = text("|").split_once('|').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        new.strip_prefix(&before).unwrap().strip_suffix(&after).unwrap().to_owned()
    }

    #[test]
    fn only_values_that_differ_are_replaced() {
        let none = observation(json!({}));
        for (expect, expected) in [
            ("{}", r#"{"port": "next", "entities": {"id": "1", "tier": "gold"}, "cleared": [], "store": {}}"#),
            (
                "{ \"store\":{},\"cleared\":[ ],\n\"entities\" : {\"tier\": \"silver\",  \"id\": {\"$any\": true}}, \"port\": \"error\" }",
                "{ \"store\":{},\"cleared\":[ ],\n\"entities\" : {\"tier\": \"gold\",  \"id\": {\"$any\": true}}, \"port\": \"next\" }",
            ),
            (
                "{\n  \"error\": {\"code\": \"x\"},\n  \"port\": \"next\",\n  \"entities\": {\"tier\": \"gold\"},\n  \"cleared\": [\"b\"], \"usage\": {}\n}",
                "{\n  \"port\": \"next\",\n  \"entities\": {\"tier\": \"gold\", \"id\": \"1\"},\n  \"cleared\": [], \"usage\": {}, \"store\": {}\n}",
            ),
        ] {
            assert_eq!(updated(expect, &none), expected);
        }
    }

    #[test]
    fn items_of_the_store_keep_the_fields_that_they_list() {
        let observed = observation(json!({"contacts": {"created": [{"id": "1", "name": "Ana"}]}}));
        let rest = "\"port\": \"next\", \"entities\": {\"$any\": true}, \"cleared\": []";
        for (store, expected) in [
            (
                "{\"contacts\": {\"created\": [ {\"name\": \"Bo\"} ]}}",
                "{\"contacts\": {\"created\": [ {\"name\": \"Ana\"} ]}}",
            ),
            ("{}", "{\"contacts\": {\"created\": [{\"id\": \"1\", \"name\": \"Ana\"}]}}"),
            ("{\"contacts\": {\"created\": [{\"$any\": true}]}}", "{\"contacts\": {\"created\": [{\"$any\": true}]}}"),
            (
                "{\"contacts\": {\"created\": []}, \"dnd\": {\"removed\": [{}]}}",
                "{\"contacts\": {\"created\": [{\"id\": \"1\", \"name\": \"Ana\"}]}, \"dnd\": {\"removed\": []}}",
            ),
        ] {
            let expect = |store: &str| format!("{{\"store\": {store}, {rest}}}");
            assert_eq!(updated(&expect(store), &observed), expect(expected));
        }
    }

    #[test]
    fn a_fault_is_not_written() {
        let mut fault = observation(json!({}));
        let error = json!({"code": "plugin-trap", "message": "", "parameter": null});
        if let Ok(outcome) = &mut fault.result {
            outcome.error = serde_json::from_value(error).unwrap();
        }
        assert_eq!(updated("{\"port\": \"next\"}", &fault), "{\"port\": \"next\"}");
    }
}
