//! The configuration of the session's tenant. Each function is a capability.

use crate::imports::tenant;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:action/tenant";

/// Returns the tenant's IANA time zone: `America/Santiago`.
#[must_use]
pub fn time_zone() -> String {
    tenant::time_zone()
}

/// Returns the tenant's default phone region, as an ISO 3166-1 alpha-2 code: `CL`.
#[must_use]
pub fn phone_region() -> String {
    tenant::phone_region()
}

/// Returns the channels that the tenant has enabled, in the order of its configuration.
#[must_use]
pub fn channels() -> Vec<String> {
    tenant::channels()
}
