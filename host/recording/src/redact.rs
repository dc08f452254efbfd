//! Redaction: replaces the texts of a recording, letter by letter, with a key that is not stored.
//!
//! Redaction covers what the host gave: session, answers, reads and conflicts. Arguments, end and outcome come from a
//! second run on the redacted answers.

use crate::model::{Call, Conflict, Read, RecordedWarning, Recording};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};

/// Characters from which on a text that remains counts as a leak.
const MIN_LEAK_CHARACTERS: usize = 4;

/// Words of the host that actions compare with: states of records, types and modes of campaigns.
const VOCABULARY: [&str; 12] = [
    "ready",
    "sent",
    "confirmed",
    "error",
    "expired",
    "dnd",
    "cancelled",
    "simple",
    "multiple",
    "manual",
    "scheduled",
    "always-on",
];

/// Members of `reads` whose texts stay: ids, names of channels, words and times of the host.
const KEPT_MEMBERS: [&str; 16] = [
    "id",
    "tenant",
    "campaign",
    "contact",
    "channel",
    "channels",
    "type",
    "mode",
    "state",
    "at",
    "created_at",
    "updated_at",
    "scheduled_at",
    "valid_until",
    "starts_at",
    "ends_at",
];

/// Members of `reads` with content of the tenant, in which every text is replaced.
const CONTENT_MEMBERS: [&str; 2] = ["data", "template"];

/// Functions whose answers contain only names that stay: channels, entities and the node.
const KEPT_ANSWERS: [&str; 5] = [
    "flow:outbound/contacts#channels",
    "flow:action/tenant#channels",
    "flow:action/session#channel",
    "flow:action/session#node",
    "flow:action/session#entities",
];

/// Replaces texts with a key. Equal texts have equal replacements.
pub struct Redactor {
    key: [u8; 32],
    kept: HashSet<String>,
    /// The replaced texts.
    originals: BTreeSet<String>,
}

impl Redactor {
    /// Creates a redactor. The texts in `kept` stay: names of ports and parameters, defaults and choices.
    pub fn new(key: [u8; 32], kept: impl IntoIterator<Item = String>) -> Self {
        let words = VOCABULARY.iter().map(|word| (*word).to_owned());
        Self { key, kept: kept.into_iter().chain(words).collect(), originals: BTreeSet::new() }
    }

    /// Returns the recording with redacted session, answers, warnings, reads and conflicts.
    pub fn redact(&mut self, recording: &Recording) -> Recording {
        let mut redacted = recording.clone();
        let session = &redacted.session;
        self.kept.extend([session.tenant.clone(), session.channel.clone()]);
        self.kept.extend(session.node.clone());
        collect_texts(&Json::Object(redacted.parameters.clone()), &mut self.kept);
        for call in &redacted.calls {
            if KEPT_ANSWERS.contains(&call.function.as_str()) {
                collect_texts(&call.answer, &mut self.kept);
            }
            call.reads.iter().filter_map(|read| read.value.as_ref()).for_each(|value| self.keep_channels(value));
        }
        redacted.session.id = self.replace(&redacted.session.id);
        redacted.session.user = self.replace(&redacted.session.user);
        redacted.session.entities.values_mut().for_each(|typed| self.redact_typed(typed));
        redacted.calls.iter_mut().for_each(|call| self.redact_call(call));
        redacted.conflicts.iter_mut().for_each(|conflict| self.redact_conflict(conflict));
        redacted.redacted = true;
        redacted
    }

    /// Returns whether a replaced text of four characters or more remains in what the second run wrote.
    pub fn leaks(&self, recording: &Recording) -> bool {
        let mut texts = HashSet::new();
        for call in &recording.calls {
            call.arguments.iter().chain([&call.answer]).for_each(|value| collect_texts(value, &mut texts));
        }
        collect_texts(&serde_json::json!([recording.outcome, recording.end, recording.session]), &mut texts);
        let long = |text: &&String| text.chars().nth(MIN_LEAK_CHARACTERS - 1).is_some();
        let originals: Vec<_> = self.originals.iter().filter(long).collect();
        let is_kept = |text: &String| self.kept.contains(text) || is_uuid(text);
        texts.iter().filter(|text| !is_kept(text)).any(|text| originals.iter().any(|original| text.contains(*original)))
    }

    fn redact_call(&mut self, call: &mut Call) {
        let is_json_text = call.function.ends_with("parameters#get-json");
        let is_kept = KEPT_ANSWERS.contains(&call.function.as_str());
        let is_pairs = call.function.ends_with("dnd#reasons");
        let (case, answer) = match &mut call.answer {
            Json::Object(members) if members.len() == 1 => match members.iter_mut().next() {
                Some((case, value)) if matches!(case.as_str(), "ok" | "error" | "fault") => (case.as_str(), value),
                Some((_, value)) => ("", value),
                None => return,
            },
            answer => ("", answer),
        };
        match (case, &mut *answer) {
            ("fault", _) => {}
            ("error", error) => self.redact_error(error),
            _ if is_kept => {}
            (_, Json::String(text)) if is_json_text => *text = self.redact_json_text(text),
            (_, Json::Array(lists)) if is_pairs => lists.iter_mut().for_each(|pairs| self.redact_pairs(pairs)),
            // The single member of an answer that is not a result is a case of a variant, or a field.
            ("", _) => self.redact_typed(&mut call.answer),
            (_, value) => self.redact_typed(value),
        }
        self.redact_warnings(&mut call.warnings);
        call.reads.iter_mut().for_each(|read| self.redact_read(read));
    }

