//! `flow:action/session`: the session that an invocation belongs to, and what the invocation writes to it.

use super::bindings::flow::action::session::Host;
use super::bindings::flow::action::types::{Timestamp, Value};
use super::{Answer, Function, State, value};
use crate::domain::refusal::on_one_line;
use crate::domain::text::exceeds;
use crate::engine::Limits;
use crate::expression::{Entities, SessionView};
use chrono::{DateTime, Datelike as _, Utc};
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Characters of a tenant's, channel's, user's, session's or entity's name.
const MAX_NAME: usize = 256;

/// A session of the flow engine, as its runtime hands it over. Entities are JSON; a null is one that isn't set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Unique in the tenant; a new one is made where it is missing.
    #[serde(default = "Session::new_id")]
    pub id: String,
    /// Whose session it is. Nothing but this says which tenant's things an action sees.
    pub tenant: String,
    /// The channel in which it started.
    pub channel: String,
    /// The user's identifier in that channel, as the channel gave it.
    pub user: String,
    /// The node of the flow at which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// How often it came to that node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<u64>,
    /// 0 if a user began it; one more than the session that made the record that began it otherwise.
    #[serde(default)]
    pub depth: u32,
    /// Seeds every random choice of an invocation; a random seed where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Fixes the invocation's instant, in the years 1 to 9999. Belongs to whoever calls the host: never take it from a tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// The entities by name.
    #[serde(default)]
    pub entities: BTreeMap<String, Json>,
}

/// Why a session can't be used. Code `session-invalid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the session: {0}")]
pub struct SessionError(String);

impl SessionError {
    fn new(message: String) -> Self {
        Self(on_one_line(message))
    }
}

impl Session {
    /// A new session without entities.
    pub fn new(tenant: impl Into<String>, channel: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            id: Self::new_id(),
            tenant: tenant.into(),
            channel: channel.into(),
            user: user.into(),
            node: None,
            visit: None,
            depth: 0,
            seed: None,
            at: None,
            entities: BTreeMap::new(),
        }
    }

    /// Reads a session from JSON and checks it against the default limits' shape.
    ///
    /// # Errors
    /// No JSON object of a session's form; the message says what and where.
    pub fn from_json(text: &str) -> Result<Self, SessionError> {
        serde_json::from_str(text).map_err(|error| SessionError::new(error.to_string()))
    }

    /// Reads a session from a JSON value, as [`Session::from_json`] does from text.
    ///
    /// # Errors
    /// As [`Session::from_json`].
    pub fn from_value(value: Json) -> Result<Self, SessionError> {
        serde_json::from_value(value).map_err(|error| SessionError::new(error.to_string()))
    }

    fn new_id() -> String {
        uuid::Uuid::new_v4().to_string()
    }

    /// The value of an entity; a JSON null is none.
    pub fn entity(&self, name: &str) -> Option<&Json> {
        self.entities.get(name).filter(|value| !value.is_null())
    }

    /// Checks every bound; answers how many bytes it holds.
    pub(crate) fn check(&self, limits: &Limits) -> Result<usize, SessionError> {
        let texts = [("id", &self.id), ("tenant", &self.tenant), ("channel", &self.channel), ("user", &self.user)];
        for (field, text) in texts {
            if text.is_empty() || exceeds(text, MAX_NAME) {
                return Err(SessionError::new(format!("`{field}` must have 1 to {MAX_NAME} characters")));
            }
        }
        // Further off, a zone's clock has no reading.
        if self.at.is_some_and(|at| !(1..=9999).contains(&at.year())) {
            return Err(SessionError::new("`at` must lie in the years 1 to 9999".to_owned()));
        }
        if self.entities.len() > limits.entities {
            return Err(SessionError::new(format!("it has more than {} entities", limits.entities)));
        }
        let mut bytes = texts.iter().map(|(_, text)| text.len()).sum::<usize>();
        for (name, value) in &self.entities {
            if name.is_empty() || exceeds(name, MAX_NAME) {
                return Err(SessionError::new(format!("an entity's name must have 1 to {MAX_NAME} characters")));
            }
            bytes += value::check(value, limits.value_bytes)
                .map_err(|what| SessionError::new(format!("entity `{name}` {what}")))?;
        }
        Ok(bytes)
    }
}

/// The entities that a run has written, and those that it has cleared.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) values: BTreeMap<String, Json>,
    pub(crate) cleared: BTreeSet<String>,
}

impl Written {
    fn contains(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.cleared.contains(name)
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        self.values.keys().chain(&self.cleared)
    }

    fn write(&mut self, name: String, value: Option<Json>) {
        match value {
            Some(value) => {
                self.cleared.remove(&name);
                self.values.insert(name, value);
            }
            None => {
                self.values.remove(&name);
                self.cleared.insert(name);
            }
        }
    }
}

/// The session as one run sees it: as it was handed over, under the run's own writes.
pub(crate) struct SessionState {
    pub(crate) session: Arc<Session>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) random: Generator,
    pub(crate) written: Written,
}

