//! Values while they are computed.
//!
//! What comes from an entity or from the source is borrowed, never copied: a list of 10,000 records costs nothing until
//! one of its elements is looked at.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map as JsonMap, Value as Json};

use super::budget::Fuel;
use super::error::EvalResult;
use super::limits::{MAX_VALUE_DEPTH, check_list, too_deep_error};
use super::scope::{Entities, SessionView};

/// A value of CEL.
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
    /// The entities themselves, as `entities`.
    Entities(&'a dyn Entities),
    Session(&'a SessionView<'a>),
}

/// The elements of a list that was built, and how deep lists and maps stand inside it.
pub(super) struct ListItems<'a> {
    items: Vec<RuntimeValue<'a>>,
    depth: u8,
}

/// The entries of a map that was built. There are as many as the source spells out, so they are searched one by one.
pub(super) struct MapEntries<'a> {
    entries: Vec<(RuntimeValue<'a>, RuntimeValue<'a>)>,
    depth: u8,
}

/// The value of an optional.
pub(super) struct OptionalValue<'a> {
    value: RuntimeValue<'a>,
    depth: u8,
}

impl<'a> RuntimeValue<'a> {
    /// The value of a JSON value; a number beyond the integers is a number with a point.
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

    /// A text that was made; its length has been checked.
    pub(super) fn text(text: String) -> Self {
        Self::Text(Text::Owned(Rc::new(text)))
    }

    /// A list that was made.
    pub(super) fn list(items: Vec<Self>) -> EvalResult<Self> {
        check_list(items.len())?;
        let depth = nesting_depth(items.iter())?;
        Ok(Self::List(List::Built(Rc::new(ListItems { items, depth }))))
    }

    /// A map that was made.
    pub(super) fn map(entries: Vec<(Self, Self)>) -> EvalResult<Self> {
        let depth = nesting_depth(entries.iter().map(|(_, value)| value))?;
        Ok(Self::Map(Map::Built(Rc::new(MapEntries { entries, depth }))))
    }

    /// An optional that has a value.
    pub(super) fn some(value: Self) -> EvalResult<Self> {
        let depth = nesting_depth(std::iter::once(&value))?;
        Ok(Self::Optional(Some(Rc::new(OptionalValue { value, depth }))))
    }

    /// An optional, with or without a value.
    pub(super) fn optional(value: Option<Self>) -> EvalResult<Self> {
        value.map_or(Ok(Self::Optional(None)), Self::some)
    }

    /// Whether the value is not part of an entity or of the source, so that its memory has to be freed.
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

    /// The name of its type, as the language has it.
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

    /// The name of its type in words for a designer.
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

/// The depth of what holds `parts`, unless that is too deep to be looked into with little stack.
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
    /// The text itself, without a copy where nothing else holds it.
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
    /// How many entries there are. Entities have to be counted, which is paid for.
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

    /// The steps for finding a key among many, its comparisons apart.
    pub(super) fn search_steps(&self) -> usize {
        match self {
            Self::Json(entries) => entries.len().checked_ilog2().unwrap_or_default() as usize / 4,
            _ => 1,
        }
    }

    /// The value of a key that is a text; see [`Map::entries`] for the others.
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

    /// The entries of a map that was built; the keys of the others are texts, all of them.
    pub(super) fn built(&self) -> Option<&[(RuntimeValue<'a>, RuntimeValue<'a>)]> {
        match self {
            Self::Built(map) => Some(&map.entries),
            _ => None,
        }
    }

    /// All entries, in the map's order.
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

/// The value of an entity that is set.
pub(super) fn get_entity<'a>(entities: &'a dyn Entities, name: &str) -> Option<&'a Json> {
    entities.get(name).filter(|value| !value.is_null() || entities.null_is_a_value())
}

/// The names of the entities that are set.
pub(super) fn entity_names(entities: &dyn Entities) -> impl Iterator<Item = &str> {
    entities.names().filter(|name| get_entity(entities, name).is_some())
}
