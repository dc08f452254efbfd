//! Lists in SQLite, tenant by tenant.

use super::batch_entry::scope_kind;
use super::error::SqliteError;
use super::row;
use flowhost_domain::{Campaign, Record, Scope, Tenant};
use flowhost_store::listing::DndPosition;
use flowhost_store::{ContactRow, DndRow, Filter, LogEntry, Page, StoreError};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use std::sync::Arc;
use uuid::Uuid;

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
            None => fetch(connection, QueryBuilder::new("SELECT id FROM tenants WHERE id >= '' ORDER BY id")).await?,
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
    let mut query = QueryBuilder::new(format!("SELECT {} FROM tenants AS t WHERE ", row::TENANT));
    match &page.after {
        Some(after) => query.push("t.id > ").push_bind(after),
        None => query.push("t.id >= ''"),
    };
    if let Some(tenant) = &filter.tenant {
        query.push(" AND t.id = ").push_bind(tenant);
    }
    query.push(" ORDER BY t.id LIMIT ").push_bind(i64::from(page.limit));
    let rows = fetch(connection, query).await?;
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
        let mut query = QueryBuilder::new(format!("SELECT {} FROM campaigns AS k ", row::CAMPAIGN));
        query.push("WHERE k.tenant = ").push_bind(&tenant);
        if let Some(after) = cursor.after {
            let Some(id) = find_position(connection, "campaigns", "1", &tenant, after).await?.map(|(id, _)| id) else {
                continue;
            };
            query.push(" AND (k.name, k.id) > (SELECT a.name, a.id FROM campaigns AS a WHERE a.tenant = ");
            query.push_bind(&tenant).push(" AND a.id = ").push_bind(id.as_bytes().as_slice()).push(")");
        }
        if let Some(id) = filter.campaign {
            query.push(" AND k.id = ").push_bind(id.as_bytes().as_slice());
        }
        if let Some(category) = &filter.category {
            query.push(" AND k.category = ").push_bind(category);
        }
        query.push(" ORDER BY k.name, k.id LIMIT ").push_bind(cursor.left);
        let rows = fetch(connection, query).await?;
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
        let mut query = QueryBuilder::new(format!("SELECT {} FROM contacts AS c ", row::CONTACT));
        query.push("WHERE c.tenant = ").push_bind(&tenant);
        if let Some(after) = cursor.after {
            let Some((_, seq)) = find_position(connection, "contacts", "seq", &tenant, after).await? else { continue };
            query.push(" AND c.seq > ").push_bind(seq);
        }
        if let Some(id) = filter.contact {
            query.push(" AND c.id = ").push_bind(id.as_bytes().as_slice());
        }
        if let Some(channel) = &filter.channel {
            push_channel(&mut query, channel);
        }
        if let Some(id) = filter.linked {
            push_linked(&mut query, &tenant, id);
        }
        query.push(" ORDER BY c.seq LIMIT ").push_bind(cursor.left);
        let rows = fetch(connection, query).await?;
        cursor.advance(rows.len());
        for json in &rows {
            let contact = Arc::unwrap_or_clone(row::contact(row::parse(json)?)?.contact);
            found.push(ContactRow { tenant: tenant.clone(), contact });
        }
    }
    Ok(found)
}

/// Adds a condition: contact `c` has an address in the channel.
fn push_channel(query: &mut QueryBuilder<Sqlite>, channel: &str) {
    query.push(" AND EXISTS (SELECT 1 FROM json_each(c.addresses) AS j WHERE j.value ->> 0 = ");
    query.push_bind(channel).push(")");
}

/// Adds a condition: contact `c` is another contact that shares a correlator with this one.
fn push_linked(query: &mut QueryBuilder<Sqlite>, tenant: &str, id: Uuid) {
    query.push(" AND c.seq IN (");
    for slot in 1..=3 {
        query.push(if slot == 1 { "" } else { " UNION " });
        query.push("SELECT l.contact FROM links AS l WHERE l.tenant = ").push_bind(tenant);
        query.push(format_args!(
            " AND l.slot = {slot} AND l.channel = '' AND l.value = (SELECT m.correlator_{slot} FROM contacts AS m \
             WHERE m.tenant = "
        ));
        query.push_bind(tenant).push(" AND m.id = ").push_bind(id.as_bytes().as_slice()).push(")");
    }
    query.push(") AND c.id <> ").push_bind(id.as_bytes().as_slice());
}

/// Adds a condition: a column is the row number of the contact.
fn push_contact(query: &mut QueryBuilder<Sqlite>, column: &str, tenant: &str, id: Uuid) {
    query.push(format_args!(" AND {column} = (SELECT o.seq FROM contacts AS o WHERE o.tenant = ")).push_bind(tenant);
    query.push(" AND o.id = ").push_bind(id.as_bytes().as_slice()).push(")");
}

