//! The registry of codes. Programs and saved diagrams branch on them: new ones may be added, none changes its meaning.

use flowhost_error::is_well_formed_code;

/// The class of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeClass {
    /// The action or a rule said no: port `error`, kept under the key.
    Refusal,
    /// The plugin, or a bound it met: port `error`, not kept.
    Fault,
    /// The request was not carried out: nothing changed, nothing kept.
    Failure,
    /// A component was not loaded.
    Load,
    /// A diagram was not run to its end.
    Run,
    /// A file of tenants and campaigns was not applied.
    Apply,
    /// A finding about a flow.
    Flow,
    /// Something to know beside an outcome.
    Warning,
}

/// Every code, with its class and when it is given.
pub const CODES: &[(&str, CodeClass, &str)] = &[
    ("parameter-missing", CodeClass::Refusal, "a required parameter is absent"),
    ("parameter-invalid", CodeClass::Refusal, "a value is not of its parameter's kind"),
    ("expression-syntax", CodeClass::Refusal, "an expression does not parse"),
    ("expression-type", CodeClass::Refusal, "an expression yields another type than is due"),
    ("expression-failed", CodeClass::Refusal, "an expression fails when it is evaluated"),
    ("expression-too-large", CodeClass::Refusal, "an expression exceeds a bound"),
    ("entity-not-set", CodeClass::Refusal, "an entity that is read has no value"),
    ("entity-type", CodeClass::Refusal, "an entity has a value of another type"),
    ("tenant-not-found", CodeClass::Refusal, "the session's tenant does not exist; not kept"),
    ("campaign-not-found", CodeClass::Refusal, "the session's tenant has no such campaign"),
    ("category-not-found", CodeClass::Refusal, "no campaign of the session's tenant has this category"),
    ("contact-not-found", CodeClass::Refusal, "the session's tenant has no such contact"),
    ("channel-not-enabled", CodeClass::Refusal, "the tenant has not enabled the channel"),
    ("channel-cannot-send", CodeClass::Refusal, "the contact's channel can't be sent to unasked"),
    ("channel-not-configured", CodeClass::Refusal, "nothing to send is configured for the contact's channel"),
    ("campaign-type-channel", CodeClass::Refusal, "the campaign's type doesn't go with the channel"),
    ("phone-invalid", CodeClass::Refusal, "no possible phone number"),
    ("identifier-invalid", CodeClass::Refusal, "no possible identifier in the channel"),
    ("ambiguous-contact", CodeClass::Refusal, "the addresses belong to several contacts"),
    ("value-too-large", CodeClass::Refusal, "a name, identifier, message or data is beyond its bound"),
    ("limit-value-size", CodeClass::Refusal, "a value written is too large"),
    ("limit-entities", CodeClass::Refusal, "too many entities are written, or one with a name too long"),
    ("schedule-invalid", CodeClass::Refusal, "no date and time"),
    ("schedule-in-the-past", CodeClass::Refusal, "the moment has passed"),
    ("schedule-out-of-range", CodeClass::Refusal, "the moment is beyond the campaign's end or validity"),
    ("campaign-expired", CodeClass::Refusal, "the campaign's validity has passed"),
    ("campaign-ended", CodeClass::Refusal, "the campaign has ended"),
    ("contact-in-dnd", CodeClass::Refusal, "the contact is on a do-not-disturb list"),
    ("internal-depth", CodeClass::Refusal, "sessions begun by records begin records too deep"),
    ("plugin-trap", CodeClass::Fault, "the plugin stopped with an error of its own"),
    ("plugin-contract", CodeClass::Fault, "the plugin broke the contract"),
    ("limit-memory", CodeClass::Fault, "too much memory"),
    ("limit-cpu", CodeClass::Fault, "it computed for too long"),
    ("limit-deadline", CodeClass::Fault, "it took too long"),
    ("limit-host-calls", CodeClass::Fault, "too many host calls"),
    ("limit-host-bytes", CodeClass::Fault, "too many bytes through host calls"),
    ("limit-stack", CodeClass::Fault, "too deep a recursion"),
    ("limit-tables", CodeClass::Fault, "too many or too large tables or instances"),
    ("action-not-found", CodeClass::Failure, "no such action or version"),
    ("request-invalid", CodeClass::Failure, "the request is malformed"),
    ("request-too-large", CodeClass::Failure, "session and parameters are too large"),
    ("session-invalid", CodeClass::Failure, "the session is malformed"),
    ("key-reused", CodeClass::Failure, "the key was used for something else"),
    ("store-unavailable", CodeClass::Failure, "the store can't be reached (retryable) or can't be used"),
    ("store-conflict", CodeClass::Failure, "others kept changing what was read; retryable"),
    ("overloaded", CodeClass::Failure, "too much at once; retryable"),
    ("store-read-only", CodeClass::Failure, "the store can't be written"),
    ("store-full", CodeClass::Failure, "the store's disk or quota is full"),
    ("store-newer", CodeClass::Failure, "a newer release wrote the store"),
    ("quota", CodeClass::Failure, "the tenant would have too many campaigns (`apply`) or bytes stored"),
    ("component-invalid", CodeClass::Load, "no component, or cut short"),
    ("component-contract", CodeClass::Load, "another world, or it wants what this host lacks"),
    ("action-reserved", CodeClass::Load, "the id is a shipped action's, or a node's that is not an action"),
    ("action-duplicate", CodeClass::Load, "another file has the same id and version"),
    ("limit-component-size", CodeClass::Load, "the component is too large"),
    ("limit-compile-time", CodeClass::Load, "the component is too slow to compile"),
    ("limit-steps", CodeClass::Run, "the diagram took too many steps"),
    ("apply-invalid", CodeClass::Apply, "a field is wrong"),
    ("node-unknown", CodeClass::Flow, "a node of a type that this host doesn't know, or a wire to no node"),
    ("port-fan-out", CodeClass::Flow, "a port is wired to several nodes"),
    ("port-unknown", CodeClass::Flow, "a wire leaves from a port that the action doesn't have"),
    ("start-ambiguous", CodeClass::Flow, "no start, or several"),
    ("port-unwired", CodeClass::Flow, "a port is wired to nothing: the flow ends there"),
    ("parameter-unknown", CodeClass::Warning, "the action has no such parameter; it is kept"),
    ("schedule-ignored", CodeClass::Warning, "a Manual campaign takes no schedule"),
    ("schedule-waits", CodeClass::Warning, "the record waits for the campaign's start"),
    ("category-still-blocks", CodeClass::Warning, "the category's list still holds the contact"),
    ("multiple-ready", CodeClass::Warning, "several Ready records; the newest was updated"),
    ("records-truncated", CodeClass::Warning, "more records than are listed"),
    ("phone-unusual", CodeClass::Warning, "a possible phone number, but not one known to be valid"),
];

/// The class of a code; `None`: it isn't one of the host's.
pub fn class(code: &str) -> Option<CodeClass> {
    CODES.iter().find(|(known, _, _)| *known == code).map(|(_, class, _)| *class)
}

/// Whether a plugin may end with this code: a refusal of the host's, or one of its own, which holds a slash.
pub(crate) fn is_refusal_code(code: &str) -> bool {
    match class(code) {
        Some(class) => class == CodeClass::Refusal,
        None => code.contains('/') && is_well_formed_code(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_refuses_with_known_codes_or_its_own() {
        assert!(is_refusal_code("contact-in-dnd"));
        assert!(is_refusal_code("acme/credit-too-low"));
        assert!(!is_refusal_code("credit-too-low"));
        assert!(!is_refusal_code("plugin-trap"));
        assert!(!is_refusal_code("acme/\u{1b}]0;title\u{7}"));
        assert!(!is_refusal_code("acme/credit/low"));
    }

    #[test]
    fn every_code_is_unique() {
        for (index, (code, _, _)) in CODES.iter().enumerate() {
            assert!(!CODES.iter().take(index).any(|(other, _, _)| other == code), "{code}");
        }
    }
}
