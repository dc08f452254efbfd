//! The session of an invocation. Each function is a capability.

use crate::error::Error;
use crate::imports::session;
use crate::value::EntityType;

pub use crate::bindings::flow::action::types::Timestamp;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:action/session";

/// Returns the session's id, which is unique in the tenant.
#[must_use]
pub fn id() -> String {
    session::id()
}

/// Returns the channel in which the session started: `whatsapp`, `widget`, ...
#[must_use]
pub fn channel() -> String {
    session::channel()
}

/// Returns the user's identifier in that channel, as the channel provided it.
#[must_use]
pub fn user() -> String {
    session::user()
}

/// Returns the id of the flow node that the invocation runs. `None`: the runtime did not provide it.
#[must_use]
pub fn node() -> Option<String> {
    session::node()
}

/// Returns how many times the session has reached that node, 1 for the first time. `None`: the runtime did not provide
/// it.
#[must_use]
pub fn visit() -> Option<u32> {
    session::visit()
}

/// Returns the session's depth: 0 if a user started it, otherwise one more than the depth of the session that created
/// the starting record.
#[must_use]
pub fn depth() -> u32 {
    session::depth()
}

/// Returns the time of the invocation, which is the same at every call.
#[must_use]
pub fn now() -> Timestamp {
    session::now()
}

/// Returns the next `count` bytes of the invocation's random number generator, at most 65,536. They are not suitable for
/// secrets.
#[must_use]
pub fn random_bytes(count: u32) -> Vec<u8> {
    session::random_bytes(count)
}

/// Returns the names of all entities that are set, in order of their UTF-8 bytes.
#[must_use]
pub fn entities() -> Vec<String> {
    session::entities()
}

/// Returns an entity by name. `None`: the entity is not set.
///
/// # Errors
/// `entity-type`: the entity has a value of another type.
pub fn get_entity<T: EntityType>(name: &str) -> Result<Option<T>, Error> {
    let Some(value) = session::get_entity(name) else {
        return Ok(None);
    };
    match T::from_value(value) {
        Some(value) => Ok(Some(value)),
        None => {
            Err(Error::new("entity-type", format!("the entity {name} has a value of another type"))
                .with("entity", name))
        }
    }
}

/// Sets an entity by name. `None` clears it.
///
/// # Errors
/// `limit-value-size`, `limit-entities`, `entity-type`.
pub fn set_entity<T: EntityType>(name: &str, value: Option<T>) -> Result<(), Error> {
    session::set_entity(name, value.map(T::into_value).as_ref())
}
