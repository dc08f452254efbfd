//! Refusals and warnings of the domain rules.

use flowhost_error::ErrorCode;
use flowhost_error::text::quote;

/// The rejection of a request by a rule. A rejected request changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// One of the stable codes: `contact-not-found`, `schedule-invalid`, ...
    pub code: ErrorCode,
    /// One sentence without a full stop that names the input and suggests a fix.
    pub message: String,
    /// The argument or field that the rule rejected, as the contract spells it: `schedule`, `contact`, `locale`, ...
    pub argument: Option<&'static str>,
    /// Details for programs: (`contact`, an id), (`limit`, a number), ...
    pub details: Vec<(String, String)>,
}

impl Refusal {
    /// Creates a refusal that names no argument.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), argument: None, details: Vec::new() }
    }

    /// Sets the argument that the refusal names.
    #[must_use]
    pub fn about_argument(mut self, argument: &'static str) -> Self {
        self.argument = Some(argument);
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn with_detail(mut self, name: &str, value: impl Into<String>) -> Self {
        self.details.push((name.to_owned(), value.into()));
        self
    }

    // A missing object and an object of another tenant must give the same message. These constructors are the only
    // place that words it.

    /// Returns `tenant-not-found`.
    pub fn tenant_not_found(id: &str) -> Self {
        Self::new(
            ErrorCode::TenantNotFound,
            format!("there is no tenant {}; apply it first, or correct the session's tenant", quote(id)),
        )
    }

    /// Returns `contact-not-found`. `id` is the text as given, a UUID or not.
    pub fn contact_not_found(id: &str) -> Self {
        Self::new(
            ErrorCode::ContactNotFound,
            format!(
                "there is no contact {} in this tenant; take the id that a contact manager wrote into its entity",
                quote(id)
            ),
        )
        .about_argument("contact")
    }

    /// Returns `record-not-found`. `id` is the text as given, a UUID or not.
    pub fn record_not_found(id: &str) -> Self {
        Self::new(
            ErrorCode::RecordNotFound,
            format!("there is no record {} of this contact; use an id that an action returned for it", quote(id)),
        )
        .about_argument("id")
    }

    /// Returns `campaign-not-found`. `id` is the text as given, a UUID or not.
    pub fn campaign_not_found(id: &str) -> Self {
        Self::new(
            ErrorCode::CampaignNotFound,
            format!("there is no campaign {} in this tenant; pick one of its campaigns by id", quote(id)),
        )
        .about_argument("campaign")
    }

    /// Returns `category-not-found`: no campaign of the tenant has the category.
    pub fn category_not_found(category: &str) -> Self {
        Self::new(
            ErrorCode::CategoryNotFound,
            format!("no campaign of this tenant has the category {}; use one spelt as in a campaign", quote(category)),
        )
        .about_argument("category")
    }

    /// Returns `value-too-large`: `what` (a noun phrase) exceeds `limit`, counted in `unit`.
    pub(crate) fn too_large(what: &str, limit: usize, unit: &str) -> Self {
        Self::new(ErrorCode::ValueTooLarge, format!("{what} is longer than {limit} {unit}; shorten it"))
            .with_detail("limit", limit.to_string())
    }
}

/// A warning for the flow designer from a rule that accepted the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// One of the stable warning codes: `schedule-ignored`, ...
    pub code: ErrorCode,
    /// One sentence without a full stop.
    pub message: String,
    /// The argument that the warning is about, as in [`Refusal`].
    pub argument: Option<&'static str>,
}

impl Warning {
    /// Creates a warning about `argument`.
    pub fn new(code: ErrorCode, message: impl Into<String>, argument: &'static str) -> Self {
        Self { code, message: message.into(), argument: Some(argument) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_not_found_refusal_names_the_id() {
        let refusal = Refusal::contact_not_found("nobody");
        assert_eq!((refusal.code, refusal.argument), (ErrorCode::ContactNotFound, Some("contact")));
        assert!(refusal.message.contains("\"nobody\""));
    }
}
