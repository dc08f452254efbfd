//! Dates and phone numbers in the tenant's time zone and phone region. Each function is a capability.

use crate::bindings::flow::action::types::Timestamp;
use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::imports::formats;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:action/formats";

/// Formats a time in the tenant's zone with a pattern such as `dd/MM/yyyy HH:mm:ss`.
///
/// # Errors
/// `parameter-invalid`: the pattern, or a time outside the years 1 to 9999.
pub fn format_date(timestamp: Timestamp, pattern: &str) -> Result<String, Error> {
    formats::format_date(timestamp, pattern)
}

/// Parses a date in the tenant's zone. The pattern contains day, month and year.
///
/// # Errors
/// `parameter-invalid`: the pattern, or a text that is not a date of this form.
pub fn parse_date(text: &FromParameter<String>, pattern: &str) -> Result<Timestamp, Error> {
    formats::parse_date(text, pattern).map_err(|error| error.map_arguments(&[("text", text.parameter())]))
}

/// Returns a phone number in E.164 form. A number without a country code belongs to the tenant's phone region.
///
/// # Errors
/// `phone-invalid`, `value-too-large`.
pub fn normalize_phone(text: &FromParameter<String>) -> Result<String, Error> {
    formats::normalize_phone(text).map_err(|error| error.map_arguments(&[("text", text.parameter())]))
}
