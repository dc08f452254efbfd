//! The data that an expression can read: the session, its entities, the time of the invocation and the tenant's locale.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value as Json};

/// The data that an expression can read.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The session's entities.
    pub entities: &'a dyn Entities,
    /// Variables of the caller by name, if there are any. A variable hides the entity of the same name.
    pub variables: Option<&'a Map<String, Json>>,
    /// The session itself.
    pub session: SessionView<'a>,
    /// The time of the invocation.
    pub now: DateTime<Utc>,
    /// The tenant's zone and phone rules.
    pub locale: &'a dyn Locale,
}

/// The parts of a session that an expression may read, as `session.id`, `session.channel` and `session.user`.
#[derive(Debug, Clone, Copy)]
pub struct SessionView<'a> {
    /// The session's id.
    pub id: &'a str,
    /// The name of the channel in which the session started.
    pub channel: &'a str,
    /// The user's identifier in that channel.
    pub user: &'a str,
}

/// The entities of a session by name.
pub trait Entities {
    /// Returns the value of an entity. A JSON null is an entity that is not set, unless [`Entities::null_is_a_value`].
    fn get(&self, name: &str) -> Option<&Json>;

    /// Returns the names of all entities, in any order.
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_>;

    /// Returns whether a JSON null counts as a value. It does not in a session. The command `eval` returns true.
    fn null_is_a_value(&self) -> bool {
        false
    }
}

impl Entities for Map<String, Json> {
    fn get(&self, name: &str) -> Option<&Json> {
        self.get(name)
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.keys().map(String::as_str))
    }
}

/// The locale of a tenant: its time zone and its phone region.
pub trait Locale {
    /// Returns the local time at a time.
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime;

    /// Returns the UTC time of a local time: the first valid time after a gap, the earlier one in an overlap.
    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc>;

    /// Returns a phone number in E.164.
    ///
    /// # Errors
    /// The problem of the number, worded to follow `phone(…):`.
    fn phone(&self, text: &str) -> Result<String, String>;
}
