//! Rows as JSON arrays, which hold an object and its lists in one column, and their conversion to objects.

use super::error::SqliteError;
use flowhost_domain::record::Schedule;
use flowhost_domain::{
    Address, Campaign, CampaignKind, CampaignMode, Channel, Contact, DndEntry, IdentifierKind, Record, RecordState,
    Scope, Tenant, Validity,
};
use flowhost_store::timestamp::from_micros;
use flowhost_store::{IdempotencyRecord, LogEntry, ReadyRecord, StoreError, VersionedContact};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// A row of the table `tenants t`.
pub(super) const TENANT: &str = "json_array(t.id, t.version, t.name, t.time_zone, t.phone_region, t.default_intention, \
    json(t.channels), t.quota_campaigns)";

/// A row of the table `campaigns k`.
pub(super) const CAMPAIGN: &str = "json_array(k.tenant, hex(k.id), k.name, k.kind, k.mode, k.category, k.valid_day, \
    k.valid_until, k.validity_hours, k.intention, k.starts_at, k.ends_at, k.grace_minutes)";

/// A row of the table `contacts c`.
pub(super) const CONTACT: &str = "json_array(hex(c.id), c.version, c.name, json_array(c.correlator_1, c.correlator_2, \
    c.correlator_3), json(c.addresses), c.created_at, c.updated_at, \
    (SELECT json_group_array(json_array(d.kind, iif(d.kind = 0, hex(d.scope), d.scope), coalesce(dk.category, d.category), \
    d.at, d.by, d.reason)) FROM dnd AS d LEFT JOIN campaigns AS dk ON d.kind = 0 AND dk.tenant = d.tenant \
    AND dk.id = d.scope WHERE d.tenant = c.tenant AND d.contact = c.seq))";

/// A row of the tables `records r` and `contacts c`.
pub(super) const RECORD: &str = "json_array(hex(r.id), hex(r.campaign), hex(c.id), c.version, r.state, r.internal, r.depth, \
    r.scheduled_at, r.schedule_text, r.message, r.template, r.data, r.run, r.created_at, r.updated_at)";

/// A row `page` of the table `records`.
pub(super) const READY: &str = "json_array(hex(page.id), page.scheduled_at, page.schedule_text)";

/// A row of the tables `dnd d`, `contacts c` and `campaigns k`.
pub(super) const DND: &str = "json_array(hex(c.id), json_array(d.kind, iif(d.kind = 0, hex(d.scope), d.scope), \
    coalesce(k.category, d.category), d.at, d.by, d.reason))";

/// A row of the table `record_log l`.
pub(super) const LOG: &str = "json_array(l.run, l.at, l.from_state, l.to_state, l.note)";

/// A row of the table `keys y`.
pub(super) const KEY: &str = "json_array(hex(y.digest), y.outcome, y.expires_at)";

/// Parses the JSON of one of the expressions above.
pub(super) fn parse<'t, T: Deserialize<'t>>(json: &'t str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(SqliteError::unreadable_content)
}

pub(super) type TenantRow = (String, u64, String, String, String, String, Vec<(String, u8, u8)>, Option<u32>);
pub(super) type CampaignRow = (
    String,
    HexId,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<i64>,
    u32,
    String,
    Option<i64>,
    Option<i64>,
    u32,
);
pub(super) type DndJson = (u8, String, String, i64, String, Option<String>);
pub(super) type ContactRow =
    (HexId, u64, String, [Option<String>; 3], Vec<(String, String, String)>, i64, i64, Vec<DndJson>);
pub(super) type RecordRow = (
    HexId,
    HexId,
    HexId,
    u64,
    String,
    u8,
    u32,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    u32,
    i64,
    i64,
);
pub(super) type ReadyRow = (HexId, Option<i64>, Option<String>);
pub(super) type LogRow = (u32, i64, Option<String>, String, Option<String>);
pub(super) type KeyRow = (String, String, i64);

/// An id as 32 hexadecimal digits.
#[derive(Deserialize, Clone, Copy)]
#[serde(transparent)]
pub(super) struct HexId(pub(super) Uuid);

pub(super) fn tenant(row: TenantRow) -> Result<(Tenant, u64), StoreError> {
    let (id, version, name, time_zone, phone_region, default_intention, channels, quota_campaigns) = row;
    let time_zone =
        time_zone.parse().map_err(|_| SqliteError::unreadable_content(format!("the time zone {time_zone}")))?;
    let channel = |(name, phone, can_send)| Channel {
        name,
        identifier: if phone == 1 { IdentifierKind::Phone } else { IdentifierKind::Opaque },
        can_send: can_send == 1,
    };
    let channels = channels.into_iter().map(channel).collect();
    Ok((Tenant { id, name, time_zone, phone_region, default_intention, channels, quota_campaigns }, version))
}

