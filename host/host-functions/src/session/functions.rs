//! `flow:action/session`.

use super::SessionOverlay;
use crate::abort::Abort;
use crate::bindings::flow::action::session::Host;
use crate::bindings::flow::action::types::{Timestamp, Value};
use crate::evaluation::{Allowance, try_inline};
use crate::{HostFunction, HostResult, HostState, timestamp, value};
use flowhost_error::ErrorCode;
use flowhost_expression::Entities;
use rand_xoshiro::rand_core::Rng;
use std::sync::Arc;

/// Maximum number of random bytes of one call, which occupies its worker until it has generated them.
const MAX_RANDOM_BYTES: u32 = 64 << 10;

impl Host for HostState {
    fn id(&mut self) -> wasmtime::Result<String> {
        self.begin_call(HostFunction::SessionId, 0)?;
        self.charge_bytes(self.session.session.id.len())?;
        Ok(self.session.session.id.clone())
    }

    fn channel(&mut self) -> wasmtime::Result<String> {
        self.begin_call(HostFunction::SessionChannel, 0)?;
        self.charge_bytes(self.session.session.channel.len())?;
        Ok(self.session.session.channel.clone())
    }

    fn user(&mut self) -> wasmtime::Result<String> {
        self.begin_call(HostFunction::SessionUser, 0)?;
        self.charge_bytes(self.session.session.user.len())?;
        Ok(self.session.session.user.clone())
    }

    fn node(&mut self) -> wasmtime::Result<Option<String>> {
        self.begin_call(HostFunction::SessionNode, 0)?;
        self.charge_bytes(self.session.session.node.as_ref().map_or(0, String::len))?;
        Ok(self.session.session.node.clone())
    }

    fn visit(&mut self) -> wasmtime::Result<Option<u32>> {
        self.begin_call(HostFunction::SessionVisit, 0)?;
        Ok(self.session.session.visit.map(|visit| u32::try_from(visit).unwrap_or(u32::MAX)))
    }

    fn depth(&mut self) -> wasmtime::Result<u32> {
        self.begin_call(HostFunction::SessionDepth, 0)?;
        Ok(self.session.session.depth)
    }

    fn now(&mut self) -> wasmtime::Result<Timestamp> {
        self.begin_call(HostFunction::SessionNow, 0)?;
        Ok(timestamp::to_wit(self.session.now))
    }

    fn random_bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.begin_call(HostFunction::SessionRandomBytes, 0)?;
        if count > MAX_RANDOM_BYTES {
            let message =
                format!("the plugin asked for {count} random bytes at once; at most {MAX_RANDOM_BYTES} are allowed");
            return Err(Abort::fault(ErrorCode::LimitHostBytes, message).into());
        }
        let count = usize::try_from(count).unwrap_or_default();
        self.charge_bytes(count)?;
        let mut bytes = vec![0; count];
        self.session.random.fill_bytes(&mut bytes);
        Ok(bytes)
    }

    fn entities(&mut self) -> wasmtime::Result<Vec<String>> {
        self.begin_call(HostFunction::SessionEntities, 0)?;
        self.charge_bytes(self.session.names().map(str::len).sum())?;
        let mut names: Vec<_> = self.session.names().map(str::to_owned).collect();
        names.sort_unstable();
        Ok(names)
    }

    async fn get_entity(&mut self, name: String) -> wasmtime::Result<Option<Value>> {
        self.begin_call(HostFunction::SessionGetEntity, name.len())?;
        let bytes = self.bytes_left();
        let convert = |session: &SessionOverlay, name: &str, allowance: &mut Allowance<'_>| {
            session.entity(name).map(|value| value::from_json(value, allowance)).transpose()
        };
        let Self { session, steps, .. } = self;
        let value = match try_inline(steps, bytes, |allowance| convert(session, &name, allowance)) {
            Some(value) => value,
            None => {
                let tenant = Arc::clone(self.configured_tenant()?);
                self.evaluate_in_slices(tenant, move |session, _, allowance| convert(session, &name, allowance)).await?
            }
        };
        let Ok(value) = value else { return Err(Abort::host_byte_limit(self.limits.host_call_bytes).into()) };
        self.charge_bytes(value.as_ref().map_or(0, value::bytes))?;
        Ok(value)
    }

    async fn set_entity(&mut self, name: String, value: Option<Value>) -> HostResult<()> {
        self.begin_call(HostFunction::SessionSetEntity, name.len() + value.as_ref().map_or(0, value::bytes))?;
        self.write_entity(name, value, None).await
    }
}
