//! The session of an invocation, and the invocation's writes to it. The module `functions` has `flow:action/session`.

mod functions;

use super::value;
use chrono::{DateTime, Datelike as _, Utc};
use flowhost_domain::json::{self, IntegerCheck, value_tree_bytes};
use flowhost_domain::text::exceeds;
use flowhost_engine::Limits;
use flowhost_error::ErrorCode;
use flowhost_error::text::single_line;
use flowhost_expression::{Entities, SessionView};
use rand_xoshiro::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Maximum length of a tenant's, channel's, user's, session's or entity's name, characters.
const MAX_NAME: usize = 256;

/// A session of the flow engine. Entities are JSON; a null is an entity that is not set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "SessionJson")]
pub struct Session {
    /// The id, unique in the tenant. A session whose JSON has no id gets a generated one, which is not valid for a
    /// request with a key. See [`Session::has_own_id`].
    pub id: String,
    /// The tenant. It alone determines whose data an action sees.
    pub tenant: String,
    /// The channel in which the session started.
    pub channel: String,
    /// The user's identifier in that channel, as the channel delivered it.
    pub user: String,
    /// The current node of the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// How often the session has reached that node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<u64>,
    /// 0 for a session that a user started. Otherwise one more than the depth of the session that created the starting
    /// record.
    pub depth: u32,
    /// Seed of every random choice of an invocation. Default: random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Overrides the time of the invocation, in the years 1 to 9999. Only the embedding application may set it; never
    /// copy it from a tenant's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// The entities by name.
    pub entities: BTreeMap<String, Json>,
    #[serde(skip)]
    generated_id: GeneratedId,
}

/// The id that was generated for a session whose JSON had none. It does not count in comparisons of sessions.
#[derive(Debug, Clone, Default)]
struct GeneratedId(Option<Box<str>>);

impl PartialEq for GeneratedId {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The JSON format of a session.
#[derive(Deserialize)]
#[serde(rename = "Session", deny_unknown_fields)]
struct SessionJson {
    id: Option<String>,
    tenant: String,
    channel: String,
    user: String,
    node: Option<String>,
    visit: Option<u64>,
    #[serde(default)]
    depth: u32,
    seed: Option<u64>,
    at: Option<DateTime<Utc>>,
    #[serde(default)]
    entities: BTreeMap<String, Json>,
}

impl From<SessionJson> for Session {
    fn from(json: SessionJson) -> Self {
        let SessionJson { id, tenant, channel, user, node, visit, depth, seed, at, entities } = json;
        let generated_id = if id.is_none() { Some(Self::new_id()) } else { None };
        let id = id.or_else(|| generated_id.clone()).unwrap_or_default();
        let generated_id = GeneratedId(generated_id.map(String::into_boxed_str));
        Self { id, tenant, channel, user, node, visit, depth, seed, at, entities, generated_id }
    }
}

/// The reason why a session is not valid. Code `session-invalid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the session: {message}")]
pub struct SessionError {
    message: String,
    position: Option<(usize, usize)>,
}

impl SessionError {
    fn new(message: String) -> Self {
        Self { message: single_line(message), position: None }
    }

    fn with_position(message: String, line: usize, column: usize) -> Self {
        Self { position: Some((line, column)), ..Self::new(message) }
    }

    /// Returns the position of the error in the session's JSON text: the line from 1, and the column in bytes from 1.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }
}

impl Session {
    /// Creates a session without entities. Its new id counts as its own: store it with the session, since an
    /// idempotency key works only with the same id.
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
            generated_id: GeneratedId::default(),
        }
    }

    /// Parses a session from JSON and checks its structure.
    ///
    /// # Errors
    /// The text is not a JSON object with a session's fields, or an object in it repeats a name. An integer in the
    /// entities that exceeds 64 bits is also an error. The message names the error and its position.
    pub fn from_json(text: &str) -> Result<Self, SessionError> {
        let session = serde_json::from_str(text)
            .map_err(|error| SessionError::with_position(error.to_string(), error.line(), error.column()))?;
        match json::inspect(text, IntegerCheck::InMember("entities")).into_first() {
            Some(found) => Err(SessionError::with_position(found.to_string(), found.line, found.column)),
            None => Ok(session),
        }
    }

    /// Converts a JSON value into a session. Unlike [`Session::from_json`], this function can't detect repeated names,
    /// or integers that the parser converted into numbers.
    ///
    /// # Errors
    /// As [`Session::from_json`].
    pub fn from_value(value: Json) -> Result<Self, SessionError> {
        serde_json::from_value(value).map_err(|error| SessionError::new(error.to_string()))
    }

    fn new_id() -> String {
        uuid::Uuid::new_v4().to_string()
    }

    /// Returns whether the id was given, and not generated because the session's JSON had none. A request with a key
    /// needs a given id. A generated id differs after each parse, so that the key could not be replayed.
    pub fn has_own_id(&self) -> bool {
        self.generated_id.0.as_deref() != Some(self.id.as_str())
    }

    /// Marks a generated id as the session's own. The caller must store the session with its id for the lifetime of its
    /// keys.
    pub fn keep_id(&mut self) {
        self.generated_id = GeneratedId::default();
    }

    /// Returns the value of an entity; `None` if it is missing or null.
    pub fn entity(&self, name: &str) -> Option<&Json> {
        self.entities.get(name).filter(|value| !value.is_null())
    }

    /// Checks the session against every limit. Returns its size.
    pub fn check(&self, limits: &Limits) -> Result<SessionSize, SessionError> {
        let texts = [("id", &self.id), ("tenant", &self.tenant), ("channel", &self.channel), ("user", &self.user)];
        for (field, text) in texts {
            if text.is_empty() || exceeds(text, MAX_NAME) {
                return Err(SessionError::new(format!("`{field}` must have 1 to {MAX_NAME} characters")));
            }
            if text.contains('\0') {
                return Err(SessionError::new(format!("`{field}` must not contain NUL (U+0000); remove it")));
            }
        }
        // Local times outside these years can't be represented.
        if self.at.is_some_and(|at| !(1..=9999).contains(&at.year())) {
            return Err(SessionError::new("`at` must be in the years 1 to 9999".to_owned()));
        }
        if self.entities.len() > limits.entities {
            return Err(SessionError::new(format!("it has more than {} entities", limits.entities)));
        }
        let mut bytes = texts.iter().map(|(_, text)| text.len()).sum::<usize>();
        bytes += self.node.as_ref().map_or(0, String::len);
        let mut tree_bytes = 0;
        for (name, value) in &self.entities {
            if name.is_empty() || exceeds(name, MAX_NAME) {
                return Err(SessionError::new(format!("an entity's name must have 1 to {MAX_NAME} characters")));
            }
            bytes += value::measure(value, limits.value_bytes)
                .map_err(|what| SessionError::new(format!("entity `{name}` {what}")))?;
            bytes += name.len();
            tree_bytes += value_tree_bytes(value);
        }
        Ok(SessionSize { bytes, tree_bytes })
    }
}

