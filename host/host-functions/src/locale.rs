//! The tenant's time zone and phone region for expressions.

use chrono::{DateTime, NaiveDateTime, Utc};
use flowhost_domain::{Tenant, phone, schedule};
use flowhost_expression::Locale;

/// A [`Locale`] with a tenant's time zone and phone region.
pub(crate) struct TenantLocale<'t>(pub(crate) &'t Tenant);

impl Locale for TenantLocale<'_> {
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        schedule::to_local(self.0.time_zone, instant)
    }

    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        schedule::to_utc(self.0.time_zone, local)
    }

    fn phone(&self, text: &str) -> Result<String, String> {
        phone::normalise(text, Some(&self.0.phone_region)).map(|phone| phone.e164).map_err(|refusal| refusal.message)
    }
}
