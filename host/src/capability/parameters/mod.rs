//! `flow:action/parameters`: a node's parameters, read by their kinds.

mod configured;
mod diagnostic;
mod evaluated;
mod lookahead;

pub(crate) use configured::Configured;
pub use diagnostic::{Diagnostic, Severity};
pub(crate) use evaluated::Evaluated;
pub(super) use evaluated::failed;
pub(crate) use lookahead::{AsksReady, Lookahead};

use super::bindings::flow::action::parameters::Host;
use super::bindings::flow::action::types::{Error, Value};
use super::halt::Halt;
use super::{Answer, Function, State, value};
use crate::catalog::manifest::Kind;
use crate::store::View;

impl Host for State {
    fn get(&mut self, name: String) -> Answer<Option<Value>> {
        self.enter(Function::ParametersGet, name.len())?;
        let Self { parameters, session, view, .. } = self;
        let Some((tenant, _)) = view.as_ref().and_then(View::configuration) else {
            return Err(Halt::fault("plugin-contract", "the plugin read a parameter too early").into());
        };
        let Some(result) = parameters.get(&name, session, tenant) else {
            return Err(undeclared(&name).into());
        };
        let bytes = result.as_ref().ok().and_then(Option::as_ref).map_or(0, value::bytes);
        self.answer(result, bytes)
    }

    fn set(&mut self, name: String, value: Option<Value>) -> Answer<()> {
        self.enter(Function::ParametersSet, name.len() + value.as_ref().map_or(0, value::bytes))?;
        let declared = self.parameters.declared(&name);
        let Some(expected) = declared.filter(|parameter| parameter.kind == Kind::EntityOut).map(|p| p.value_type)
        else {
            return Err(undeclared(&name).into());
        };
        let Some(entity) = self.parameters.entity_out(&name).map(str::to_owned) else { return Ok(Ok(())) };
        let written = self.write_entity(entity, value, expected);
        Ok(written.map_err(|error| Error { parameter: Some(name), ..error }))
    }
}

fn undeclared(name: &str) -> Halt {
    let name: String = name.chars().take(128).collect();
    Halt::fault(
        "plugin-contract",
        format!("the plugin used parameter {name:?} in a way that its manifest doesn't declare"),
    )
}
