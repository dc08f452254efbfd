//! Lists in SQLite, tenant by tenant.

use super::batch_write::scope_kind;
use super::error::SqliteError;
use super::query::Parameters;
use super::row;
use flowhost_domain::{Campaign, Record, Scope, Tenant};
use flowhost_store::listing::DndPosition;
use flowhost_store::{ContactRow, DndRow, Filter, LogEntry, Page, StoreError};
use sqlx::{Row, SqliteConnection};
use std::sync::Arc;
use uuid::Uuid;

/// A statement that grows with its parameters.
#[derive(Default)]
struct ListQuery {
    sql: String,
    values: Parameters,
}

impl ListQuery {
    /// Creates a query. `text` has one `?` for each of the `values` that follow.
    fn new(text: String) -> Self {
        Self { sql: text, values: Parameters::default() }
    }

    fn with_value<'t, T: sqlx::Encode<'t, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(
        mut self,
        text: &str,
        value: T,
    ) -> Self {
        self.sql.push_str(text);
        self.values.add(value);
        self
    }

    fn with_id(self, text: &str, id: Uuid) -> Self {
        self.with_value(text, &id.as_bytes()[..])
    }

    fn with_sql(mut self, text: &str) -> Self {
        self.sql.push_str(text);
        self
    }

    /// Returns the JSON in the first column of each row.
    async fn fetch(self, connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
        let rows = self.values.fetch_rows(connection, self.sql).await?;
        rows.iter().map(|row| row.try_get_unchecked(0).map_err(SqliteError::convert_error)).collect()
    }
}

/// The position of a list: the tenants still to visit, and the row before the page until the list has reached it.
struct TenantCursor<'a> {
    tenants: std::vec::IntoIter<String>,
    after: Option<&'a str>,
    left: i64,
}

impl<'a> TenantCursor<'a> {
    async fn new(connection: &mut SqliteConnection, filter: &Filter, page: &'a Page) -> Result<Self, StoreError> {
        let tenants = match &filter.tenant {
            Some(tenant) => vec![tenant.clone()],
            None => {
                ListQuery::new("SELECT id FROM tenants WHERE id >= '' ORDER BY id".to_owned()).fetch(connection).await?
            }
        };
        Ok(Self { tenants: tenants.into_iter(), after: page.after.as_deref(), left: i64::from(page.limit) })
    }

    fn next_tenant(&mut self) -> Option<String> {
        if self.left > 0 { self.tenants.next() } else { None }
    }

    fn advance(&mut self, rows: usize) {
        self.after = None;
        self.left -= i64::try_from(rows).unwrap_or(i64::MAX);
    }
}

