//! Values of the contract as JSON, in both directions.

use crate::bindings::flow::action::log::Level;
use crate::bindings::flow::action::types::{Error, Timestamp, Value};
use crate::bindings::flow::outbound::contacts::{Address, Correlator, Upserted};
use crate::bindings::flow::outbound::records::{Draft, Saved, Summary};
use serde_json::{Map, Number, Value as Json};

/// A value of the contract.
pub(super) trait WitJson: Sized {
    /// Returns the value as JSON.
    fn to_json(&self) -> Json;

    /// Returns the value of JSON; `None`: it has another type.
    fn from_json(json: &Json) -> Option<Self>;
}

impl WitJson for () {
    fn to_json(&self) -> Json {
        Json::Null
    }

    fn from_json(json: &Json) -> Option<Self> {
        json.is_null().then_some(())
    }
}

impl WitJson for bool {
    fn to_json(&self) -> Json {
        Json::Bool(*self)
    }

    fn from_json(json: &Json) -> Option<Self> {
        json.as_bool()
    }
}

impl WitJson for String {
    fn to_json(&self) -> Json {
        Json::String(self.clone())
    }

    fn from_json(json: &Json) -> Option<Self> {
        json.as_str().map(str::to_owned)
    }
}

impl WitJson for u8 {
    fn to_json(&self) -> Json {
        Json::from(*self)
    }

    fn from_json(json: &Json) -> Option<Self> {
        json.as_u64()?.try_into().ok()
    }
}

impl WitJson for u32 {
    fn to_json(&self) -> Json {
        Json::from(*self)
    }

    fn from_json(json: &Json) -> Option<Self> {
        json.as_u64()?.try_into().ok()
    }
}

/// An integer of 64 bits is decimal text.
impl WitJson for i64 {
    fn to_json(&self) -> Json {
        Json::String(self.to_string())
    }

    fn from_json(json: &Json) -> Option<Self> {
        json.as_str()?.parse().ok()
    }
}

/// A number that JSON does not have is text: `NaN`, `inf`, `-inf`.
impl WitJson for f64 {
    fn to_json(&self) -> Json {
        Number::from_f64(*self).map_or_else(|| Json::String(self.to_string()), Json::Number)
    }

    fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(text) => text.parse().ok(),
            json => json.as_f64(),
        }
    }
}

impl<T: WitJson> WitJson for Option<T> {
    fn to_json(&self) -> Json {
        self.as_ref().map_or(Json::Null, T::to_json)
    }

    fn from_json(json: &Json) -> Option<Self> {
        if json.is_null() { Some(None) } else { T::from_json(json).map(Some) }
    }
}

impl<T: WitJson> WitJson for Vec<T> {
    fn to_json(&self) -> Json {
        self.iter().map(T::to_json).collect()
    }

    fn from_json(json: &Json) -> Option<Self> {
        json.as_array()?.iter().map(T::from_json).collect()
    }
}

impl<A: WitJson, B: WitJson> WitJson for (A, B) {
    fn to_json(&self) -> Json {
        Json::Array(vec![self.0.to_json(), self.1.to_json()])
    }

    fn from_json(json: &Json) -> Option<Self> {
        let [first, second] = json.as_array()?.as_slice() else { return None };
        Some((A::from_json(first)?, B::from_json(second)?))
    }
}

impl<T: WitJson, E: WitJson> WitJson for Result<T, E> {
    fn to_json(&self) -> Json {
        match self {
            Ok(value) => case("ok", value.to_json()),
            Err(error) => case("error", error.to_json()),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        match single_case(json)? {
            ("ok", value) => T::from_json(value).map(Ok),
            ("error", error) => E::from_json(error).map(Err),
            _ => None,
        }
    }
}

impl WitJson for Value {
    fn to_json(&self) -> Json {
        match self {
            Self::Boolean(value) => case("boolean", value.to_json()),
            Self::Integer(value) => case("integer", value.to_json()),
            Self::Number(value) => case("number", value.to_json()),
            Self::Text(value) => case("text", value.to_json()),
            Self::Json(value) => case("json", value.to_json()),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        match single_case(json)? {
            ("boolean", value) => WitJson::from_json(value).map(Self::Boolean),
            ("integer", value) => WitJson::from_json(value).map(Self::Integer),
            ("number", value) => WitJson::from_json(value).map(Self::Number),
            ("text", value) => WitJson::from_json(value).map(Self::Text),
            ("json", value) => WitJson::from_json(value).map(Self::Json),
            _ => None,
        }
    }
}

impl WitJson for Level {
    fn to_json(&self) -> Json {
        let name = match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        };
        Json::from(name)
    }

    fn from_json(json: &Json) -> Option<Self> {
        match json.as_str()? {
            "debug" => Some(Self::Debug),
            "info" => Some(Self::Info),
            "warn" => Some(Self::Warn),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

/// Implements the trait for a record: the names of its fields in Rust and in the contract.
macro_rules! record {
    ($type:ident { $($field:ident: $name:literal),+ }) => {
        impl WitJson for $type {
            fn to_json(&self) -> Json {
                Json::Object(Map::from_iter([$(($name.to_owned(), self.$field.to_json())),+]))
            }

            fn from_json(json: &Json) -> Option<Self> {
                let members = json.as_object()?;
                Some(Self { $($field: WitJson::from_json(members.get($name)?)?),+ })
            }
        }
    };
}

record!(Timestamp { seconds: "seconds", nanoseconds: "nanoseconds" });
record!(Error { code: "code", message: "message", parameter: "parameter", details: "details" });
record!(Address { channel: "channel", identifier: "identifier" });
record!(Correlator { slot: "slot", value: "value", update: "update" });
record!(Upserted { id: "id", created: "created" });
record!(Saved { id: "id", created: "created" });
record!(Summary { id: "id", scheduled_at: "scheduled-at" });
record!(Draft {
    campaign: "campaign",
    contact: "contact",
    schedule: "schedule",
    internal: "internal",
    allow_dnd: "allow-dnd",
    multiple: "multiple",
    message: "message",
    template: "template",
    data: "data",
    extras: "extras"
});

fn case(name: &str, value: Json) -> Json {
    Json::Object(Map::from_iter([(name.to_owned(), value)]))
}

fn single_case(json: &Json) -> Option<(&str, &Json)> {
    let members = json.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(name, value)| (name.as_str(), value))
}
