//! Tenants and campaigns as JSON. The fields are those of the apply file, and listed objects can therefore be applied.

use super::super::campaign::{Campaign, Validity};
use super::super::tenant::{Channel, Tenant};
use super::file::{CAMPAIGN_FIELDS, TENANT_FIELDS};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Writes the fields of the apply file.
impl Serialize for Tenant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Tenant", TENANT_FIELDS.len())?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("time_zone", self.time_zone.name())?;
        fields.serialize_field("phone_region", &self.phone_region)?;
        fields.serialize_field("default_intention", &self.default_intention)?;
        fields.serialize_field("channels", &self.channels)?;
        fields.serialize_field("quota_campaigns", &self.quota_campaigns)?;
        fields.end()
    }
}

/// Writes a built-in channel as its name and a custom channel as an object.
impl Serialize for Channel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if Self::built_in(&self.name).as_ref() == Some(self) {
            return serializer.serialize_str(&self.name);
        }
        let mut fields = serializer.serialize_struct("Channel", 3)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("identifier", self.identifier.as_str())?;
        fields.serialize_field("can_send", &self.can_send)?;
        fields.end()
    }
}

/// Writes the fields of the apply file.
impl Serialize for Campaign {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Campaign", CAMPAIGN_FIELDS.len())?;
        fields.serialize_field("tenant", &self.tenant)?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("type", self.kind.as_str())?;
        fields.serialize_field("mode", self.mode.as_str())?;
        fields.serialize_field("category", &self.category)?;
        fields.serialize_field("valid_until", &self.valid_until.map(format_validity))?;
        fields.serialize_field("validity_hours", &self.validity_hours)?;
        fields.serialize_field("intention", &self.intention)?;
        fields.serialize_field("starts_at", &self.starts_at.map(rfc3339))?;
        fields.serialize_field("ends_at", &self.ends_at.map(rfc3339))?;
        fields.serialize_field("grace_minutes", &self.grace_minutes)?;
        fields.end()
    }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn format_validity(validity: Validity) -> String {
    match validity {
        Validity::Day(day) => day.format("%Y-%m-%d").to_string(),
        Validity::Instant(at) => rfc3339(at),
    }
}
