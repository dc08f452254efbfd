//! `flow:action/parameters`: a node's parameters, read by their kinds.

mod configured;
mod diagnostic;
mod evaluated;
mod kinds;
mod lookahead;
mod sources;

pub(crate) use configured::Configured;
pub use diagnostic::{Diagnostic, Severity};
pub(crate) use evaluated::Evaluated;
pub(super) use evaluated::failed;
use evaluated::{Answered, Known, evaluate};
pub(crate) use lookahead::{AsksReady, Lookahead};

use super::bindings::flow::action::parameters::Host;
use super::bindings::flow::action::types::{Error, Value};
use super::evaluation::{Allowance, try_inline};
use super::halt::Halt;
use super::session::SessionState;
use super::{Answer, Function, State, value};
use crate::catalog::manifest::Kind;
use crate::domain::Tenant;
use crate::store::View;
use std::sync::Arc;

impl Host for State {
    async fn get(&mut self, name: String) -> Answer<Option<Value>> {
        self.enter(Function::ParametersGet, name.len())?;
        let bytes = self.bytes_left();
        let Self { parameters, session, view, steps, .. } = self;
        let Some((tenant, _)) = view.as_ref().and_then(View::configuration) else {
            return Err(Halt::fault("plugin-contract", "the plugin read a parameter too early").into());
        };
        let (configured, position) = match parameters.known(&name) {
            Known::Undeclared => return Err(undeclared(&name).into()),
            Known::Answered(answered) => {
                let bytes = carried(&answered);
                // Charged before the copy is made.
                self.journal.check_bytes(bytes, self.limits.host_bytes)?;
                let answered = answered.into_owned();
                return self.answer(answered, bytes);
            }
            Known::Unknown(configured, position) => (configured, position),
        };
        let inline = try_inline(steps, bytes, |allowance| evaluate(configured, position, (session, tenant), allowance));
        let evaluated = match inline {
            Some(evaluated) => evaluated,
            None => {
                let (configured, tenant) = (Arc::clone(configured), Arc::clone(tenant));
                let work = move |session: &SessionState, tenant: &Tenant, allowance: &mut Allowance<'_>| {
                    evaluate(&configured, position, (session, tenant), allowance)
                };
                self.evaluate_in_slices(tenant, work).await?
            }
        };
        let Ok(answered) = evaluated else { return Err(Halt::host_bytes(self.limits.host_bytes).into()) };
        self.parameters.remember(position, &answered);
        let bytes = carried(&answered);
        self.answer(answered, bytes)
    }

    async fn set(&mut self, name: String, value: Option<Value>) -> Answer<()> {
        self.enter(Function::ParametersSet, name.len() + value.as_ref().map_or(0, value::bytes))?;
        let declared = self.parameters.declared(&name);
        let Some(expected) = declared.filter(|parameter| parameter.kind == Kind::EntityOut).map(|p| p.value_type)
        else {
            return Err(undeclared(&name).into());
        };
        let Some(entity) = self.parameters.entity_out(&name).map(str::to_owned) else { return Ok(Ok(())) };
        let written = self.write_entity(entity, value, expected).await?;
        Ok(written.map_err(|error| Error { parameter: Some(name), ..error }))
    }
}

/// Bytes that an answer carries.
fn carried(answered: &Answered) -> usize {
    answered.as_ref().ok().and_then(Option::as_ref).map_or(0, value::bytes)
}

fn undeclared(name: &str) -> Halt {
    let name: String = name.chars().take(128).collect();
    Halt::fault(
        "plugin-contract",
        format!("the plugin used parameter {name:?} in a way that its manifest doesn't declare"),
    )
}
