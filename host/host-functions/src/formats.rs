//! `flow:action/formats`: dates and phone numbers in the tenant's zone and region.

use super::bindings::flow::action::formats::Host;
use super::bindings::flow::action::types::Timestamp;
use super::locale::TenantLocale;
use super::{HostFunction, HostResult, HostState, timestamp};
use flowhost_domain::{Refusal, phone};
use flowhost_error::ErrorCode;
use flowhost_expression::DateError;

impl Host for HostState {
    fn format_date(&mut self, at: Timestamp, pattern: String) -> HostResult<String> {
        self.begin_call(HostFunction::FormatsFormatDate, pattern.len())?;
        let at = timestamp::from_wit(at)
            .ok_or_else(|| DateError::Date("the timestamp is not in the years 1 to 9999".to_owned()));
        let locale = TenantLocale(self.configured_tenant()?);
        let text = at.and_then(|at| flowhost_expression::format_date(at, &pattern, &locale));
        let text = text.map_err(|error| invalid_argument("timestamp", error));
        self.finish_call(text, String::len)
    }

    fn parse_date(&mut self, text: String, pattern: String) -> HostResult<Timestamp> {
        self.begin_call(HostFunction::FormatsParseDate, text.len() + pattern.len())?;
        let locale = TenantLocale(self.configured_tenant()?);
        let at = flowhost_expression::parse_date(&text, &pattern, &locale).map(timestamp::to_wit);
        self.finish_call(at.map_err(|error| invalid_argument("text", error)), |_| size_of::<Timestamp>())
    }

    fn normalize_phone(&mut self, text: String) -> HostResult<String> {
        self.begin_call(HostFunction::FormatsNormalizePhone, text.len())?;
        let phone = phone::normalise(&text, Some(&self.configured_tenant()?.phone_region));
        let number = phone.map(|phone| phone.e164).map_err(|refusal| refusal.about_argument("text"));
        self.finish_call(number, String::len)
    }
}

/// Returns `parameter-invalid` for the pattern, or for the argument `date`.
fn invalid_argument(date: &'static str, error: DateError) -> Refusal {
    let (argument, message) = match error {
        DateError::Pattern(message) => ("pattern", message),
        DateError::Date(message) => (date, message),
    };
    Refusal::new(ErrorCode::ParameterInvalid, message).about_argument(argument)
}
