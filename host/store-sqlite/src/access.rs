//! Access keys in SQLite.

use super::SqliteStore;
use super::error::SqliteError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowhost_store::{AccessKey, AccessKeys, KeyOwner, Role, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Executor as _, QueryBuilder, Row as _, Sqlite};

const COLUMNS: &str = "id, tenant, name, role, campaigns, rate_limit, hash, created_at, created_by, expires_at, \
                       revoked_at, last_used_at";

#[async_trait]
impl AccessKeys for SqliteStore {
    async fn create_key(&self, key: &AccessKey) -> Result<bool, StoreError> {
        let campaigns = key.campaigns.as_ref().map(serde_json::to_string).transpose();
        let campaigns = campaigns.map_err(SqliteError::unreadable_content)?;
        let micros = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros());
        let mut query = QueryBuilder::<Sqlite>::new(format!("INSERT INTO api_keys ({COLUMNS}) VALUES ("));
        let mut values = query.separated(", ");
        values.push_bind(&key.id).push_bind(&key.tenant).push_bind(&key.name).push_bind(key.role.as_str());
        values.push_bind(campaigns).push_bind(key.rate_limit.map(i64::from)).push_bind(key.hash.to_vec());
        values.push_bind(key.created_at.timestamp_micros()).push_bind(&key.created_by);
        values.push_bind(micros(key.expires_at)).push_bind(micros(key.revoked_at)).push_bind(micros(key.last_used_at));
        query.push(") ON CONFLICT DO NOTHING");
        Ok(self.change(query).await? > 0)
    }

    async fn find_keys(&self, ids: &[String]) -> Result<Vec<AccessKey>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = QueryBuilder::new(format!("SELECT {COLUMNS} FROM api_keys WHERE id IN ("));
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id);
        }
        query.push(")");
        self.keys(query).await
    }

    async fn list_keys(
        &self,
        owner: Option<&KeyOwner>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AccessKey>, StoreError> {
        let mut query = QueryBuilder::new(format!("SELECT {COLUMNS} FROM api_keys WHERE id > "));
        query.push_bind(after.unwrap_or_default());
        push_owner(&mut query, owner);
        query.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit));
        self.keys(query).await
    }

    async fn revoke_key(&self, owner: Option<&KeyOwner>, id: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut query = QueryBuilder::new("UPDATE api_keys SET revoked_at = ");
        query.push_bind(at.timestamp_micros()).push(" WHERE revoked_at IS NULL AND id = ").push_bind(id);
        push_owner(&mut query, owner);
        Ok(self.change(query).await? > 0)
    }

    async fn touch_keys(&self, used: &[(String, DateTime<Utc>)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let mut query = QueryBuilder::new("UPDATE api_keys SET last_used_at = used.column2 FROM (");
        query.push_values(used, |mut row, (id, at)| {
            row.push_bind(id).push_bind(at.timestamp_micros());
        });
        query.push(") AS used WHERE api_keys.id = used.column1");
        self.change(query).await.map(drop)
    }
}

fn push_owner(query: &mut QueryBuilder<Sqlite>, owner: Option<&KeyOwner>) {
    match owner {
        Some(KeyOwner::Tenant(tenant)) => query.push(" AND tenant = ").push_bind(tenant),
        Some(_) => query.push(" AND tenant IS NULL"),
        None => query,
    };
}

impl SqliteStore {
    /// Runs a statement on the connection for administration. Returns the number of changed rows.
    async fn change(&self, mut query: QueryBuilder<Sqlite>) -> Result<u64, StoreError> {
        let work = async |connection: &mut sqlx::SqliteConnection| {
            let done = connection.execute(query.build()).await.map_err(SqliteError::convert_error)?;
            Ok(done.rows_affected())
        };
        self.with_admin_connection(work).await
    }

    async fn keys(&self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<AccessKey>, StoreError> {
        let work = async |connection: &mut sqlx::SqliteConnection| {
            let rows = connection.fetch_all(query.build()).await.map_err(SqliteError::convert_error)?;
            rows.iter().map(key).collect()
        };
        self.with_admin_connection(work).await
    }
}

fn key(row: &SqliteRow) -> Result<AccessKey, StoreError> {
    let read = || -> Result<AccessKey, sqlx::Error> {
        let decode = |what: &str| sqlx::Error::Decode(format!("the {what} of a key").into());
        let time = |column: &str| -> Result<Option<DateTime<Utc>>, sqlx::Error> {
            let micros: Option<i64> = row.try_get(column)?;
            micros.map(|micros| DateTime::from_timestamp_micros(micros).ok_or_else(|| decode(column))).transpose()
        };
        let campaigns: Option<&str> = row.try_get("campaigns")?;
        let campaigns = campaigns.map(serde_json::from_str).transpose().map_err(|_| decode("campaigns"))?;
        let rate_limit: Option<i64> = row.try_get("rate_limit")?;
        let hash: &[u8] = row.try_get("hash")?;
        Ok(AccessKey {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            name: row.try_get("name")?,
            role: Role::from_name(row.try_get("role")?).ok_or_else(|| decode("role"))?,
            campaigns,
            rate_limit: rate_limit.map(u32::try_from).transpose().map_err(|_| decode("rate_limit"))?,
            hash: hash.try_into().map_err(|_| decode("hash"))?,
            created_at: time("created_at")?.ok_or_else(|| decode("created_at"))?,
            created_by: row.try_get("created_by")?,
            expires_at: time("expires_at")?,
            revoked_at: time("revoked_at")?,
            last_used_at: time("last_used_at")?,
        })
    };
    read().map_err(SqliteError::convert_error)
}