impl SessionState {
    pub(crate) fn new(session: Arc<Session>, now: DateTime<Utc>, random: Generator) -> Self {
        Self { session, now, random, written: Written::default() }
    }

    /// For a component that describes itself: nobody's session, at the beginning of time.
    pub(crate) fn nobody() -> Self {
        Self::new(Arc::new(Session::new("", "", "")), DateTime::UNIX_EPOCH, Generator::seed_from_u64(0))
    }

    pub(crate) fn view(&self) -> SessionView<'_> {
        SessionView { id: &self.session.id, channel: &self.session.channel, user: &self.session.user }
    }

    pub(crate) fn entity(&self, name: &str) -> Option<&Json> {
        match self.written.values.get(name) {
            Some(written) => Some(written),
            None if self.written.cleared.contains(name) => None,
            None => self.session.entity(name),
        }
    }

    /// Writes an entity if the session has room for it.
    pub(crate) fn write(
        &mut self,
        name: String,
        value: Option<Json>,
        limits: &Limits,
    ) -> Result<(), (&'static str, String)> {
        if name.is_empty() || exceeds(&name, MAX_NAME) {
            return Err(("limit-entities", format!("an entity's name must have 1 to {MAX_NAME} characters")));
        }
        let known = self.session.entities.contains_key(&name) || self.written.contains(&name);
        let new = self.written.names().filter(|name| !self.session.entities.contains_key(*name)).count();
        if !known && self.session.entities.len() + new >= limits.entities {
            return Err((
                "limit-entities",
                format!("entity `{name}` is one too many: a session holds at most {}", limits.entities),
            ));
        }
        self.written.write(name, value);
        Ok(())
    }
}

impl Entities for SessionState {
    fn get(&self, name: &str) -> Option<&Json> {
        self.entity(name)
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let untouched = self.session.entities.iter().filter(|(name, _)| !self.written.contains(name));
        let kept = untouched.filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str());
        Box::new(kept.chain(self.written.values.keys().map(String::as_str)))
    }
}

/// A seeded generator of numbers that need not be secret: the same on every machine and in every release.
pub(crate) type Generator = rand_xoshiro::Xoshiro256PlusPlus;

impl Host for State {
    fn channel(&mut self) -> wasmtime::Result<String> {
        self.enter(Function::SessionChannel, 0)?;
        Ok(self.session.session.channel.clone())
    }

    fn user(&mut self) -> wasmtime::Result<String> {
        self.enter(Function::SessionUser, 0)?;
        Ok(self.session.session.user.clone())
    }

    fn now(&mut self) -> wasmtime::Result<Timestamp> {
        self.enter(Function::SessionNow, 0)?;
        let now = self.session.now;
        Ok(Timestamp { seconds: now.timestamp(), nanoseconds: now.timestamp_subsec_nanos().min(999_999_999) })
    }

    fn random(&mut self) -> wasmtime::Result<u64> {
        self.enter(Function::SessionRandom, 0)?;
        Ok(self.session.random.next_u64())
    }

    fn get_entity(&mut self, name: String) -> wasmtime::Result<Option<Value>> {
        self.enter(Function::SessionGetEntity, name.len())?;
        let value = self.session.entity(&name).map(value::from_json);
        self.carry(value.as_ref().map_or(0, value::bytes))?;
        Ok(value)
    }

    fn set_entity(&mut self, name: String, value: Option<Value>) -> Answer<()> {
        self.enter(Function::SessionSetEntity, name.len() + value.as_ref().map_or(0, value::bytes))?;
        Ok(self.write_entity(name, value, None))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn state(entities: usize) -> (SessionState, Limits) {
        let mut session = Session::new("acme", "whatsapp", "56987654321");
        session.entities.insert("name".to_owned(), Json::from("Ana"));
        session.entities.insert("nothing".to_owned(), Json::Null);
        let limits = Limits { entities, ..Limits::default() };
        (SessionState::new(Arc::new(session), DateTime::UNIX_EPOCH, Generator::seed_from_u64(1)), limits)
    }

    #[test]
    fn a_null_is_an_entity_that_is_not_set() {
        let (state, _) = state(10);
        assert_eq!(state.entity("nothing"), None);
        assert_eq!(state.names().collect::<Vec<_>>(), ["name"]);
    }

    #[test]
    fn writes_cover_what_was_handed_over() {
        let (mut state, limits) = state(10);
        state.write("name".to_owned(), None, &limits).unwrap();
        state.write("other".to_owned(), Some(Json::from(1)), &limits).unwrap();
        assert_eq!(state.entity("name"), None);
        assert_eq!(state.names().collect::<Vec<_>>(), ["other"]);
    }

    #[test]
    fn only_new_names_count_against_the_bound() {
        let (mut state, limits) = state(3);
        state.write("name".to_owned(), None, &limits).unwrap();
        state.write("third".to_owned(), None, &limits).unwrap();
        assert_eq!(state.write("fourth".to_owned(), None, &limits).unwrap_err().0, "limit-entities");
    }
}
