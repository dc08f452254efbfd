//! The changes of a store: the difference of two listings, in the form of `expect`.

use crate::compare::compare_fields;
use crate::matcher::Difference;
use flowhost_store::{Filter, MemoryStore, Page, Store, StoreError, record_to_json};
use serde_json::{Map, Value, json};

/// Everything that a store lists, in its order.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    contacts: Vec<Value>,
    records: Vec<Value>,
    dnd: Vec<Value>,
}

impl Listing {
    /// Lists a store.
    pub(crate) async fn read(store: &MemoryStore) -> Result<Self, StoreError> {
        let (all, page) = (Filter::default(), Page { after: None, limit: u32::MAX });
        let contacts = store.contacts(&all, &page).await?;
        let records = store.records(&all, &page).await?;
        let dnd = store.dnd(&all, &page).await?;
        Ok(Self {
            contacts: contacts.iter().map(|row| row.to_json()).collect(),
            records: records.iter().map(|(tenant, record)| record_to_json(tenant, record)).collect(),
            dnd: dnd.iter().map(|row| row.to_json()).collect(),
        })
    }

    /// Returns the changes from this listing to a later one. Parts without a change are absent.
    pub(crate) fn changes(&self, later: &Self) -> Value {
        let parts = [
            ("contacts", changes_by_id(&self.contacts, &later.contacts)),
            ("records", changes_by_id(&self.records, &later.records)),
            ("dnd", changes_by_value(&self.dnd, &later.dnd)),
        ];
        Value::Object(without_empty(parts))
    }
}

fn changes_by_id(before: &[Value], after: &[Value]) -> Value {
    let key = |value: &Value| (value["tenant"].clone(), value["id"].clone());
    let earlier = |value: &Value| before.iter().find(|earlier| key(earlier) == key(value));
    let select = |keep: &dyn Fn(&Value) -> bool| after.iter().filter(|value| keep(value)).cloned().collect();
    let removed = before.iter().filter(|earlier| !after.iter().any(|value| key(value) == key(earlier)));
    let changes: [(&str, Vec<Value>); 3] = [
        ("created", select(&|value| earlier(value).is_none())),
        ("changed", select(&|value| earlier(value).is_some_and(|earlier| earlier != value))),
        ("removed", removed.cloned().collect()),
    ];
    Value::Object(without_empty(changes.map(|(name, list)| (name, Value::Array(list)))))
}

fn changes_by_value(before: &[Value], after: &[Value]) -> Value {
    let missing_in = |list: &[Value], other: &[Value]| {
        Value::Array(list.iter().filter(|value| !other.contains(value)).cloned().collect())
    };
    Value::Object(without_empty([("created", missing_in(after, before)), ("removed", missing_in(before, after))]))
}

fn without_empty<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    let is_empty = |value: &Value| *value == json!([]) || *value == json!({});
    members.into_iter().filter(|(_, value)| !is_empty(value)).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Adds the differences of two sets of changes. An expected item lists the fields to compare.
pub(crate) fn compare_store(expected: &Value, actual: &Value, found: &mut Vec<Difference>) {
    if expected.get("$any").is_some() {
        return;
    }
    for (part, names) in [
        ("contacts", ["created", "changed", "removed"].as_slice()),
        ("records", &["created", "changed", "removed"]),
        ("dnd", &["created", "removed"]),
    ] {
        let expected = expected.get(part);
        if expected.is_some_and(|part| part.get("$any").is_some()) {
            continue;
        }
        for name in names {
            let expected = expected.and_then(|part| part.get(name));
            if expected.is_some_and(|list| list.get("$any").is_some()) {
                continue;
            }
            let items = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
            let (wanted, observed) = (items(expected), items(actual.get(part).and_then(|part| part.get(name))));
            compare_items((part, name), &wanted, &observed, found);
        }
    }
}

fn compare_items((part, name): (&str, &str), expected: &[Value], observed: &[Value], found: &mut Vec<Difference>) {
    for (index, pair) in pair_items(part, expected, observed).into_iter().enumerate() {
        let path = format!("/store/{part}/{name}/{index}");
        match pair {
            (Some(expected), Some(actual)) => compare_fields(&path, expected, actual, found),
            (expected, actual) => found.push(Difference::new(path, expected, actual)),
        }
    }
}

