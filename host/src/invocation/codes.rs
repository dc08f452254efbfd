//! The registry of codes. Programs and saved diagrams branch on them: new ones may be added, none changes its meaning.

use crate::domain::refusal::is_code;

/// What a code belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
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
pub const CODES: &[(&str, Class, &str)] = &[
    ("parameter-missing", Class::Refusal, "a required parameter is absent"),
    ("parameter-invalid", Class::Refusal, "a value is not of its parameter's kind"),
    ("expression-syntax", Class::Refusal, "an expression does not parse"),
    ("expression-type", Class::Refusal, "an expression yields another type than is due"),
    ("expression-failed", Class::Refusal, "an expression fails when it is evaluated"),
    ("expression-too-large", Class::Refusal, "an expression exceeds a bound"),
    ("entity-not-set", Class::Refusal, "an entity that is read has no value"),
    ("entity-type", Class::Refusal, "an entity has a value of another type"),
    ("tenant-not-found", Class::Refusal, "the session's tenant does not exist; not kept"),
    ("campaign-not-found", Class::Refusal, "the session's tenant has no such campaign"),
    ("category-not-found", Class::Refusal, "no campaign of the session's tenant has this category"),
    ("contact-not-found", Class::Refusal, "the session's tenant has no such contact"),
    ("channel-not-enabled", Class::Refusal, "the tenant has not enabled the channel"),
    ("channel-cannot-send", Class::Refusal, "the contact's channel can't be sent to unasked"),
    ("channel-not-configured", Class::Refusal, "nothing to send is configured for the contact's channel"),
    ("campaign-type-channel", Class::Refusal, "the campaign's type doesn't go with the channel"),
    ("phone-invalid", Class::Refusal, "no possible phone number"),
    ("identifier-invalid", Class::Refusal, "no possible identifier in the channel"),
    ("ambiguous-contact", Class::Refusal, "the addresses belong to several contacts"),
    ("value-too-large", Class::Refusal, "a name, identifier, message or data is beyond its bound"),
    ("limit-value-size", Class::Refusal, "a value written is too large"),
    ("limit-entities", Class::Refusal, "too many entities are written, or one with a name too long"),
    ("schedule-invalid", Class::Refusal, "no date and time"),
    ("schedule-in-the-past", Class::Refusal, "the moment has passed"),
    ("schedule-out-of-range", Class::Refusal, "the moment is beyond the campaign's end or validity"),
    ("campaign-expired", Class::Refusal, "the campaign's validity has passed"),
    ("campaign-ended", Class::Refusal, "the campaign has ended"),
    ("contact-in-dnd", Class::Refusal, "the contact is on a do-not-disturb list"),
    ("internal-depth", Class::Refusal, "sessions begun by records begin records too deep"),
    ("plugin-trap", Class::Fault, "the plugin stopped with an error of its own"),
    ("plugin-contract", Class::Fault, "the plugin broke the contract"),
    ("limit-memory", Class::Fault, "too much memory"),
    ("limit-cpu", Class::Fault, "it computed for too long"),
    ("limit-deadline", Class::Fault, "it took too long"),
    ("limit-host-calls", Class::Fault, "too many host calls"),
    ("limit-host-bytes", Class::Fault, "too many bytes through host calls"),
    ("limit-stack", Class::Fault, "too deep a recursion"),
    ("limit-tables", Class::Fault, "too many or too large tables or instances"),
    ("action-not-found", Class::Failure, "no such action or version"),
    ("request-invalid", Class::Failure, "the request is malformed"),
    ("request-too-large", Class::Failure, "session and parameters are too large"),
    ("session-invalid", Class::Failure, "the session is malformed"),
    ("key-reused", Class::Failure, "the key was used for something else"),
    ("store-unavailable", Class::Failure, "the store can't be reached (retryable) or can't be used"),
    ("store-conflict", Class::Failure, "others kept changing what was read; retryable"),
    ("overloaded", Class::Failure, "too much at once; retryable"),
    ("store-read-only", Class::Failure, "the store can't be written"),
    ("store-full", Class::Failure, "the store's disk or quota is full"),
    ("store-newer", Class::Failure, "a newer release wrote the store"),
    ("quota", Class::Failure, "the tenant would have too many campaigns (`apply`) or bytes stored"),
    ("component-invalid", Class::Load, "no component, or cut short"),
    ("component-contract", Class::Load, "another world, or it wants what this host lacks"),
    ("action-reserved", Class::Load, "the id is a shipped action's, or a node's that is not an action"),
    ("action-duplicate", Class::Load, "another file has the same id and version"),
    ("limit-component-size", Class::Load, "the component is too large"),
    ("limit-compile-time", Class::Load, "the component is too slow to compile"),
    ("limit-steps", Class::Run, "the diagram took too many steps"),
    ("apply-invalid", Class::Apply, "a field is wrong"),
    ("node-unknown", Class::Flow, "a node of a type that this host doesn't know, or a wire to no node"),
    ("port-fan-out", Class::Flow, "a port is wired to several nodes"),
    ("port-unknown", Class::Flow, "a wire leaves from a port that the action doesn't have"),
    ("start-ambiguous", Class::Flow, "no start, or several"),
    ("port-unwired", Class::Flow, "a port is wired to nothing: the flow ends there"),
    ("parameter-unknown", Class::Warning, "the action has no such parameter; it is kept"),
    ("schedule-ignored", Class::Warning, "a Manual campaign takes no schedule"),
    ("schedule-waits", Class::Warning, "the record waits for the campaign's start"),
    ("category-still-blocks", Class::Warning, "the category's list still holds the contact"),
    ("multiple-ready", Class::Warning, "several Ready records; the newest was updated"),
    ("records-truncated", Class::Warning, "more records than are listed"),
    ("phone-unusual", Class::Warning, "a possible phone number, but not one known to be valid"),
];

/// The class of a code; `None`: it isn't one of the host's.
pub fn class(code: &str) -> Option<Class> {
    CODES.iter().find(|(known, _, _)| *known == code).map(|(_, class, _)| *class)
}

/// Whether a plugin may end with this code: a refusal of the host's, or one of its own, which holds a slash.
pub(crate) fn may_refuse_with(code: &str) -> bool {
    match class(code) {
        Some(class) => class == Class::Refusal,
        None => code.contains('/') && is_code(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_refuses_with_known_codes_or_its_own() {
        assert!(may_refuse_with("contact-in-dnd"));
        assert!(may_refuse_with("acme/credit-too-low"));
        assert!(!may_refuse_with("credit-too-low"));
        assert!(!may_refuse_with("plugin-trap"));
        assert!(!may_refuse_with("acme/\u{1b}]0;title\u{7}"));
        assert!(!may_refuse_with("acme/credit/low"));
    }

    #[test]
    fn no_code_stands_twice() {
        for (index, (code, _, _)) in CODES.iter().enumerate() {
            assert!(!CODES.iter().take(index).any(|(other, _, _)| other == code), "{code}");
        }
    }
}