pub(super) fn campaign(row: CampaignRow) -> Result<Campaign, StoreError> {
    let (tenant, id, name, kind, mode, category, day, until, hours, intention, starts_at, ends_at, grace_minutes) = row;
    let day = day
        .map(|day| day.parse().map_err(|_| SqliteError::unreadable_content(format!("the day {day}"))))
        .transpose()?;
    Ok(Campaign {
        id: id.0,
        tenant,
        name,
        kind: CampaignKind::from_name(&kind)
            .ok_or_else(|| SqliteError::unreadable_content(format!("the type {kind}")))?,
        mode: CampaignMode::from_name(&mode)
            .ok_or_else(|| SqliteError::unreadable_content(format!("the mode {mode}")))?,
        category,
        valid_until: day.map(Validity::Day).or(until.map(|at| Validity::Instant(from_micros(at)))),
        validity_hours: hours,
        intention,
        starts_at: starts_at.map(from_micros),
        ends_at: ends_at.map(from_micros),
        grace_minutes,
    })
}

pub(super) fn contact(row: ContactRow) -> Result<VersionedContact, StoreError> {
    let (id, version, name, correlators, addresses, created_at, updated_at, entries) = row;
    let mut dnd = entries.into_iter().map(dnd).collect::<Result<Vec<_>, _>>()?;
    dnd.sort_by(|a, b| a.scope.cmp(&b.scope));
    let contact = Contact {
        id: id.0,
        name,
        correlators,
        addresses: addresses.into_iter().map(address).collect(),
        dnd,
        created_at: from_micros(created_at),
        updated_at: from_micros(updated_at),
    };
    Ok(VersionedContact { contact: Arc::new(contact), version })
}

pub(super) fn address((channel, identifier, typed): (String, String, String)) -> Address {
    Address { channel, identifier, typed }
}

pub(super) fn dnd((kind, scope, category, at, by, reason): DndJson) -> Result<DndEntry, StoreError> {
    let scope = self::scope(kind, scope)?;
    Ok(DndEntry { scope, category, at: from_micros(at), actor: by, reason })
}

pub(super) fn scope(kind: u8, scope: String) -> Result<Scope, StoreError> {
    match kind {
        0 => scope.parse().map(Scope::Campaign).map_err(SqliteError::unreadable_content),
        _ => Ok(Scope::Category(scope)),
    }
}

/// Returns a record and the version of its contact.
pub(super) fn record(row: RecordRow) -> Result<(Record, u64), StoreError> {
    let (
        id,
        campaign,
        contact,
        version,
        state,
        internal,
        depth,
        at,
        text,
        message,
        template,
        data,
        run,
        created,
        updated,
    ) = row;
    let record = Record {
        id: id.0,
        campaign: campaign.0,
        contact: contact.0,
        state: self::state(&state)?,
        internal: internal == 1,
        depth,
        schedule: schedule(at, text),
        message,
        template,
        data,
        run,
        created_at: from_micros(created),
        updated_at: from_micros(updated),
    };
    Ok((record, version))
}

pub(super) fn ready_record((id, at, text): ReadyRow) -> ReadyRecord {
    ReadyRecord { id: id.0, schedule: schedule(at, text) }
}

pub(super) fn log_entry((run, at, from, to, note): LogRow) -> Result<LogEntry, StoreError> {
    let from = from.as_deref().map(state).transpose()?;
    Ok(LogEntry { run, at: from_micros(at), from, to: state(&to)?, note })
}

/// Returns an outcome and its expiry time in microseconds.
pub(super) fn idempotency_record((digest, outcome, expires): KeyRow) -> Result<(IdempotencyRecord, i64), StoreError> {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let digits = digest.get(2 * at..2 * at + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).map_err(SqliteError::unreadable_content)?;
    }
    Ok((IdempotencyRecord { fingerprint: bytes, outcome }, expires))
}

pub(super) fn state(name: &str) -> Result<RecordState, StoreError> {
    RecordState::from_name(name).ok_or_else(|| SqliteError::unreadable_content(format!("the state {name}")))
}

fn schedule(at: Option<i64>, text: Option<String>) -> Option<Schedule> {
    Some(Schedule { at: from_micros(at?), text: text.unwrap_or_default() })
}
