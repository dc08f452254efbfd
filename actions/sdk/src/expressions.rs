//! Expressions that an action composes at run time. The function is a capability.

use crate::bindings::flow::action::expressions;
use crate::error::Error;
use crate::value::EntityType;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:action/expressions";

/// Evaluates a CEL expression with the session's entities. `None`: the result is null.
///
/// # Errors
/// `expression-syntax`, `expression-failed`, `expression-too-large`, `entity-not-set`, and `expression-type`, also if
/// the result has another type than `T`.
pub fn evaluate<T: EntityType>(source: &str) -> Result<Option<T>, Error> {
    let Some(value) = expressions::evaluate(source)? else {
        return Ok(None);
    };
    match T::from_value(value) {
        Some(value) => Ok(Some(value)),
        None => Err(Error::new("expression-type", format!("the expression {source} yields a value of another type"))
            .with("expression", source)),
    }
}