/// The size of a session.
#[derive(Debug, Clone, Copy)]
pub struct SessionSize {
    /// Bytes of its texts, and of its entities' names and values as JSON.
    pub bytes: usize,
    /// Additional memory of its lists and objects, bytes.
    pub tree_bytes: usize,
}

/// The entities that a run has written and cleared.
#[derive(Default)]
pub struct EntityWrites {
    /// The new values by name.
    pub values: BTreeMap<String, Json>,
    /// The names of the removed entities.
    pub cleared: BTreeSet<String>,
}

impl EntityWrites {
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

/// The session in one run: the caller's session with the run's own writes applied.
pub struct SessionOverlay {
    /// The session of the request.
    pub session: Arc<Session>,
    /// The time of the invocation.
    pub now: DateTime<Utc>,
    /// The generator of the run's random numbers.
    pub random: SeededRng,
    /// The entities that the run wrote.
    pub writes: EntityWrites,
}

impl SessionOverlay {
    /// Creates an overlay without writes.
    pub fn new(session: Arc<Session>, now: DateTime<Utc>, random: SeededRng) -> Self {
        Self { session, now, random, writes: EntityWrites::default() }
    }

    /// Creates an overlay for `describe`: an empty session at the Unix epoch.
    pub fn for_describe() -> Self {
        Self::new(Arc::new(Session::new("", "", "")), DateTime::UNIX_EPOCH, SeededRng::seed_from_u64(0))
    }

    /// Moves the session and the run's writes out for an evaluation on another stack. [`SessionOverlay::reattach`]
    /// moves them back.
    pub(super) fn detach(&mut self) -> Self {
        let (session, random) = (Arc::clone(&self.session), self.random.clone());
        Self { session, now: self.now, random, writes: std::mem::take(&mut self.writes) }
    }

    pub(super) fn reattach(&mut self, detached: Self) {
        self.writes = detached.writes;
    }

    /// Returns the session as expressions read it.
    pub fn expression_session(&self) -> SessionView<'_> {
        SessionView { id: &self.session.id, channel: &self.session.channel, user: &self.session.user }
    }

    /// Returns the value of an entity, staged writes included.
    pub fn entity(&self, name: &str) -> Option<&Json> {
        match self.writes.values.get(name) {
            Some(written) => Some(written),
            None if self.writes.cleared.contains(name) => None,
            None => self.session.entity(name),
        }
    }

    /// Writes an entity within the session's limits.
    pub fn write(&mut self, name: String, value: Option<Json>, limits: &Limits) -> Result<(), (ErrorCode, String)> {
        if name.is_empty() || exceeds(&name, MAX_NAME) {
            return Err((ErrorCode::LimitEntities, format!("an entity's name must have 1 to {MAX_NAME} characters")));
        }
        let known = self.session.entities.contains_key(&name) || self.writes.contains(&name);
        let new = self.writes.names().filter(|name| !self.session.entities.contains_key(*name)).count();
        if !known && self.session.entities.len() + new >= limits.entities {
            return Err((
                ErrorCode::LimitEntities,
                format!("entity `{name}` is one too many: a session holds at most {}", limits.entities),
            ));
        }
        self.writes.write(name, value);
        Ok(())
    }
}

impl Entities for SessionOverlay {
    fn get(&self, name: &str) -> Option<&Json> {
        self.entity(name)
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let untouched = self.session.entities.iter().filter(|(name, _)| !self.writes.contains(name));
        let kept = untouched.filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str());
        Box::new(kept.chain(self.writes.values.keys().map(String::as_str)))
    }
}

/// A seeded generator of random numbers that need not be secret. Its output is equal on every machine and in every
/// release.
pub type SeededRng = rand_xoshiro::Xoshiro256PlusPlus;

#[cfg(test)]
mod tests;
