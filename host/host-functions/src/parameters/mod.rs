//! `flow:action/parameters`: reading a node's parameters by their kinds.

mod evaluate;
mod references;

pub use evaluate::ParameterValues;
pub(super) use evaluate::to_guest_error;
use evaluate::{CachedResult, ParameterResult, evaluate};
use flowhost_error::ErrorCode;
pub use references::lookups;

use super::abort::Abort;
use super::bindings::flow::action::parameters::Host;
use super::bindings::flow::action::types::{Error, Value};
use super::evaluation::{Allowance, try_inline};
use super::session::SessionOverlay;
use super::{HostFunction, HostResult, HostState, value};
use flowhost_domain::Tenant;
use flowhost_error::text::first_characters;
use flowhost_manifest::ParameterKind;
use flowhost_store::Transaction;
use std::sync::Arc;

/// Characters of a parameter's name that a message shows.
const MAX_SHOWN_CHARACTERS: usize = 128;

impl Host for HostState {
    async fn get(&mut self, name: String) -> HostResult<Option<Value>> {
        self.begin_call(HostFunction::ParametersGet, name.len())?;
        let bytes = self.bytes_left();
        let Self { parameters, session, transaction, steps, .. } = self;
        let Some((tenant, _)) = transaction.as_ref().and_then(Transaction::configured_tenant) else {
            return Err(
                Abort::fault(ErrorCode::PluginContract, "host functions are not available during `describe`").into()
            );
        };
        let (node_parameters, position) = match parameters.cached_result(&name) {
            CachedResult::Undeclared => return Err(undeclared(&name).into()),
            CachedResult::Evaluated(answered) => {
                let bytes = bytes_transferred(&answered);
                // The charge precedes the copy.
                self.run_log.check_bytes(bytes, self.limits.host_call_bytes)?;
                let answered = answered.into_owned();
                return self.charge_result(answered, bytes);
            }
            CachedResult::Pending(node_parameters, position) => (node_parameters, position),
        };
        let inline =
            try_inline(steps, bytes, |allowance| evaluate(node_parameters, position, (session, tenant), allowance));
        let evaluated = match inline {
            Some(evaluated) => evaluated,
            None => {
                let (node_parameters, tenant) = (Arc::clone(node_parameters), Arc::clone(tenant));
                let work = move |session: &SessionOverlay, tenant: &Tenant, allowance: &mut Allowance<'_>| {
                    evaluate(&node_parameters, position, (session, tenant), allowance)
                };
                self.evaluate_in_slices(tenant, work).await?
            }
        };
        let Ok(answered) = evaluated else { return Err(Abort::host_byte_limit(self.limits.host_call_bytes).into()) };
        self.parameters.cache_result(position, &answered);
        let bytes = bytes_transferred(&answered);
        self.charge_result(answered, bytes)
    }

    async fn set(&mut self, name: String, value: Option<Value>) -> HostResult<()> {
        self.begin_call(HostFunction::ParametersSet, name.len() + value.as_ref().map_or(0, value::bytes))?;
        let declared = self.parameters.declared(&name);
        let Some(expected) =
            declared.filter(|parameter| parameter.kind == ParameterKind::EntityOut).map(|p| p.value_type)
        else {
            return Err(undeclared(&name).into());
        };
        let Some(entity) = self.parameters.entity_out(&name).map(str::to_owned) else { return Ok(Ok(())) };
        let written = self.write_entity(entity, value, expected).await?;
        Ok(written.map_err(|error| Error { parameter: Some(name), ..error }))
    }
}

/// Returns the bytes that a result transfers.
fn bytes_transferred(answered: &ParameterResult) -> usize {
    answered.as_ref().ok().and_then(Option::as_ref).map_or(0, value::bytes)
}

fn undeclared(name: &str) -> Abort {
    let name = first_characters(name, MAX_SHOWN_CHARACTERS);
    Abort::fault(
        ErrorCode::PluginContract,
        format!("the plugin used parameter {name:?} in a way that its manifest doesn't declare"),
    )
}
