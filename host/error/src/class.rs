//! The classes of codes, and the codes that a plugin may return.

use crate::ErrorCode;

/// The kind of result that a code belongs to.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeClass {
    /// The action or a rule rejected: port `error`, stored under the idempotency key.
    Refusal,
    /// The plugin failed, or it exceeded a limit: port `error`, not stored.
    Fault,
    /// The request was not carried out: nothing changed, nothing stored.
    Failure,
    /// A component was not loaded.
    Load,
    /// A finding in a manifest. An error refuses the component.
    Manifest,
    /// A flow was not run to its end.
    Run,
    /// An apply file was not applied.
    Apply,
    /// A diagnostic of a flow.
    Flow,
    /// A command for authors of actions could not be done, or has a negative result.
    Author,
    /// The HTTP service did not carry out a request.
    Service,
    /// Information beside an outcome.
    Warning,
}

/// Bytes of the longest code.
const MAX_CODE_BYTES: usize = 128;

/// Whether a plugin may return this code: a refusal of the host, or a code of the plugin's own, which contains a slash.
pub fn is_refusal_code(code: &str) -> bool {
    match ErrorCode::find(code) {
        Some(code) => code.class() == CodeClass::Refusal,
        None => code.contains('/') && is_well_formed_code(code),
    }
}

/// Whether the text has the form of a code: at most 128 bytes of lower-case letters, digits, dots and hyphens, and at
/// most one slash between two parts that are not empty.
pub fn is_well_formed_code(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_allowed);
    text.len() <= MAX_CODE_BYTES
        && text.split_once('/').map_or(is_part(text), |(prefix, code)| is_part(prefix) && is_part(code))
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
    fn a_code_has_one_form() {
        for code in ["contact-in-dnd", "acme/credit-too-low", "acme.v2/e-1", "x", &"x".repeat(128)] {
            assert!(is_well_formed_code(code), "{code}");
        }
        let long = "x".repeat(129);
        for other in
            ["", "/", "acme/", "/low", "a/b/c", "Acme/low", "acme/\u{1b}]0;x\u{7}", "acme/ñ", "a b", "a_b", &long]
        {
            assert!(!is_well_formed_code(other), "{other}");
        }
    }

    #[test]
    fn every_code_of_the_host_is_well_formed_and_has_no_slash() {
        for code in ErrorCode::ALL {
            assert!(is_well_formed_code(code.as_str()) && !code.as_str().contains('/'), "{code}");
        }
    }
}
