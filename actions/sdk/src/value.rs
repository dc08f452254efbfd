//! The Rust types of entities and parameters.

pub use crate::bindings::flow::action::types::Value;
use crate::json::Json;

/// A Rust type for values of entities and parameters.
pub trait EntityType: Sized {
    /// The type in the manifest. `None`: any type.
    const TYPE: Option<&'static str>;
    /// The object that a value of this type identifies: `contact`, `campaign` or `record`.
    const REFERS_TO: Option<&'static str> = None;
    /// Returns the value if it has this type. There are no conversions.
    fn from_value(value: Value) -> Option<Self>;
    /// Converts to a value of the contract.
    fn into_value(self) -> Value;
}

macro_rules! typed {
    ($($rust:ty, $name:literal, $case:ident;)*) => {$(
        impl EntityType for $rust {
            const TYPE: Option<&'static str> = Some($name);

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$case(value) => Some(value),
                    _ => None,
                }
            }

            fn into_value(self) -> Value {
                Value::$case(self)
            }
        }
    )*};
}

typed! {
    bool, "boolean", Boolean;
    i64, "integer", Integer;
    f64, "number", Number;
    String, "text", Text;
}

impl EntityType for Json {
    const TYPE: Option<&'static str> = Some("json");

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Json(text) => Some(Self::from_text(text)),
            _ => None,
        }
    }

    fn into_value(self) -> Value {
        Value::Json(self.into_text())
    }
}

impl EntityType for Value {
    const TYPE: Option<&'static str> = None;

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }

    fn into_value(self) -> Value {
        self
    }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident, $refers_to:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl EntityType for $name {
            const TYPE: Option<&'static str> = Some("text");
            const REFERS_TO: Option<&'static str> = Some($refers_to);

            fn from_value(value: Value) -> Option<Self> {
                String::from_value(value).map(Self)
            }

            fn into_value(self) -> Value {
                Value::Text(self.0)
            }
        }
    )*};
}

id! {
    /// The id of a contact. A text that is not a UUID identifies no contact.
    ContactId, "contact";
    /// The id of a campaign: a UUID.
    CampaignId, "campaign";
    /// The id of a campaign record. A text that is not a UUID identifies no record.
    RecordId, "record";
}
