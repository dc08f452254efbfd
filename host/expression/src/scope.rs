//! What an expression sees of the world outside: the session, its entities, the invocation's instant and the tenant's
//! region. Everything else is out of its reach.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value as Json;

/// What an expression sees.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The session's entities.
    pub entities: &'a dyn Entities,
    /// The session itself.
    pub session: SessionView<'a>,
    /// The invocation's instant.
    pub now: DateTime<Utc>,
    /// The tenant's zone and phone rules.
    pub locale: &'a dyn Locale,
}

/// The parts of a session that an expression may read, as `session.id`, `session.channel` and `session.user`.
#[derive(Debug, Clone, Copy)]
pub struct SessionView<'a> {
    /// The session's id.
    pub id: &'a str,
    /// The name of the channel in which it started.
    pub channel: &'a str,
    /// The user's identifier in that channel.
    pub user: &'a str,
}

/// The entities of a session by name.
pub trait Entities {
    /// The value of an entity. A JSON null is an entity that is not set, unless [`Entities::null_is_a_value`].
    fn get(&self, name: &str) -> Option<&Json>;

    /// The names of all entities, in any order.
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_>;

    /// Whether a JSON null is a value like any other. In a session it is not; the command line's `eval` says so.
    fn null_is_a_value(&self) -> bool {
        false
    }
}

impl Entities for serde_json::Map<String, Json> {
    fn get(&self, name: &str) -> Option<&Json> {
        self.get(name)
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.keys().map(String::as_str))
    }
}

/// What depends on where a tenant is.
pub trait Locale {
    /// The wall clock's reading at an instant.
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime;

    /// The instant of a wall clock's reading: the first valid one after a gap, the earlier one in an overlap.
    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc>;

    /// A phone number in E.164, or why it is none.
    ///
    /// # Errors
    /// What is wrong with the number, as words that fit after `phone(…):`.
    fn phone(&self, text: &str) -> Result<String, String>;
}
