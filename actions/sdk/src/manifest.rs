//! The manifest: the description of an action for the host, the form and the catalog, derived from its declarations.

use crate::error::Error;

/// The description of an action. [`action!`](crate::action) exports it as the component's `describe`.
#[derive(Debug, Clone, Copy)]
pub struct Manifest {
    /// The action's id in flows, in `kebab-case`: `campaign-dnd-validator`.
    pub id: &'static str,
    /// The action's version (semver). A change of parameters or ports requires a new major version.
    pub version: &'static str,
    /// The section of the palette.
    pub category: &'static str,
    /// The action's name for designers.
    pub title: LocalizedText,
    /// The effect of the action, in one or two sentences.
    pub description: LocalizedText,
    /// The name of the palette's icon.
    pub icon: &'static str,
    /// The parameters, as [`parameters!`](crate::parameters) lists them.
    pub parameters: &'static [Declaration],
    /// The ports that the action exits through if it succeeds, in the order of a node's wires. The SDK adds `error`
    /// after them.
    pub ports: &'static [Port],
    /// The error codes that the action itself defines. If the list is not empty, an error with another code that contains
    /// a slash ends the action with `plugin-contract`.
    pub errors: &'static [DeclaredError],
    /// The host functions that the action calls, as [`capabilities!`](crate::capabilities) lists them.
    pub uses: &'static [Capability],
}

/// A text in each language of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalizedText {
    /// English.
    pub en: &'static str,
    /// Spanish.
    pub es: &'static str,
}

/// An error code that an action defines.
///
/// ```
/// use flow_sdk::prelude::*;
///
/// const CREDIT_TOO_LOW: DeclaredError = DeclaredError::new("acme/credit-too-low")
///     .help("The credit is below 50. Use another campaign.", "El crédito es menor que 50. Use otra campaña.");
///
/// let error = CREDIT_TOO_LOW.error("the credit of 12 is below the minimum of 50").for_parameter("CREDIT_ENTITY");
/// assert_eq!(error.code, "acme/credit-too-low");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredError {
    pub(crate) code: &'static str,
    pub(crate) help: LocalizedText,
}

impl DeclaredError {
    /// An error code. It contains one slash: `acme/credit-too-low`.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self { code, help: LocalizedText { en: "", es: "" } }
    }

    /// Sets the help in English and Spanish: the cause, and how the designer can correct it.
    #[must_use]
    pub const fn help(self, en: &'static str, es: &'static str) -> Self {
        Self { help: LocalizedText { en, es }, ..self }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Returns an error with this code. The message is one sentence without a full stop.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::new(self.code, message)
    }
}

/// A value that the form offers for a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The value, in the form of a node's JSON.
    pub value: Literal,
    /// The explanation of the value.
    pub title: LocalizedText,
}

impl Example {
    /// An example with its explanation in English and Spanish.
    #[must_use]
    pub const fn new(value: Literal, en: &'static str, es: &'static str) -> Self {
        Self { value, title: LocalizedText { en, es } }
    }
}

/// A section of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The id, in `kebab-case`, unique in the action.
    pub id: &'static str,
    /// The heading.
    pub title: LocalizedText,
}

/// A port that an action exits through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port(&'static str);

/// The port of an action that has only one port besides `error`.
pub const NEXT: Port = Port("next");

impl Port {
    /// A port with this name, in `kebab-case`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name of the port.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// A host function that an action calls. [`capabilities!`](crate::capabilities) creates these values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The interface as in the contract: `flow:outbound/dnd`.
    pub(crate) interface: &'static str,
    /// The function as in Rust: `blocks_campaign`.
    pub(crate) function: &'static str,
}

impl Capability {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(interface: &'static str, function: &'static str) -> Self {
        Self { interface, function }
    }
}

/// A constant in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal {
    /// True or false.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A text.
    Text(&'static str),
    /// A list of texts.
    List(&'static [&'static str]),
}

/// A condition on another parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The parameter with this name has one of these values.
    Is(&'static str, &'static [&'static str]),
    /// The parameter with this name is given.
    Given(&'static str),
}

/// The description of a parameter in a manifest. The functions of [`Parameter`](crate::Parameter) set its fields.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) entity_type: Option<&'static str>,
    pub(crate) refers_to: Option<&'static str>,
    pub(crate) title: LocalizedText,
    pub(crate) help: LocalizedText,
    pub(crate) required: bool,
    pub(crate) default: Option<Literal>,
    pub(crate) placeholder: Option<LocalizedText>,
    pub(crate) examples: &'static [Example],
    pub(crate) group: Option<&'static Group>,
    pub(crate) required_when: Option<Condition>,
    pub(crate) shown_when: Option<Condition>,
    pub(crate) per_channel: Option<&'static [&'static str]>,
    pub(crate) choices: &'static [&'static str],
    pub(crate) on_error: Option<Literal>,
}

impl Declaration {
    pub(crate) const fn new(
        name: &'static str,
        kind: &'static str,
        entity_type: Option<&'static str>,
        refers_to: Option<&'static str>,
    ) -> Self {
        const EMPTY: LocalizedText = LocalizedText { en: "", es: "" };
        Self {
            name,
            kind,
            entity_type,
            refers_to,
            title: EMPTY,
            help: EMPTY,
            required: false,
            default: None,
            placeholder: None,
            examples: &[],
            group: None,
            required_when: None,
            shown_when: None,
            per_channel: None,
            choices: &[],
            on_error: None,
        }
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
