//! Expressions that an action composes at run time. Each function is a capability.

use crate::error::Error;
use crate::imports::expressions;
use crate::value::{EntityType, Value};

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:action/expressions";

/// Evaluates a CEL expression with the session's entities. `None`: the result is null.
///
/// # Errors
/// `expression-syntax`, `expression-failed`, `expression-too-large`, `entity-not-set`, and `expression-type`, also if
/// the result has another type than `T`.
pub fn evaluate<T: EntityType>(source: &str) -> Result<Option<T>, Error> {
    typed(source, expressions::evaluate(source)?)
}

/// Evaluates a CEL expression with the session's entities and with variables, at most 100. A variable hides the entity of
/// the same name. Pass values of users as variables, and never paste them into the source.
///
/// # Errors
/// The errors of [`evaluate`], and `parameter-invalid` (a name, or too many variables), `entity-type`,
/// `limit-value-size`.
pub fn evaluate_with<T: EntityType>(source: &str, variables: &[(&str, Value)]) -> Result<Option<T>, Error> {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (String::from(*name), value.clone())).collect();
    typed(source, expressions::evaluate_with(source, &variables)?)
}

fn typed<T: EntityType>(source: &str, value: Option<Value>) -> Result<Option<T>, Error> {
    let Some(value) = value else {
        return Ok(None);
    };
    match T::from_value(value) {
        Some(value) => Ok(Some(value)),
        None => Err(Error::new("expression-type", format!("the expression {source} yields a value of another type"))
            .with("expression", source)),
    }
}
