//! `flow:action/tenant`. Every round trip reads the configuration's version, so that the read set contains it.

use super::bindings::flow::action::tenant::Host;
use super::{HostFunction, HostState};

impl Host for HostState {
    fn time_zone(&mut self) -> wasmtime::Result<String> {
        self.begin_call(HostFunction::TenantTimeZone, 0)?;
        let name = self.configured_tenant()?.time_zone.name();
        self.charge_bytes(name.len())?;
        Ok(name.to_owned())
    }

    fn phone_region(&mut self) -> wasmtime::Result<String> {
        self.begin_call(HostFunction::TenantPhoneRegion, 0)?;
        let region = self.configured_tenant()?.phone_region.clone();
        self.charge_bytes(region.len())?;
        Ok(region)
    }

    fn channels(&mut self) -> wasmtime::Result<Vec<String>> {
        self.begin_call(HostFunction::TenantChannels, 0)?;
        let bytes = self.configured_tenant()?.channels.iter().map(|channel| channel.name.len()).sum();
        self.charge_bytes(bytes)?;
        Ok(self.configured_tenant()?.channels.iter().map(|channel| channel.name.clone()).collect())
    }
}
