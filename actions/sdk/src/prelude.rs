//! What most actions need: `use flow_sdk::prelude::*;`.

pub use crate::error::Error;
pub use crate::json::{self, Json};
pub use crate::kind::{
    Boolean, BooleanExpression, Campaign, Category, Channel, Choice, EntityIn, EntityList, EntityOut, ExpressionList,
    Text, TextExpression,
};
pub use crate::manifest::{Condition, Group, Literal, Manifest, NEXT, Port, Words};
pub use crate::named::Named;
pub use crate::parameter::{Optional, Parameter, PerChannel};
pub use crate::value::{CampaignId, ContactId, RecordId, Value};
pub use crate::{campaigns, capabilities, contacts, dnd, expressions, log, records, session, usual};
