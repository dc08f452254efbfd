//! The kinds of parameters: the designer's input, and the value for the action.

use crate::json::Json;
use crate::value::{CampaignId, EntityType};
use std::marker::PhantomData;

/// A kind of parameter.
pub trait Kind {
    /// The name of the kind in the manifest.
    const NAME: &'static str;
    /// The type of the entity in the manifest.
    const TYPE: Option<&'static str> = None;
    /// The object that the entity's value identifies.
    const REFERS_TO: Option<&'static str> = None;
}

/// A kind whose parameters the action can read.
pub trait ReadableKind: Kind {
    /// The type of the value for the action.
    type Value: EntityType;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $name:literal, $value:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}

        impl Kind for $kind {
            const NAME: &'static str = $name;
        }

        impl ReadableKind for $kind {
            type Value = $value;
        }
    )*};
}

kinds! {
    /// An expression or a template that yields text.
    TextExpression, "text-expression", String;
    /// An expression that yields true or false.
    BooleanExpression, "boolean-expression", bool;
    /// An expression that yields an integer, or an integer.
    IntegerExpression, "integer-expression", i64;
    /// An expression that yields a number, or a number.
    NumberExpression, "number-expression", f64;
    /// YES or NO.
    Boolean, "boolean", bool;
    /// Names of entities. The action gets a map from each name to the current value of the entity.
    EntityList, "entity-list", Json;
    /// Text expressions in order. The action gets the list of their texts.
    ExpressionList, "expression-list", Json;
    /// A campaign, which the designer selects from a list.
    Campaign, "campaign", CampaignId;
    /// A category of campaigns, which the designer selects from a list.
    Category, "category", String;
    /// One of the tenant's channels.
    Channel, "channel", String;
    /// One of the parameter's choices.
    Choice, "choice", String;
    /// Literal text, without expressions.
    Text, "text", String;
}

/// The name of a session entity to read. The action gets its value.
#[derive(Debug)]
pub struct EntityIn<T>(PhantomData<fn() -> T>);

impl<T: EntityType> Kind for EntityIn<T> {
    const NAME: &'static str = "entity-in";
    const TYPE: Option<&'static str> = T::TYPE;
    const REFERS_TO: Option<&'static str> = T::REFERS_TO;
}

impl<T: EntityType> ReadableKind for EntityIn<T> {
    type Value = T;
}

/// The name of a session entity to write.
#[derive(Debug)]
pub struct EntityOut<T>(PhantomData<fn() -> T>);

impl<T: EntityType> Kind for EntityOut<T> {
    const NAME: &'static str = "entity-out";
    const TYPE: Option<&'static str> = T::TYPE;
    const REFERS_TO: Option<&'static str> = T::REFERS_TO;
}
