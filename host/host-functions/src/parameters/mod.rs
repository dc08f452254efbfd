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
use super::{HostFunction, HostResult, HostState, json_text, unavailable_function, value};
use flowhost_domain::Tenant;
use flowhost_error::text::first_characters;
use flowhost_manifest::{ParameterKind, ValueType};
use flowhost_store::Transaction;
use std::sync::Arc;

/// Characters of a parameter's name that a message shows.
const MAX_SHOWN_CHARACTERS: usize = 128;

impl Host for HostState {
    async fn get(&mut self, name: String) -> HostResult<Option<Value>> {
        self.begin_call(HostFunction::ParametersGet, name.len())?;
        if let Some(answered) = self.evaluate_parameter(&name).await? {
            let bytes = bytes_transferred(&answered);
            return self.charge_result(answered, bytes);
        }
        let CachedResult::Evaluated(answered) = self.parameters.cached_result(&name) else {
            return Err(undeclared(&name).into());
        };
        let bytes = bytes_transferred(&answered);
        // The charge precedes the copy.
        self.run_log.check_bytes(bytes, self.limits.host_call_bytes)?;
        let answered = answered.into_owned();
        self.charge_result(answered, bytes)
    }

    async fn get_json(&mut self, name: String) -> HostResult<Option<String>> {
        self.begin_call(HostFunction::ParametersGetJson, name.len())?;
        self.evaluate_parameter(&name).await?;
        let bytes = self.bytes_left();
        let Self { parameters, steps, .. } = self;
        let CachedResult::Evaluated(answered) = parameters.cached_result(&name) else {
            return Err(undeclared(&name).into());
        };
        let value = match &*answered {
            Ok(Some(value)) => value,
            Ok(None) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error.clone())),
        };
        let text = match try_inline(steps, bytes, |allowance| json_text::write(value, allowance)) {
            Some(text) => text,
            None => {
                let value = value.clone();
                let tenant = Arc::clone(self.configured_tenant()?);
                self.evaluate_in_slices(tenant, move |_, _, allowance| json_text::write(&value, allowance)).await?
            }
        };
        let Ok(text) = text else { return Err(Abort::host_byte_limit(self.limits.host_call_bytes).into()) };
        let bytes = text.len();
        self.charge_result(Ok(Some(text)), bytes)
    }

    async fn set(&mut self, name: String, value: Option<Value>) -> HostResult<()> {
        self.begin_call(HostFunction::ParametersSet, name.len() + value.as_ref().map_or(0, value::bytes))?;
        let Some((entity, expected)) = self.entity_to_set(&name)? else { return Ok(Ok(())) };
        let written = self.write_entity(entity, value, expected).await?;
        Ok(written.map_err(|error| Error { parameter: Some(name), ..error }))
    }

    async fn set_json(&mut self, name: String, value: Option<String>) -> HostResult<()> {
        self.begin_call(HostFunction::ParametersSetJson, name.len() + value.as_ref().map_or(0, String::len))?;
        let Some((entity, expected)) = self.entity_to_set(&name)? else { return Ok(Ok(())) };
        let written = self.write_entity_from_json(entity, value, expected).await?;
        Ok(written.map_err(|error| Error { parameter: Some(name), ..error }))
    }
}

impl HostState {
    /// Evaluates a parameter at its first read and caches the result. `None`: it is cached already.
    async fn evaluate_parameter(&mut self, name: &str) -> wasmtime::Result<Option<ParameterResult>> {
        let bytes = self.bytes_left();
        let Self { parameters, session, transaction, steps, .. } = self;
        let Some((tenant, _)) = transaction.as_ref().and_then(Transaction::configured_tenant) else {
            return Err(unavailable_function().into());
        };
        let (node_parameters, position) = match parameters.cached_result(name) {
            CachedResult::Undeclared => return Err(undeclared(name).into()),
            CachedResult::Evaluated(_) => return Ok(None),
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
        Ok(Some(answered))
    }

    /// Returns the entity that the entity-out parameter `name` names, and its declared type. `None`: the parameter is
    /// not configured.
    fn entity_to_set(&self, name: &str) -> wasmtime::Result<Option<(String, Option<ValueType>)>> {
        let declared = self.parameters.declared(name);
        let Some(declared) = declared.filter(|parameter| parameter.kind == ParameterKind::EntityOut) else {
            return Err(undeclared(name).into());
        };
        let expected = declared.value_type;
        Ok(self.parameters.entity_out(name).map(|entity| (entity.to_owned(), expected)))
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
