//! Values during an evaluation.
//!
//! A value borrows the data of an entity or of the source and never copies it. A list of 10,000 records costs nothing
//! until the expression reads one of its elements.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map as JsonMap, Value as Json};

use super::budget::Fuel;
use super::error::EvalResult;
use super::limits::{MAX_VALUE_DEPTH, check_list, too_deep_error};
use super::scope::{Entities, SessionView};

/// A CEL value.
#[derive(Clone)]
pub(super) enum RuntimeValue<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Number(f64),
    Text(Text<'a>),
    Bytes(Rc<Vec<u8>>),
    List(List<'a>),
    Map(Map<'a>),
    Timestamp(DateTime<Utc>),
    Duration(TimeDelta),
    Type(&'static str),
    Optional(Option<Rc<OptionalValue<'a>>>),
}

#[derive(Clone)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Owned(Rc<String>),
}

#[derive(Clone)]
pub(super) enum List<'a> {
    Json(&'a [Json]),
    Built(Rc<ListItems<'a>>),
}

#[derive(Clone)]
pub(super) enum Map<'a> {
    Json(&'a JsonMap<String, Json>),
    Built(Rc<MapEntries<'a>>),
    /// All entities, as the variable `entities`.
    Entities(&'a dyn Entities),
    Session(&'a SessionView<'a>),
}

/// The elements of a list that the evaluation built, and the nesting depth of the list.
pub(super) struct ListItems<'a> {
    items: Vec<RuntimeValue<'a>>,
    depth: u8,
}

/// The entries of a map that the evaluation built. The source lists each entry, so their number is small and a linear
/// search suffices.
pub(super) struct MapEntries<'a> {
    entries: Vec<(RuntimeValue<'a>, RuntimeValue<'a>)>,
    depth: u8,
}

/// The value of an optional, and its nesting depth.
pub(super) struct OptionalValue<'a> {
    value: RuntimeValue<'a>,
    depth: u8,
}

impl<'a> RuntimeValue<'a> {
    /// Converts a JSON value. A number that does not fit into an integer becomes a floating-point number.
    pub(super) fn from_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(boolean) => Self::Boolean(*boolean),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(Text::Borrowed(text)),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(entries) => Self::Map(Map::Json(entries)),
        }
    }

    /// Creates a text. The caller has checked its length.
    pub(super) fn text(text: String) -> Self {
        Self::Text(Text::Owned(Rc::new(text)))
    }

    /// Creates a list.
    pub(super) fn list(items: Vec<Self>) -> EvalResult<Self> {
        check_list(items.len())?;
        let depth = nesting_depth(items.iter())?;
        Ok(Self::List(List::Built(Rc::new(ListItems { items, depth }))))
    }

    /// Creates a map.
    pub(super) fn map(entries: Vec<(Self, Self)>) -> EvalResult<Self> {
        let depth = nesting_depth(entries.iter().map(|(_, value)| value))?;
        Ok(Self::Map(Map::Built(Rc::new(MapEntries { entries, depth }))))
    }

    /// Creates an optional with a value.
    pub(super) fn some(value: Self) -> EvalResult<Self> {
        let depth = nesting_depth(std::iter::once(&value))?;
        Ok(Self::Optional(Some(Rc::new(OptionalValue { value, depth }))))
    }

    /// Creates an optional with or without a value.
    pub(super) fn optional(value: Option<Self>) -> EvalResult<Self> {
        value.map_or(Ok(Self::Optional(None)), Self::some)
    }

    /// Returns whether the value owns memory. Values that belong to an entity or to the source do not.
    pub(super) fn is_allocated(&self) -> bool {
        matches!(
            self,
            Self::Text(Text::Owned(_))
                | Self::Bytes(_)
                | Self::List(List::Built(_))
                | Self::Map(Map::Built(_))
                | Self::Optional(Some(_))
        )
    }

    fn depth(&self) -> u8 {
        match self {
            Self::List(List::Built(list)) => list.depth,
            Self::Map(Map::Built(map)) => map.depth,
            Self::Optional(Some(nested)) => nested.depth,
            _ => 0,
        }
    }

    /// Returns the name of the type in CEL.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Boolean(_) => "bool",
            Self::Integer(_) => "int",
            Self::Unsigned(_) => "uint",
            Self::Number(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
        }
    }

    /// Returns the name of the type for messages to designers.
    pub(super) fn type_description(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Unsigned(_) => "an unsigned integer",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Timestamp(_) => "a timestamp",
            Self::Duration(_) => "a duration",
            Self::Type(_) => "a type",
            Self::Optional(_) => "an optional",
        }
    }
}

