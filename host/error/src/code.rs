//! The codes of the host. Programs and saved flows branch on them: new codes may be added, no code changes its meaning.

use serde::{Serialize, Serializer};
use std::fmt;

use crate::{CodeClass, code_english, code_spanish};

/// A language of titles and fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

/// The texts of a code in one language.
pub(crate) struct CodeText {
    pub(crate) title: &'static str,
    pub(crate) fix: &'static str,
}

/// Declares the function `text` of one language from one row for each code.
macro_rules! code_texts {
    ($language:ident { $($code:path => $text:expr,)+ }) => {
        #[doc = concat!("The title and the fix of a code in ", stringify!($language), ".")]
        pub(crate) const fn text(code: ErrorCode) -> CodeText {
            match code { $($code => $text,)+ }
        }
    };
}

pub(crate) use code_texts;

/// Declares [`ErrorCode`] from one row for each code: variant, text, class.
macro_rules! error_codes {
    ($($variant:ident, $code:literal, $class:ident;)+) => {
        /// A stable code of the host, such as `contact-not-found`.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $code, "`")] $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as programs, flows and logs contain it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The class of the code.
            pub const fn class(self) -> CodeClass {
                match self { $(Self::$variant => CodeClass::$class,)+ }
            }
        }
    };
}

error_codes! {
    ParameterMissing, "parameter-missing", Refusal;
    ParameterInvalid, "parameter-invalid", Refusal;
    ExpressionSyntax, "expression-syntax", Refusal;
    ExpressionType, "expression-type", Refusal;
    ExpressionFailed, "expression-failed", Refusal;
    ExpressionTooLarge, "expression-too-large", Refusal;
    EntityNotSet, "entity-not-set", Refusal;
    EntityType, "entity-type", Refusal;
    TenantNotFound, "tenant-not-found", Refusal;
    CampaignNotFound, "campaign-not-found", Refusal;
    CategoryNotFound, "category-not-found", Refusal;
    ContactNotFound, "contact-not-found", Refusal;
    RecordNotFound, "record-not-found", Refusal;
    ChannelNotEnabled, "channel-not-enabled", Refusal;
    ChannelCannotSend, "channel-cannot-send", Refusal;
    ChannelNotConfigured, "channel-not-configured", Refusal;
    CampaignTypeChannel, "campaign-type-channel", Refusal;
    PhoneInvalid, "phone-invalid", Refusal;
    IdentifierInvalid, "identifier-invalid", Refusal;
    AmbiguousContact, "ambiguous-contact", Refusal;
    ValueTooLarge, "value-too-large", Refusal;
    LimitValueSize, "limit-value-size", Refusal;
    LimitEntities, "limit-entities", Refusal;
    ScheduleInvalid, "schedule-invalid", Refusal;
    ScheduleInThePast, "schedule-in-the-past", Refusal;
    ScheduleOutOfRange, "schedule-out-of-range", Refusal;
    CampaignExpired, "campaign-expired", Refusal;
    CampaignEnded, "campaign-ended", Refusal;
    ContactInDnd, "contact-in-dnd", Refusal;
    InternalDepth, "internal-depth", Refusal;
    PluginTrap, "plugin-trap", Fault;
    PluginContract, "plugin-contract", Fault;
    LimitMemory, "limit-memory", Fault;
    LimitCpu, "limit-cpu", Fault;
    LimitDeadline, "limit-deadline", Fault;
    LimitHostCalls, "limit-host-calls", Fault;
    LimitHostBytes, "limit-host-bytes", Fault;
    LimitStack, "limit-stack", Fault;
    LimitTables, "limit-tables", Fault;
    ActionNotFound, "action-not-found", Failure;
    RequestInvalid, "request-invalid", Failure;
    RequestTooLarge, "request-too-large", Failure;
    SessionInvalid, "session-invalid", Failure;
    KeyReused, "key-reused", Failure;
    StoreUnavailable, "store-unavailable", Failure;
    StoreConflict, "store-conflict", Failure;
    Overloaded, "overloaded", Failure;
    StoreReadOnly, "store-read-only", Failure;
    StoreFull, "store-full", Failure;
    StoreNewer, "store-newer", Failure;
    Quota, "quota", Failure;
    ComponentInvalid, "component-invalid", Load;
    ComponentContract, "component-contract", Load;
    ActionReserved, "action-reserved", Load;
    ActionDuplicate, "action-duplicate", Load;
    LimitComponentSize, "limit-component-size", Load;
    LimitCompileTime, "limit-compile-time", Load;
    ManifestSchema, "manifest-schema", Manifest;
    ManifestUnknownField, "manifest-unknown-field", Manifest;
    ManifestDuplicate, "manifest-duplicate", Manifest;
    ManifestDefault, "manifest-default", Manifest;
    ManifestReference, "manifest-reference", Manifest;
    ManifestText, "manifest-text", Manifest;
    ManifestUses, "manifest-uses", Manifest;
    ManifestUnused, "manifest-unused", Manifest;
    ManifestMigration, "manifest-migration", Manifest;
    LimitSteps, "limit-steps", Run;
    ApplyInvalid, "apply-invalid", Apply;
    NodeUnknown, "node-unknown", Flow;
    PortFanOut, "port-fan-out", Flow;
    PortUnknown, "port-unknown", Flow;
    StartAmbiguous, "start-ambiguous", Flow;
    PortUnwired, "port-unwired", Flow;
    CaseInvalid, "case-invalid", Author;
    CaseNone, "case-none", Author;
    Coverage, "coverage", Author;
    NameInvalid, "name-invalid", Author;
    NameReserved, "name-reserved", Author;
    NameTaken, "name-taken", Author;
    ProjectInvalid, "project-invalid", Author;
    BuildFailed, "build-failed", Author;
    Unauthenticated, "unauthenticated", Service;
    Forbidden, "forbidden", Service;
    TenantRequired, "tenant-required", Service;
    NotFound, "not-found", Service;
    KeyNotFound, "key-not-found", Service;
    MethodNotAllowed, "method-not-allowed", Service;
    MediaTypeUnsupported, "media-type-unsupported", Service;
    RequestTimeout, "request-timeout", Service;
    FlowInvalid, "flow-invalid", Service;
    RateLimited, "rate-limited", Service;
    StoreUnsupported, "store-unsupported", Failure;
    ServiceTimeout, "service-timeout", Service;
    Internal, "internal", Service;
    RecordExists, "record-exists", Author;
    RecordFailed, "record-failed", Author;
    RecordTooLarge, "record-too-large", Author;
    RedactionDiverges, "redaction-diverges", Author;
    RecordingInvalid, "recording-invalid", Author;
    RecordingDamaged, "recording-damaged", Author;
    RecordingVersion, "recording-version", Author;
    RecordingComponent, "recording-component", Author;
    RecordingNone, "recording-none", Author;
    MigrationMissing, "migration-missing", Author;
    MigrationFailed, "migration-failed", Author;
    MigrationLeftOver, "migration-left-over", Author;
    MigrationPortLost, "migration-port-lost", Author;
    ParameterUnknown, "parameter-unknown", Warning;
    ScheduleIgnored, "schedule-ignored", Warning;
    ScheduleWaits, "schedule-waits", Warning;
    CategoryStillBlocks, "category-still-blocks", Warning;
    MultipleReady, "multiple-ready", Warning;
    RecordsTruncated, "records-truncated", Warning;
    PhoneUnusual, "phone-unusual", Warning;
}

