//! The kinds of parameters: what the designer writes, and what the action gets.

use crate::json::Json;
use crate::value::{CampaignId, EntityType};
use std::marker::PhantomData;

/// A kind of parameter.
pub trait Kind {
    /// Its name in the manifest.
    const NAME: &'static str;
    /// The type that the manifest promises of an entity.
    const TYPE: Option<&'static str> = None;
    /// What the entity's value identifies.
    const REFERS_TO: Option<&'static str> = None;
}

/// A kind whose parameters have a value for the action to read.
pub trait ReadableKind: Kind {
    /// What the action gets.
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
    /// YES or NO.
    Boolean, "boolean", bool;
    /// Names of entities; the action gets a map from each name to what that entity holds now.
    EntityList, "entity-list", Json;
    /// Text expressions in order; the action gets the list of their texts.
    ExpressionList, "expression-list", Json;
    /// A campaign, which the designer picks from a list.
    Campaign, "campaign", CampaignId;
    /// A campaigns' category, which the designer picks from a list.
    Category, "category", String;
    /// One of the tenant's channels.
    Channel, "channel", String;
    /// One of the parameter's choices.
    Choice, "choice", String;
    /// Literal text, without expressions.
    Text, "text", String;
}

/// The name of a session entity to read; the action gets what it holds.
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
