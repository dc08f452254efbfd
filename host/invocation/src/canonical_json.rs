//! The canonical text of a node's parameters: equal parameters have equal texts, and different parameters have
//! different texts.
//!
//! The text is JSON. The parameters are a list of pairs, sorted by name. Every object inside a value is an object whose
//! members are sorted by name. The fingerprints of stored idempotency keys depend on this format.

use serde_json::{Map, Value as Json};
use std::io::{self, Write};

/// Maximum number of lists and objects in a node's parameters, at all depths. Each uses some hundred bytes of memory.
pub(super) const MAX_CONTAINERS: usize = 10_000;

/// Returns the canonical text; `None` if it exceeds `max_bytes` or the parameters have too many lists and objects.
pub(super) fn serialize_parameters(parameters: &Map<String, Json>, max_bytes: usize) -> Option<String> {
    let mut writer = BoundedWriter { bytes: Vec::new(), bytes_left: max_bytes, containers_left: MAX_CONTAINERS };
    write_parameters(&mut writer, parameters).ok()?;
    String::from_utf8(writer.bytes).ok()
}

/// A buffer that rejects writes beyond its limit.
struct BoundedWriter {
    bytes: Vec<u8>,
    bytes_left: usize,
    containers_left: usize,
}

impl BoundedWriter {
    fn count_container(&mut self) -> io::Result<()> {
        self.containers_left = self.containers_left.checked_sub(1).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(())
    }
}

impl Write for BoundedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes_left = self.bytes_left.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_parameters(writer: &mut BoundedWriter, parameters: &Map<String, Json>) -> io::Result<()> {
    write_joined(writer, (b"[", b"]"), sorted(parameters), |writer, (name, value)| {
        writer.write_all(b"[")?;
        serde_json::to_writer(&mut *writer, name)?;
        writer.write_all(b",")?;
        write_value(writer, value)?;
        writer.write_all(b"]")
    })
}

fn write_value(writer: &mut BoundedWriter, value: &Json) -> io::Result<()> {
    if value.is_array() || value.is_object() {
        writer.count_container()?;
    }
    match value {
        Json::Array(list) => write_joined(writer, (b"[", b"]"), list, write_value),
        Json::Object(map) => write_joined(writer, (b"{", b"}"), sorted(map), |writer, (name, value)| {
            serde_json::to_writer(&mut *writer, name)?;
            writer.write_all(b":")?;
            write_value(writer, value)
        }),
        scalar => Ok(serde_json::to_writer(writer, scalar)?),
    }
}

fn write_joined<T>(
    writer: &mut BoundedWriter,
    (open, close): (&[u8], &[u8]),
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut BoundedWriter, T) -> io::Result<()>,
) -> io::Result<()> {
    writer.write_all(open)?;
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            writer.write_all(b",")?;
        }
        write(writer, item)?;
    }
    writer.write_all(close)
}

/// Returns the members sorted by name, regardless of the map's order.
fn sorted(map: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{MAX_CONTAINERS, serialize_parameters};
    use proptest::prelude::*;
    use serde_json::{Map, Value as Json, json};

    fn serialize(value: &Json) -> String {
        serialize_parameters(value.as_object().unwrap(), 1_000_000).unwrap()
    }

    #[test]
    fn ordinary_parameters_keep_their_text() {
        let parameters = json!({ "B": ["x", "y"], "A": "\"é\"", "C": true, "D": null, "E": 1.0 });
        assert_eq!(serialize(&parameters), r#"[["A","\"é\""],["B",["x","y"]],["C",true],["D",null],["E",1.0]]"#);
        assert_eq!(serialize(&json!({})), "[]");
    }

    #[test]
    fn an_object_differs_from_a_list_of_pairs() {
        assert_ne!(serialize(&json!({ "X": { "a": 1 } })), serialize(&json!({ "X": [["a", 1]] })));
        assert_ne!(serialize(&json!({ "X": {} })), serialize(&json!({ "X": [] })));
        assert_eq!(
            serialize(&json!({ "X": { "b": 1, "a": { "d": 2, "c": 3 } } })),
            r#"[["X",{"a":{"c":3,"d":2},"b":1}]]"#
        );
    }

    #[test]
    fn a_text_beyond_the_limit_is_not_serialised() {
        let parameters = Map::from_iter([("A".to_owned(), Json::from("x"))]);
        assert_eq!(serialize_parameters(&parameters, 11).as_deref(), Some(r#"[["A","x"]]"#));
        assert_eq!(serialize_parameters(&parameters, 10), None);
        let nested = |count: usize| Map::from_iter([("A".to_owned(), Json::from(vec![json!([]); count]))]);
        assert!(serialize_parameters(&nested(MAX_CONTAINERS - 1), 1_000_000).is_some());
        assert_eq!(serialize_parameters(&nested(MAX_CONTAINERS), 1_000_000), None);
    }

    fn value() -> impl Strategy<Value = Json> {
        let scalar = prop_oneof![Just(Json::Null), Just(json!(1)), Just(json!("a")), Just(json!("b"))];
        scalar.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
                proptest::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn different_parameters_have_different_texts(one in value(), other in value()) {
            let (first, second) = (serialize(&json!({ "X": one })), serialize(&json!({ "X": other })));
            prop_assert_eq!(first == second, one == other);
        }
    }
}