pub(super) async fn tenants(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<Tenant>, StoreError> {
    let mut query = ListQuery::new(format!("SELECT {} FROM tenants AS t WHERE ", row::TENANT));
    query = match &page.after {
        Some(after) => query.with_value("t.id > ?", after.as_str()),
        None => query.with_sql("t.id >= ''"),
    };
    if let Some(tenant) = &filter.tenant {
        query = query.with_value(" AND t.id = ?", tenant.as_str());
    }
    let rows = query.with_value(" ORDER BY t.id LIMIT ?", i64::from(page.limit)).fetch(connection).await?;
    rows.iter().map(|json| Ok(row::tenant(row::parse(json)?)?.0)).collect()
}

pub(super) async fn campaigns(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<Campaign>, StoreError> {
    let mut cursor = TenantCursor::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = cursor.next_tenant() {
        let mut query = ListQuery::new(format!("SELECT {} FROM campaigns AS k ", row::CAMPAIGN));
        query = query.with_value("WHERE k.tenant = ?", tenant.as_str());
        if let Some(after) = cursor.after {
            let Some(id) = find_position(connection, "campaigns", "1", &tenant, after).await?.map(|(id, _)| id) else {
                continue;
            };
            query = query.with_value(
                " AND (k.name, k.id) > (SELECT a.name, a.id FROM campaigns AS a WHERE a.tenant = ?",
                tenant,
            );
            query = query.with_id(" AND a.id = ?)", id);
        }
        if let Some(id) = filter.campaign {
            query = query.with_id(" AND k.id = ?", id);
        }
        if let Some(category) = &filter.category {
            query = query.with_value(" AND k.category = ?", category.as_str());
        }
        let rows = query.with_value(" ORDER BY k.name, k.id LIMIT ?", cursor.left).fetch(connection).await?;
        cursor.advance(rows.len());
        for json in &rows {
            found.push(row::campaign(row::parse(json)?)?);
        }
    }
    Ok(found)
}

pub(super) async fn contacts(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<ContactRow>, StoreError> {
    let mut cursor = TenantCursor::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = cursor.next_tenant() {
        let mut query = ListQuery::new(format!("SELECT {} FROM contacts AS c ", row::CONTACT));
        query = query.with_value("WHERE c.tenant = ?", tenant.as_str());
        if let Some(after) = cursor.after {
            let Some((_, seq)) = find_position(connection, "contacts", "seq", &tenant, after).await? else { continue };
            query = query.with_value(" AND c.seq > ?", seq);
        }
        if let Some(id) = filter.contact {
            query = query.with_id(" AND c.id = ?", id);
        }
        if let Some(channel) = &filter.channel {
            query = query.with_value(HAS_CHANNEL, channel.as_str());
        }
        if let Some(id) = filter.linked {
            query = query.with_sql(" AND c.seq IN (");
            for slot in 1..=3 {
                let union = if slot == 1 { "" } else { " UNION " };
                query = query.with_value(
                    &format!("{union}SELECT l.contact FROM links AS l WHERE l.tenant = ?"),
                    tenant.as_str(),
                );
                let condition = format!(
                    " AND l.slot = {slot} AND l.channel = '' AND l.value = (SELECT m.correlator_{slot} FROM contacts AS m \
                     WHERE m.tenant = ?"
                );
                query = query.with_value(&condition, tenant.as_str()).with_id(" AND m.id = ?)", id);
            }
            query = query.with_id(") AND c.id <> ?", id);
        }
        let rows = query.with_value(" ORDER BY c.seq LIMIT ?", cursor.left).fetch(connection).await?;
        cursor.advance(rows.len());
        for json in &rows {
            let contact = Arc::unwrap_or_clone(row::contact(row::parse(json)?)?.contact);
            found.push(ContactRow { tenant: tenant.clone(), contact });
        }
    }
    Ok(found)
}

const HAS_CHANNEL: &str = " AND EXISTS (SELECT 1 FROM json_each(c.addresses) AS j WHERE j.value ->> 0 = ?)";

pub(super) async fn records(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<(String, Record)>, StoreError> {
    let mut cursor = TenantCursor::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = cursor.next_tenant() {
        let from = "FROM records AS r CROSS JOIN contacts AS c ON c.seq = r.contact ";
        let mut query = ListQuery::new(format!("SELECT {} {from}", row::RECORD));
        query = query.with_value("WHERE r.tenant = ?", tenant.as_str());
        if let Some(after) = cursor.after {
            let Some((_, seq)) = find_position(connection, "records", "seq", &tenant, after).await? else { continue };
            query = query.with_value(" AND r.seq > ?", seq);
        }
        if let Some(id) = filter.contact {
            query = query
                .with_value(" AND r.contact = (SELECT o.seq FROM contacts AS o WHERE o.tenant = ?", tenant.as_str());
            query = query.with_id(" AND o.id = ?)", id);
        }
        if let Some(id) = filter.campaign {
            query = query.with_id(" AND r.campaign = ?", id);
        }
        if let Some(state) = filter.state {
            query = query.with_value(" AND r.state = ?", state.as_str());
        }
        if let Some(channel) = &filter.channel {
            query = query.with_value(HAS_CHANNEL, channel.as_str());
        }
        if let Some(category) = &filter.category {
            let condition = " AND EXISTS (SELECT 1 FROM campaigns AS k WHERE k.tenant = r.tenant AND k.id = r.campaign \
                AND k.category = ?)";
            query = query.with_value(condition, category.as_str());
        }
        let rows = query.with_value(" ORDER BY r.seq LIMIT ?", cursor.left).fetch(connection).await?;
        cursor.advance(rows.len());
        for json in &rows {
            found.push((tenant.clone(), row::record(row::parse(json)?)?.0));
        }
    }
    Ok(found)
}

pub(super) async fn dnd(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<DndRow>, StoreError> {
    let mut cursor = TenantCursor::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = cursor.next_tenant() {
        let tables = "FROM dnd AS d CROSS JOIN contacts AS c ON c.seq = d.contact \
            LEFT JOIN campaigns AS k ON d.kind = 0 AND k.tenant = d.tenant AND k.id = d.scope ";
        let mut query = ListQuery::new(format!("SELECT {} {tables}", row::DND));
        query = query.with_value("WHERE d.tenant = ?", tenant.as_str());
        if let Some(after) = cursor.after {
            let Some((contact, scope)) = find_dnd_position(connection, &tenant, after).await? else { continue };
            query = query
                .with_value(" AND (d.contact, d.kind, d.scope) > (?", contact)
                .with_value(", ?", scope_kind(&scope));
            query = match scope {
                Scope::Campaign(id) => query.with_id(", ?)", id),
                Scope::Category(category) => query.with_value(", ?)", category),
            };
        }
        if let Some(id) = filter.contact {
            query = query
                .with_value(" AND d.contact = (SELECT o.seq FROM contacts AS o WHERE o.tenant = ?", tenant.as_str());
            query = query.with_id(" AND o.id = ?)", id);
        }
        if let Some(id) = filter.campaign {
            query = query.with_id(" AND d.kind = 0 AND d.scope = ?", id);
        }
        if let Some(category) = &filter.category {
            query = query.with_value(" AND coalesce(k.category, d.category) = ?", category.as_str());
        }
        let rows =
            query.with_value(" ORDER BY d.contact, d.kind, d.scope LIMIT ?", cursor.left).fetch(connection).await?;
        cursor.advance(rows.len());
        for json in &rows {
            let (contact, entry): (row::HexId, row::DndJson) = row::parse(json)?;
            found.push(DndRow { tenant: tenant.clone(), contact: contact.0, entry: row::dnd(entry)? });
        }
    }
    Ok(found)
}

pub(super) async fn record_log(
    connection: &mut SqliteConnection,
    tenant: &str,
    record: Uuid,
) -> Result<Vec<LogEntry>, StoreError> {
    let query =
        ListQuery::new(format!("SELECT {} FROM record_log AS l ", row::LOG)).with_value("WHERE l.tenant = ?", tenant);
    let query = query.with_value(" AND l.record = (SELECT r.seq FROM records AS r WHERE r.tenant = ?", tenant);
    let rows = query.with_id(" AND r.id = ?) ORDER BY l.entry", record).fetch(connection).await?;
    rows.iter().map(|json| row::log_entry(row::parse(json)?)).collect()
}

/// Returns the id and a column of the row with this id.
async fn find_position(
    connection: &mut SqliteConnection,
    table: &str,
    column: &str,
    tenant: &str,
    id: &str,
) -> Result<Option<(Uuid, i64)>, StoreError> {
    let Ok(id) = id.parse::<Uuid>() else { return Ok(None) };
    let query =
        ListQuery::new(format!("SELECT CAST({column} AS TEXT) FROM {table} ")).with_value("WHERE tenant = ?", tenant);
    let found = query.with_id(" AND id = ?", id).fetch(connection).await?;
    found.first().map(|seq| Ok((id, row::parse(seq)?))).transpose()
}

/// Returns the row number of a contact, and the scope of its entry, for a cursor.
async fn find_dnd_position(
    connection: &mut SqliteConnection,
    tenant: &str,
    cursor: &str,
) -> Result<Option<(i64, Scope)>, StoreError> {
    let Some(position) = DndPosition::parse(cursor) else { return Ok(None) };
    let contact = find_position(connection, "contacts", "seq", tenant, &position.contact.to_string()).await?;
    let Some((_, contact)) = contact else { return Ok(None) };
    let text = "SELECT json_array(d.kind, iif(d.kind = 0, hex(d.scope), d.scope)) FROM dnd AS d WHERE d.tenant = ?";
    let listed = ListQuery::default()
        .with_value(text, tenant)
        .with_value(" AND d.contact = ?", contact)
        .fetch(connection)
        .await?;
    let scopes = listed.iter().map(|json| row::parse(json).and_then(|(kind, scope)| row::scope(kind, scope)));
    let scopes = scopes.collect::<Result<Vec<Scope>, _>>()?;
    Ok(Some((contact, position.resolve_scope(|scope| scopes.contains(scope)))))
}
