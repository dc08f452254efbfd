//! The items that most actions need: `use flow_sdk::prelude::*;`.

pub use crate::error::Error;
pub use crate::from_parameter::FromParameter;
pub use crate::json::{self, Json};
pub use crate::kind::{
    Boolean, BooleanExpression, Campaign, Category, Channel, Choice, EntityIn, EntityList, EntityOut, ExpressionList,
    IntegerExpression, NumberExpression, Text, TextExpression,
};
pub use crate::manifest::{Condition, DeclaredError, Example, Group, Literal, LocalizedText, Manifest, NEXT, Port};
pub use crate::parameter::{OptionalParameter, Parameter, PerChannelParameter};
pub use crate::value::{CampaignId, ContactId, RecordId, Value};
pub use crate::{
    campaigns, capabilities, contacts, dnd, expressions, formats, log, outcome, presets, records, session, tenant,
};