    fn redact_error(&mut self, error: &mut Json) {
        if let Some(Json::String(message)) = error.get_mut("message") {
            *message = self.replace(message);
        }
        if let Some(pairs) = error.get_mut("details") {
            self.redact_pairs(pairs);
        }
    }

    /// Redacts the second text of each pair. The first is a name of the host.
    fn redact_pairs(&mut self, pairs: &mut Json) {
        for pair in pairs.as_array_mut().into_iter().flatten() {
            let Some([Json::String(name), Json::String(value)]) = pair.as_array_mut().map(Vec::as_mut_slice) else {
                continue;
            };
            if name != "at" {
                *value = self.replace(value);
            }
        }
    }

    fn redact_warnings(&mut self, warnings: &mut [RecordedWarning]) {
        for warning in warnings {
            warning.message = self.replace(&warning.message);
        }
    }

    fn redact_conflict(&mut self, conflict: &mut Conflict) {
        if let Some(read) = &mut conflict.read {
            self.redact_read(read);
        }
        if let Some(found) = &mut conflict.found {
            self.redact_value(&mut found.value);
        }
    }

    fn redact_read(&mut self, read: &mut Read) {
        if let Some(identifier) = &mut read.identifier {
            *identifier = self.replace(identifier);
        }
        if let Some(value) = &mut read.value {
            self.redact_value(value);
        }
    }

    /// Redacts the data of a read.
    fn redact_value(&mut self, value: &mut Json) {
        match value {
            Json::String(text) => *text = self.replace(text),
            Json::Array(list) => list.iter_mut().for_each(|element| self.redact_value(element)),
            Json::Object(members) => {
                for (name, member) in members {
                    if CONTENT_MEMBERS.contains(&name.as_str()) {
                        self.redact_texts(member);
                    } else if !KEPT_MEMBERS.contains(&name.as_str()) || member.is_object() {
                        self.redact_value(member);
                    }
                }
            }
            _ => {}
        }
    }

    /// Redacts every text of JSON and keeps the names of members.
    fn redact_texts(&mut self, value: &mut Json) {
        match value {
            Json::String(text) => *text = self.replace(text),
            Json::Array(list) => list.iter_mut().for_each(|element| self.redact_texts(element)),
            Json::Object(members) => members.values_mut().for_each(|member| self.redact_texts(member)),
            _ => {}
        }
    }

    /// Redacts a value of the contract. Integers are texts and stay.
    fn redact_typed(&mut self, value: &mut Json) {
        match value {
            Json::String(text) => *text = self.replace(text),
            Json::Array(list) => list.iter_mut().for_each(|element| self.redact_typed(element)),
            Json::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("integer" | "seconds" | "number" | "channel", _) => {}
                        ("json", Json::String(text)) => *text = self.redact_json_text(text),
                        (_, member) => self.redact_typed(member),
                    }
                }
            }
            _ => {}
        }
    }

    /// Redacts the texts inside a JSON text. Members and structure stay.
    fn redact_json_text(&mut self, text: &str) -> String {
        match serde_json::from_str::<Json>(text) {
            Ok(mut value) => {
                self.redact_texts(&mut value);
                crate::canonical_text(&value)
            }
            Err(_) => self.replace(text),
        }
    }

    /// Returns the replacement of a text, or the text itself if it stays.
    fn replace(&mut self, text: &str) -> String {
        if self.kept.contains(text) || is_uuid(text) {
            return text.to_owned();
        }
        self.originals.insert(text.to_owned());
        let mut random = KeyStream::new(&self.key, text);
        text.chars().map(|character| replace_character(character, random.next())).collect()
    }

    fn keep_channels(&mut self, value: &Json) {
        match value {
            Json::Array(list) => list.iter().for_each(|element| self.keep_channels(element)),
            Json::Object(members) => {
                for (name, member) in members {
                    match name.as_str() {
                        "channel" | "channels" => collect_texts(member, &mut self.kept),
                        "data" | "template" => {}
                        _ => self.keep_channels(member),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns another character of the same class. The result is never the character itself, except for `x`.
fn replace_character(character: char, random: u8) -> char {
    let shifted = |first: u8, count: u8| {
        let position = (character as u32).wrapping_sub(u32::from(first)) + 1 + u32::from(random % (count - 1));
        char::from(first + u8::try_from(position % u32::from(count)).unwrap_or_default())
    };
    match character {
        'a'..='z' => shifted(b'a', 26),
        'A'..='Z' => shifted(b'A', 26),
        '0'..='9' => shifted(b'0', 10),
        _ => 'x',
    }
}

/// Pseudo-random bytes from a key and a text.
struct KeyStream {
    seed: [u8; 32],
    block: [u8; 32],
    at: usize,
    counter: u64,
}

impl KeyStream {
    fn new(key: &[u8; 32], text: &str) -> Self {
        let seed = Sha256::new().chain_update(key).chain_update(text).finalize().into();
        Self { seed, block: [0; 32], at: 32, counter: 0 }
    }

    fn next(&mut self) -> u8 {
        if self.at == self.block.len() {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.counter.to_le_bytes());
            (self.block, self.at, self.counter) = (block.finalize().into(), 0, self.counter + 1);
        }
        let byte = self.block.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        byte
    }
}

/// Adds every text of a value.
fn collect_texts(value: &Json, texts: &mut HashSet<String>) {
    match value {
        Json::String(text) => drop(texts.insert(text.clone())),
        Json::Array(list) => list.iter().for_each(|element| collect_texts(element, texts)),
        Json::Object(members) => members.values().for_each(|member| collect_texts(member, texts)),
        _ => {}
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
