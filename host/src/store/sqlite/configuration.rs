//! Tenants and campaigns.

use super::failure::StoreFailure;
use super::query::Bound;
use super::row;
use crate::domain::{Campaign, IdentifierKind, Tenant, Validity};
use crate::store::instant::to_micros;
use crate::store::{Configuration, ConfigurationChange, StoreError};
use sqlx::{Connection, Row, SqliteConnection};

pub(super) async fn read(connection: &mut SqliteConnection, tenant: &str) -> Result<Option<Configuration>, StoreError> {
    let mut bound = Bound::default();
    bound.add(tenant);
    let text = format!(
        "SELECT {}, (SELECT json_group_array({}) FROM campaigns AS k WHERE k.tenant = ?1) FROM tenants AS t WHERE t.id = ?1",
        row::TENANT,
        row::CAMPAIGN
    );
    let rows = bound.rows(connection, text).await?;
    let Some(found) = rows.first() else { return Ok(None) };
    let column = |number: usize| found.try_get::<&str, _>(number).map_err(StoreFailure::of);
    let (tenant, version) = row::tenant(row::parse(column(0)?)?)?;
    let campaigns: Vec<row::CampaignRow> = row::parse(column(1)?)?;
    let mut campaigns = campaigns.into_iter().map(row::campaign).collect::<Result<Vec<_>, _>>()?;
    campaigns.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Some(Configuration { tenant, campaigns, version }))
}

pub(super) async fn write(
    connection: &mut SqliteConnection,
    changes: &[ConfigurationChange],
) -> Result<bool, StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(StoreFailure::of)?;
    for ConfigurationChange { tenant, campaigns, version } in changes {
        let mut bound = Bound::default();
        bound.add(tenant.id.as_str());
        let rows = bound.rows(&mut transaction, "SELECT version FROM tenants WHERE id = ?".to_owned()).await?;
        let stored = rows.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0)).map_err(StoreFailure::of)?;
        if u64::try_from(stored).ok() != Some(*version) {
            transaction.rollback().await.map_err(StoreFailure::of)?;
            return Ok(false);
        }
        let next = stored.checked_add(1).ok_or_else(|| StoreFailure::unreadable("a version that has no next one"))?;
        write_tenant(&mut transaction, tenant, next).await?;
        for campaign in campaigns {
            write_campaign(&mut transaction, &tenant.id, campaign).await?;
        }
    }
    transaction.commit().await.map_err(StoreFailure::of)?;
    Ok(true)
}

async fn write_tenant(connection: &mut SqliteConnection, tenant: &Tenant, version: i64) -> Result<(), StoreError> {
    let channels = tenant.channels.iter();
    let channels: Vec<_> = channels
        .map(|channel| {
            let phone = channel.identifier == IdentifierKind::Phone;
            (&channel.name, u8::from(phone), u8::from(channel.can_send))
        })
        .collect();
    let channels = serde_json::to_string(&channels).map_err(StoreFailure::unreadable)?;
    let text = "INSERT INTO tenants (id, version, name, time_zone, phone_region, default_intention, channels, \
        quota_campaigns) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
        name = excluded.name, time_zone = excluded.time_zone, phone_region = excluded.phone_region, \
        default_intention = excluded.default_intention, channels = excluded.channels, \
        quota_campaigns = excluded.quota_campaigns";
    let mut bound = Bound::default();
    bound.add(tenant.id.as_str());
    bound.add(version);
    bound.add(tenant.name.as_str());
    bound.add(tenant.time_zone.name());
    bound.add(tenant.phone_region.as_str());
    bound.add(tenant.default_intention.as_str());
    bound.add(channels);
    bound.add(tenant.quota_campaigns);
    bound.rows(connection, text.to_owned()).await.map(drop)
}

async fn write_campaign(
    connection: &mut SqliteConnection,
    tenant: &str,
    campaign: &Campaign,
) -> Result<(), StoreError> {
    let text = "INSERT INTO campaigns (tenant, id, name, kind, mode, category, valid_day, valid_until, validity_hours, \
        intention, starts_at, ends_at, grace_minutes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
        ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, kind = excluded.kind, mode = excluded.mode, \
        category = excluded.category, valid_day = excluded.valid_day, valid_until = excluded.valid_until, \
        validity_hours = excluded.validity_hours, intention = excluded.intention, starts_at = excluded.starts_at, \
        ends_at = excluded.ends_at, grace_minutes = excluded.grace_minutes";
    let (day, until) = match campaign.valid_until {
        Some(Validity::Day(day)) => (Some(day.to_string()), None),
        Some(Validity::Instant(at)) => (None, Some(to_micros(at))),
        None => (None, None),
    };
    let mut bound = Bound::default();
    bound.add(tenant);
    bound.add(&campaign.id.as_bytes()[..]);
    bound.add(campaign.name.as_str());
    bound.add(campaign.kind.as_str());
    bound.add(campaign.mode.as_str());
    bound.add(campaign.category.as_str());
    bound.add(day);
    bound.add(until);
    bound.add(campaign.validity_hours);
    bound.add(campaign.intention.as_str());
    bound.add(campaign.starts_at.map(to_micros));
    bound.add(campaign.ends_at.map(to_micros));
    bound.add(campaign.grace_minutes);
    bound.rows(connection, text.to_owned()).await.map(drop)
}
