//! Configuration in SQLite: tenants and campaigns.

use super::error::SqliteError;
use super::query::Parameters;
use super::row;
use flowhost_domain::{Campaign, IdentifierKind, Tenant, Validity};
use flowhost_store::timestamp::to_micros;
use flowhost_store::{Configuration, ConfigurationChange, StoreError};
use sqlx::{Connection, Row, SqliteConnection};

pub(super) async fn read(connection: &mut SqliteConnection, tenant: &str) -> Result<Option<Configuration>, StoreError> {
    let mut values = Parameters::default();
    values.add(tenant);
    let sql = format!(
        "SELECT {}, (SELECT json_group_array({}) FROM campaigns AS k WHERE k.tenant = ?1) FROM tenants AS t WHERE t.id = ?1",
        row::TENANT,
        row::CAMPAIGN
    );
    let rows = values.fetch_rows(connection, sql).await?;
    let Some(found) = rows.first() else { return Ok(None) };
    let column = |number: usize| found.try_get::<&str, _>(number).map_err(SqliteError::convert_error);
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
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(SqliteError::convert_error)?;
    for ConfigurationChange { tenant, campaigns, version } in changes {
        let mut values = Parameters::default();
        values.add(tenant.id.as_str());
        let rows = values.fetch_rows(&mut transaction, "SELECT version FROM tenants WHERE id = ?".to_owned()).await?;
        let stored = rows.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0)).map_err(SqliteError::convert_error)?;
        if u64::try_from(stored).ok() != Some(*version) {
            transaction.rollback().await.map_err(SqliteError::convert_error)?;
            return Ok(false);
        }
        let next = stored.checked_add(1).ok_or_else(|| SqliteError::unreadable_content("a version at its maximum"))?;
        write_tenant(&mut transaction, tenant, next).await?;
        for campaign in campaigns {
            write_campaign(&mut transaction, &tenant.id, campaign).await?;
        }
    }
    transaction.commit().await.map_err(SqliteError::convert_error)?;
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
    let channels = serde_json::to_string(&channels).map_err(SqliteError::unreadable_content)?;
    let sql = "INSERT INTO tenants (id, version, name, time_zone, phone_region, default_intention, channels, \
        quota_campaigns) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
        name = excluded.name, time_zone = excluded.time_zone, phone_region = excluded.phone_region, \
        default_intention = excluded.default_intention, channels = excluded.channels, \
        quota_campaigns = excluded.quota_campaigns";
    let mut values = Parameters::default();
    values.add(tenant.id.as_str());
    values.add(version);
    values.add(tenant.name.as_str());
    values.add(tenant.time_zone.name());
    values.add(tenant.phone_region.as_str());
    values.add(tenant.default_intention.as_str());
    values.add(channels);
    values.add(tenant.quota_campaigns);
    values.fetch_rows(connection, sql.to_owned()).await.map(drop)
}

async fn write_campaign(
    connection: &mut SqliteConnection,
    tenant: &str,
    campaign: &Campaign,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO campaigns (tenant, id, name, kind, mode, category, valid_day, valid_until, validity_hours, \
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
    let mut values = Parameters::default();
    values.add(tenant);
    values.add(&campaign.id.as_bytes()[..]);
    values.add(campaign.name.as_str());
    values.add(campaign.kind.as_str());
    values.add(campaign.mode.as_str());
    values.add(campaign.category.as_str());
    values.add(day);
    values.add(until);
    values.add(campaign.validity_hours);
    values.add(campaign.intention.as_str());
    values.add(campaign.starts_at.map(to_micros));
    values.add(campaign.ends_at.map(to_micros));
    values.add(campaign.grace_minutes);
    values.fetch_rows(connection, sql.to_owned()).await.map(drop)
}