/// Returns the expected items with their observed ones, then the observed ones that no expected item has. Items with an
/// identity pair by it. The others pair in order of creation.
pub(crate) fn pair_items<'v>(
    part: &str,
    expected: &'v [Value],
    observed: &'v [Value],
) -> Vec<(Option<&'v Value>, Option<&'v Value>)> {
    let identity = |item: &'v Value| identity(part, item);
    let mut rest: Vec<&Value> = observed.iter().collect();
    let mut pairs: Vec<(Option<&Value>, Option<&Value>)> = expected.iter().map(|item| (Some(item), None)).collect();
    for (item, actual) in pairs.iter_mut() {
        let Some(wanted) = item.and_then(identity) else { continue };
        let at = rest.iter().position(|observed| identity(observed).as_ref() == Some(&wanted));
        *actual = at.map(|at| rest.remove(at));
    }
    let mut rest = rest.into_iter();
    for (_, actual) in pairs.iter_mut().filter(|(item, _)| item.and_then(identity).is_none()) {
        *actual = rest.next();
    }
    pairs.extend(rest.map(|actual| (None, Some(actual))));
    pairs
}

/// Returns the literal texts that identify an item: its id, or contact and scope of a do-not-disturb entry.
fn identity<'v>(part: &str, item: &'v Value) -> Option<[&'v str; 2]> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    match part {
        "dnd" => Some([text("contact")?, text("campaign").or_else(|| text("category"))?]),
        _ => Some([text("id")?, ""]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(contacts: &[Value], dnd: &[Value]) -> Listing {
        Listing { contacts: contacts.to_vec(), records: Vec::new(), dnd: dnd.to_vec() }
    }

    fn paths(expected: &Value, actual: &Value) -> Vec<String> {
        let mut found = Vec::new();
        compare_store(expected, actual, &mut found);
        found.into_iter().map(|difference| difference.path).collect()
    }

    #[test]
    fn changes_have_three_kinds() {
        let contact = |id: &str, name: &str| json!({"tenant": "t", "id": id, "name": name});
        let before = listing(&[contact("1", "Ana"), contact("2", "Bo")], &[json!({"contact": "1"})]);
        let after = listing(&[contact("1", "Eva"), contact("3", "Cy")], &[json!({"contact": "3"})]);
        let expected = json!({
            "contacts": {"created": [contact("3", "Cy")], "changed": [contact("1", "Eva")], "removed": [contact("2", "Bo")]},
            "dnd": {"created": [{"contact": "3"}], "removed": [{"contact": "1"}]},
        });
        assert_eq!(before.changes(&after), expected);
        assert_eq!(before.changes(&before), json!({}));
        assert_eq!(paths(&expected, &expected), [""; 0]);
    }

    #[test]
    fn items_pair_by_id_or_in_order() {
        let actual = json!({"contacts": {"created": [{"id": "1", "name": "Ana"}, {"id": "2", "name": "Bo"}]}});
        let created = |items: Value| json!({"contacts": {"created": items}});
        assert_eq!(paths(&created(json!([{"id": "2", "name": "Bo"}, {"name": "Ana"}])), &actual), [""; 0]);
        assert_eq!(
            paths(&created(json!([{"name": "Ana"}, {"name": "Eva"}])), &actual),
            ["/store/contacts/created/1/name"]
        );
        assert_eq!(
            paths(&created(json!([{"id": "3"}, {"name": "Ana"}])), &actual),
            ["/store/contacts/created/0", "/store/contacts/created/2"]
        );
        assert_eq!(paths(&json!({"contacts": {"$any": true}}), &actual), [""; 0]);
        let entries = |first: &str, second: &str| json!({"dnd": {"removed": [{"contact": "1", "campaign": first}, {"contact": "1", "category": second}]}});
        let other_order =
            json!({"dnd": {"removed": [{"contact": "1", "category": "b"}, {"contact": "1", "campaign": "a"}]}});
        assert_eq!(paths(&other_order, &entries("a", "b")), [""; 0]);
        assert_eq!(paths(&other_order, &entries("a", "c")), ["/store/dnd/removed/0", "/store/dnd/removed/2"]);
    }
}