impl ErrorCode {
    /// The code with this text. `None`: the text is not a code of the host.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// Returns the error in a few words without a full stop.
    pub const fn title(self, language: Language) -> &'static str {
        self.text(language).title
    }

    /// How a flow designer fixes it: one sentence without a full stop.
    pub const fn fix(self, language: Language) -> &'static str {
        self.text(language).fix
    }

    const fn text(self, language: Language) -> CodeText {
        match language {
            Language::English => code_english::text(self),
            Language::Spanish => code_spanish::text(self),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Serializes the code as its text.
impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_by_its_text() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::find(code.as_str()), Some(*code));
            assert_eq!(code.to_string(), code.as_str());
            assert_eq!(serde_json::json!(code), code.as_str());
        }
        for other in ["", "contact", "Contact-not-found", "acme/credit-too-low"] {
            assert_eq!(ErrorCode::find(other), None, "{other}");
        }
    }

    #[test]
    fn a_code_equals_its_text() {
        assert!(ErrorCode::ContactInDnd == "contact-in-dnd" && ErrorCode::ContactInDnd == *"contact-in-dnd");
        assert!(ErrorCode::ContactInDnd != "contact-not-found");
    }

    /// Tables, terminals and editors show the texts between other texts.
    #[test]
    fn every_text_is_a_short_phrase() {
        for code in ErrorCode::ALL {
            for language in [Language::English, Language::Spanish] {
                for text in [code.title(language), code.fix(language)] {
                    let words = text.split_whitespace().count();
                    assert!((2..=25).contains(&words), "{code}: {text}");
                    assert!(
                        !text.contains(|character| crate::text::is_unsafe(character) || character == '|'),
                        "{code}"
                    );
                    assert!(text == text.trim() && !text.ends_with('.') && !text.contains("  "), "{code}: {text}");
                    assert!(text.starts_with(char::is_lowercase), "{code}: {text}");
                }
            }
        }
    }

    #[test]
    fn no_two_codes_share_a_title() {
        for language in [Language::English, Language::Spanish] {
            for (index, code) in ErrorCode::ALL.iter().enumerate() {
                let mut others = ErrorCode::ALL.iter().skip(index + 1);
                assert!(!others.any(|other| other.title(language) == code.title(language)), "{code}");
            }
        }
    }
}