/// Returns the depth of a container of `parts`. Error: recursion over the container would need too much stack.
fn nesting_depth<'p, 'a: 'p>(parts: impl Iterator<Item = &'p RuntimeValue<'a>>) -> EvalResult<u8> {
    let depth = parts.map(RuntimeValue::depth).max().unwrap_or_default() + 1;
    if depth > MAX_VALUE_DEPTH {
        return Err(too_deep_error());
    }
    Ok(depth)
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

impl Text<'_> {
    /// Returns the text, without a copy if the value is its only owner.
    pub(super) fn into_string(self) -> String {
        match self {
            Self::Borrowed(text) => text.to_owned(),
            Self::Owned(text) => Rc::unwrap_or_clone(text),
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Built(list) => list.items.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<RuntimeValue<'a>> {
        match self {
            Self::Json(items) => items.get(index).map(RuntimeValue::from_json),
            Self::Built(list) => list.items.get(index).cloned(),
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = RuntimeValue<'a>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> Map<'a> {
    /// Returns the number of entries. Counting entities costs steps.
    pub(super) fn len(&self, fuel: &mut Fuel<'_>) -> EvalResult<usize> {
        Ok(match self {
            Self::Json(entries) => entries.len(),
            Self::Built(map) => map.entries.len(),
            Self::Session(session) => session_fields(session).len(),
            Self::Entities(entities) => {
                let count = entity_names(*entities).count();
                fuel.spend(4 * count)?;
                count
            }
        })
    }

    /// Returns the steps of finding a key in a large map, without the comparison of the key itself.
    pub(super) fn search_steps(&self) -> usize {
        match self {
            Self::Json(entries) => entries.len().checked_ilog2().unwrap_or_default() as usize / 4,
            _ => 1,
        }
    }

    /// Returns the value of a text key; see [`Map::entries`] for keys of other types.
    pub(super) fn get_text(&self, key: &str) -> Option<RuntimeValue<'a>> {
        match self {
            Self::Json(entries) => entries.get(key).map(RuntimeValue::from_json),
            Self::Entities(entities) => get_entity(*entities, key).map(RuntimeValue::from_json),
            Self::Session(session) => session_fields(session)
                .into_iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| RuntimeValue::Text(Text::Borrowed(value))),
            Self::Built(map) => map
                .entries
                .iter()
                .find(|(candidate, _)| matches!(candidate, RuntimeValue::Text(text) if **text == *key))
                .map(|(_, value)| value.clone()),
        }
    }

    /// Returns the entries of a map that the evaluation built. All keys of the other maps are texts.
    pub(super) fn built(&self) -> Option<&[(RuntimeValue<'a>, RuntimeValue<'a>)]> {
        match self {
            Self::Built(map) => Some(&map.entries),
            _ => None,
        }
    }

    /// Returns all entries, in the map's order.
    pub(super) fn entries(&self) -> Box<dyn Iterator<Item = (RuntimeValue<'a>, RuntimeValue<'a>)> + 'a> {
        match self {
            Self::Json(entries) => Box::new(entries.iter().map(|(key, value)| json_entry(key, value))),
            Self::Built(map) => {
                let map = Rc::clone(map);
                Box::new((0..map.entries.len()).filter_map(move |index| map.entries.get(index).cloned()))
            }
            Self::Entities(entities) => {
                let entities = *entities;
                let entry = move |name| Some(json_entry(name, get_entity(entities, name)?));
                Box::new(entities.names().filter_map(entry))
            }
            Self::Session(session) => {
                let text = |text| RuntimeValue::Text(Text::Borrowed(text));
                Box::new(session_fields(session).into_iter().map(move |(name, value)| (text(name), text(value))))
            }
        }
    }
}

fn session_fields<'a>(session: &'a SessionView<'a>) -> [(&'static str, &'a str); 3] {
    [("id", session.id), ("channel", session.channel), ("user", session.user)]
}

fn json_entry<'a>(key: &'a str, value: &'a Json) -> (RuntimeValue<'a>, RuntimeValue<'a>) {
    (RuntimeValue::Text(Text::Borrowed(key)), RuntimeValue::from_json(value))
}

impl<'a> OptionalValue<'a> {
    pub(super) fn value(&self) -> &RuntimeValue<'a> {
        &self.value
    }
}

/// Returns the value of an entity that is set.
pub(super) fn get_entity<'a>(entities: &'a dyn Entities, name: &str) -> Option<&'a Json> {
    entities.get(name).filter(|value| !value.is_null() || entities.null_is_a_value())
}

/// Returns the names of the entities that are set.
pub(super) fn entity_names(entities: &dyn Entities) -> impl Iterator<Item = &str> {
    entities.names().filter(|name| get_entity(entities, name).is_some())
}
