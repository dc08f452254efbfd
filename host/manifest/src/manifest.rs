//! The manifest of an action, which also defines the form that a designer fills in.

use crate::migration::Migration;
use semver::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A manifest, version 1 of its format. Unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// The format's version: 1.
    pub manifest: u32,
    /// The id in `kebab-case`, which is the type of a flow's nodes.
    pub id: String,
    /// Semantic version. An incompatible change of parameters or ports needs a new major version.
    pub version: Version,
    /// The category in the designer's palette.
    pub category: String,
    /// The title in the palette and on the node.
    pub title: Localized,
    /// The description for the designer.
    pub description: Localized,
    /// The name of an icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The parameters, in the form's order.
    pub parameters: Vec<Parameter>,
    /// The sections of the form, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// The outcome ports in the order of a node's wires; the last one is `error`.
    pub ports: Vec<String>,
    /// The languages of its texts.
    pub locales: Vec<String>,
    /// The error codes that the action itself defines. `None`: any code with a slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<DeclaredError>>,
    /// How a saved node of an older major version becomes a node of the next one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub migrations: Vec<Migration>,
    /// The functions that the action may call in addition to parameters and log. An entry is a function,
    /// `flow:outbound/dnd#blocks-campaign`, or a whole interface, `flow:outbound/dnd`.
    #[serde(default)]
    pub uses: Vec<String>,
}

/// A text by language: `en`, `es`, ...
pub type Localized = BTreeMap<String, String>;

/// An error code that an action defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredError {
    /// The code, with one slash: `acme/points-negative`.
    pub code: String,
    /// The cause of the error, and how the designer can correct it.
    pub help: Localized,
}

/// A section of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The id that parameters refer to.
    pub id: String,
    /// The section's heading.
    pub title: Localized,
}

/// One parameter of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Parameter {
    /// The name in `SCREAMING_SNAKE_CASE`. It contains `<CHANNEL>` once if the parameter repeats per channel.
    pub name: String,
    /// The field's label.
    pub title: Localized,
    /// The help text of the field.
    pub help: Localized,
    /// The kind, which determines the form's field and the value that the action gets.
    pub kind: ParameterKind,
    /// The type of an entity-in or entity-out; `None`: any.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub value_type: Option<ValueType>,
    /// The type of object whose id the value is: `contact`, `campaign`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<String>,
    /// Whether it must be configured.
    #[serde(default)]
    pub required: bool,
    /// The value if it is not configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// An example that the form shows in the empty control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<Localized>,
    /// Values that the form offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// The section of the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The condition under which it must be configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_when: Option<Condition>,
    /// The condition under which the form shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_when: Option<Condition>,
    /// Makes it repeat for each of the tenant's channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_channel: Option<PerChannel>,
    /// The permitted values of a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The value of an entity-out on the port `error`; `None`: the entity is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<serde_json::Value>,
}

/// A value that the form offers for a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The value, in the form of a node's JSON.
    pub value: serde_json::Value,
    /// The explanation of the value.
    pub title: Localized,
}

/// The kind of a parameter: the input of the designer and the value for the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ParameterKind {
    /// An expression or template that yields text.
    TextExpression,
    /// An expression that yields a boolean, or JSON `true`/`false`.
    BooleanExpression,
    /// An expression that yields an integer, or a JSON integer.
    IntegerExpression,
    /// An expression that yields a number, or a JSON number.
    NumberExpression,
    /// YES / NO / SI / SÍ, `true` / `false`.
    Boolean,
    /// The name of a session entity to read.
    EntityIn,
    /// The name of a session entity to write.
    EntityOut,
    /// Names of entities whose current values are captured.
    EntityList,
    /// An ordered list of text expressions.
    ExpressionList,
    /// A campaign's id.
    Campaign,
    /// A campaign category.
    Category,
    /// One of the tenant's channels.
    Channel,
    /// One of a fixed set.
    Choice,
    /// Literal text.
    Text,
}

/// The type of an entity's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ValueType {
    /// `true` or `false`.
    Boolean,
    /// 64 bits, signed.
    Integer,
    /// A finite number with a point.
    Number,
    /// Unicode text.
    Text,
    /// A list or a map.
    Json,
}

impl ValueType {
    /// Returns whether a JSON value is of this type.
    pub fn matches(self, value: &serde_json::Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64(),
            Self::Number => value.is_f64(),
            Self::Text => value.is_string(),
            Self::Json => value.is_array() || value.is_object(),
        }
    }

    /// Returns the designers' name of the type, with an article.
    pub fn designer_name(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Json => "a list or a map",
        }
    }
}

/// A condition on another parameter: it has one of some values, or is given at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Another parameter of the same action.
    pub parameter: String,
    /// The values, as the form shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<String>,
    /// Whether the condition holds for any value of the other parameter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given: bool,
}

/// The channels for which a parameter repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerChannel {
    /// Excepted channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// The port for refusals and faults.
pub const ERROR_PORT: &str = "error";

/// The placeholder for the channel in the name of a parameter that repeats per channel.
pub const CHANNEL_PLACEHOLDER: &str = "<CHANNEL>";

/// Maximum number of elements of a list parameter.
pub const MAX_LIST_ELEMENTS: usize = 100;

impl Manifest {
    /// Returns the JSON Schema (2020-12) of the parameters, with titles and help in `language`, or in English where it has
    /// none.
    pub fn parameters_schema(&self, language: &str) -> serde_json::Value {
        crate::schema::parameters(self, language)
    }

    /// Returns whether the action may return the error code `code`, which contains a slash.
    pub fn declares_error(&self, code: &str) -> bool {
        self.errors.as_ref().is_none_or(|errors| errors.iter().any(|error| error.code == code))
    }

    /// Returns the index and the declaration of the parameter that a node's property `name` configures.
    pub fn parameter(&self, name: &str) -> Option<(usize, &Parameter)> {
        let by_name = |parameter: &Parameter| parameter.per_channel.is_none() && parameter.name == name;
        let exact = self.parameters.iter().enumerate().find(|(_, parameter)| by_name(parameter));
        exact.or_else(|| self.parameters.iter().enumerate().find(|(_, parameter)| parameter.channel_of(name).is_some()))
    }
}

impl Parameter {
    /// Returns the channel part of `name` if this parameter repeats per channel and `name` is one of its names.
    pub fn channel_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let per_channel = self.per_channel.as_ref()?;
        let (before, after) = self.name.split_once(CHANNEL_PLACEHOLDER)?;
        let channel = name.strip_prefix(before)?.strip_suffix(after)?;
        let excepted = per_channel.except.iter().any(|other| channel_suffix(other) == channel);
        (is_screaming_snake_case(channel) && !excepted).then_some(channel)
    }
}

/// Returns a channel's name as it appears in parameter names: `FACEBOOK_WALL` for `facebook-wall`.
pub fn channel_suffix(channel: &str) -> String {
    channel.replace('-', "_").to_uppercase()
}

fn is_screaming_snake_case(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.len() <= 128 && text.bytes().all(valid)
}