pub(super) async fn records(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<(String, Record)>, StoreError> {
    let mut cursor = TenantCursor::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = cursor.next_tenant() {
        let from = "FROM records AS r CROSS JOIN contacts AS c ON c.seq = r.contact ";
        let mut query = QueryBuilder::new(format!("SELECT {} {from}", row::RECORD));
        query.push("WHERE r.tenant = ").push_bind(&tenant);
        if let Some(after) = cursor.after {
            let Some((_, seq)) = find_position(connection, "records", "seq", &tenant, after).await? else { continue };
            query.push(" AND r.seq > ").push_bind(seq);
        }
        if let Some(id) = filter.contact {
            push_contact(&mut query, "r.contact", &tenant, id);
        }
        if let Some(id) = filter.campaign {
            query.push(" AND r.campaign = ").push_bind(id.as_bytes().as_slice());
        }
        if let Some(state) = filter.state {
            query.push(" AND r.state = ").push_bind(state.as_str());
        }
        if let Some(channel) = &filter.channel {
            push_channel(&mut query, channel);
        }
        if let Some(category) = &filter.category {
            query.push(" AND EXISTS (SELECT 1 FROM campaigns AS k WHERE k.tenant = r.tenant AND k.id = r.campaign");
            query.push(" AND k.category = ").push_bind(category).push(")");
        }
        query.push(" ORDER BY r.seq LIMIT ").push_bind(cursor.left);
        let rows = fetch(connection, query).await?;
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
        let mut query = QueryBuilder::new(format!("SELECT {} {tables}", row::DND));
        query.push("WHERE d.tenant = ").push_bind(&tenant);
        if let Some(after) = cursor.after {
            let Some((contact, scope)) = find_dnd_position(connection, &tenant, after).await? else { continue };
            query.push(" AND (d.contact, d.kind, d.scope) > (").push_bind(contact);
            query.push(", ").push_bind(scope_kind(&scope)).push(", ");
            match scope {
                Scope::Campaign(id) => query.push_bind(id.as_bytes().as_slice()),
                Scope::Category(category) => query.push_bind(category),
            }
            .push(")");
        }
        if let Some(id) = filter.contact {
            push_contact(&mut query, "d.contact", &tenant, id);
        }
        if let Some(id) = filter.campaign {
            query.push(" AND d.kind = 0 AND d.scope = ").push_bind(id.as_bytes().as_slice());
        }
        if let Some(category) = &filter.category {
            query.push(" AND coalesce(k.category, d.category) = ").push_bind(category);
        }
        query.push(" ORDER BY d.contact, d.kind, d.scope LIMIT ").push_bind(cursor.left);
        let rows = fetch(connection, query).await?;
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
    let mut query = QueryBuilder::new(format!("SELECT {} FROM record_log AS l WHERE l.tenant = ", row::LOG));
    query.push_bind(tenant).push(" AND l.record = (SELECT r.seq FROM records AS r WHERE r.tenant = ");
    query.push_bind(tenant).push(" AND r.id = ").push_bind(record.as_bytes().as_slice()).push(") ORDER BY l.entry");
    let rows = fetch(connection, query).await?;
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
    let mut query = QueryBuilder::new(format!("SELECT CAST({column} AS TEXT) FROM {table} WHERE tenant = "));
    query.push_bind(tenant).push(" AND id = ").push_bind(id.as_bytes().as_slice());
    let found = fetch(connection, query).await?;
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
    let text = "SELECT json_array(d.kind, iif(d.kind = 0, hex(d.scope), d.scope)) FROM dnd AS d WHERE d.tenant = ";
    let mut query = QueryBuilder::new(text);
    query.push_bind(tenant).push(" AND d.contact = ").push_bind(contact);
    let listed = fetch(connection, query).await?;
    let scopes = listed.iter().map(|json| row::parse(json).and_then(|(kind, scope)| row::scope(kind, scope)));
    let scopes = scopes.collect::<Result<Vec<Scope>, _>>()?;
    Ok(Some((contact, position.resolve_scope(|scope| scopes.contains(scope)))))
}

/// Runs a query, and returns the JSON in the first column of each row.
async fn fetch(connection: &mut SqliteConnection, mut query: QueryBuilder<Sqlite>) -> Result<Vec<String>, StoreError> {
    #[cfg(test)]
    super::query_plan_tests::record_statement(query.sql().as_str());
    let rows = query.build().fetch_all(connection).await.map_err(SqliteError::convert_error)?;
    rows.iter().map(|row| row.try_get_unchecked(0).map_err(SqliteError::convert_error)).collect()
}
