//! The contents of a store, and the mapping of the model's ids to the ids of a history.

use flowhost::domain::Record;
use flowhost::store::{ContactRow, DndRow, Filter, LogEntry, Page, Store};
use serde_json::Value as Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Contacts, records and do-not-disturb entries, in the order of the store's lists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoreDump {
    contacts: Vec<ContactRow>,
    records: Vec<(String, Record)>,
    dnd: Vec<DndRow>,
}

impl StoreDump {
    pub(crate) async fn read(store: &dyn Store) -> Self {
        let (filter, page) = (Filter::default(), Page { after: None, limit: 100_000 });
        Self {
            contacts: store.contacts(&filter, &page).await.unwrap(),
            records: store.records(&filter, &page).await.unwrap(),
            dnd: store.dnd(&filter, &page).await.unwrap(),
        }
    }

    /// The log of each record.
    pub(crate) async fn read_logs(&self, store: &dyn Store) -> Vec<Vec<LogEntry>> {
        let mut logs = Vec::new();
        for (tenant, record) in &self.records {
            logs.push(store.record_log(tenant, record.id).await.unwrap());
        }
        logs
    }

    /// A dump in which the first contact has this name.
    pub(crate) fn with_first_name(mut self, name: &Json) -> Self {
        self.contacts[0].contact.name = name.as_str().unwrap().to_owned();
        self
    }

    /// A dump without the newest record.
    pub(crate) fn without_newest_record(mut self) -> Self {
        self.records.pop().unwrap();
        self
    }

    /// A dump with the ids of the history.
    pub(crate) fn with_mapped_ids(mut self, names: &IdMapping) -> Self {
        let contacts = self.contacts.iter_mut().map(|row| &mut row.contact.id);
        let records = self.records.iter_mut().flat_map(|(_, record)| [&mut record.id, &mut record.contact]);
        let dnd = self.dnd.iter_mut().map(|row| &mut row.contact);
        for id in contacts.chain(records).chain(dnd) {
            *id = names.map_id(*id);
        }
        self
    }
}

/// A bijection between ids that the model generated and ids of the history. Both generate their own ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct IdMapping {
    in_history: HashMap<Uuid, Uuid>,
    in_model: HashMap<Uuid, Uuid>,
}

impl IdMapping {
    fn map_id(&self, of_model: Uuid) -> Uuid {
        self.in_history.get(&of_model).copied().unwrap_or(of_model)
    }

    /// Whether the model's value equals the history's under the mapping. Adds pairs for new ids. An id that both had at
    /// the start maps to itself.
    pub(crate) fn match_ids(&mut self, of_model: &Json, of_history: &Json) -> bool {
        match (of_model, of_history) {
            (Json::String(one), Json::String(other)) => {
                let (one, of_one) = extract_ids(one);
                let (other, of_other) = extract_ids(other);
                one == other && of_one.into_iter().zip(of_other).all(|(one, other)| self.match_pair(one, other))
            }
            (Json::Array(one), Json::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| self.match_ids(one, other))
            }
            (Json::Object(one), Json::Object(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|((a, one), (b, other))| a == b && self.match_ids(one, other))
            }
            _ => of_model == of_history,
        }
    }

    fn match_pair(&mut self, of_model: Uuid, of_history: Uuid) -> bool {
        *self.in_history.entry(of_model).or_insert(of_history) == of_history
            && *self.in_model.entry(of_history).or_insert(of_model) == of_model
    }
}

/// The text with `#` in place of ids, and these ids.
fn extract_ids(text: &str) -> (String, Vec<Uuid>) {
    const LENGTH: usize = 36;
    let (mut rest, mut without, mut ids) = (text, String::new(), Vec::new());
    while let Some(first) = rest.chars().next() {
        match rest.get(..LENGTH).and_then(|begin| begin.parse().ok()) {
            Some(id) => {
                ids.push(id);
                without.push('#');
                rest = &rest[LENGTH..];
            }
            None => {
                without.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    (without, ids)
}
