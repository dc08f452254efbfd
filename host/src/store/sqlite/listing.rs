//! Lists of what the store holds, tenant by tenant.

use super::failure::StoreFailure;
use super::query::Bound;
use super::row;
use super::slot::kind_of;
use crate::domain::{Campaign, Record, Scope, Tenant};
use crate::store::listing::DndPosition;
use crate::store::{ContactRow, DndRow, Filter, LogEntry, Page, StoreError};
use sqlx::{Row, SqliteConnection};
use std::sync::Arc;
use uuid::Uuid;

/// A statement that grows with its parameters.
#[derive(Default)]
struct Listing {
    text: String,
    bound: Bound,
}

impl Listing {
    /// `text` with one `?` for each of the `values` still to be added.
    fn of(text: String) -> Self {
        Self { text, bound: Bound::default() }
    }

    fn with<'t, T: sqlx::Encode<'t, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(mut self, text: &str, value: T) -> Self {
        self.text.push_str(text);
        self.bound.add(value);
        self
    }

    fn with_id(self, text: &str, id: Uuid) -> Self {
        self.with(text, &id.as_bytes()[..])
    }

    fn and(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// The JSON of the first column of each row.
    async fn run(self, connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
        let rows = self.bound.rows(connection, self.text).await?;
        rows.iter().map(|row| row.try_get_unchecked(0).map_err(StoreFailure::of)).collect()
    }
}

/// Where a list stands: which tenants it has still to visit, and whether it has come to the row it begins after.
struct Walk<'a> {
    tenants: std::vec::IntoIter<String>,
    after: Option<&'a str>,
    left: i64,
}

impl<'a> Walk<'a> {
    async fn new(connection: &mut SqliteConnection, filter: &Filter, page: &'a Page) -> Result<Self, StoreError> {
        let tenants = match &filter.tenant {
            Some(tenant) => vec![tenant.clone()],
            None => Listing::of("SELECT id FROM tenants WHERE id >= '' ORDER BY id".to_owned()).run(connection).await?,
        };
        Ok(Self { tenants: tenants.into_iter(), after: page.after.as_deref(), left: i64::from(page.limit) })
    }

    fn next(&mut self) -> Option<String> {
        if self.left > 0 { self.tenants.next() } else { None }
    }

    fn took(&mut self, rows: usize) {
        self.after = None;
        self.left -= i64::try_from(rows).unwrap_or(i64::MAX);
    }
}

pub(super) async fn tenants(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<Tenant>, StoreError> {
    let mut listing = Listing::of(format!("SELECT {} FROM tenants AS t WHERE ", row::TENANT));
    listing = match &page.after {
        Some(after) => listing.with("t.id > ?", after.as_str()),
        None => listing.and("t.id >= ''"),
    };
    if let Some(tenant) = &filter.tenant {
        listing = listing.with(" AND t.id = ?", tenant.as_str());
    }
    let rows = listing.with(" ORDER BY t.id LIMIT ?", i64::from(page.limit)).run(connection).await?;
    rows.iter().map(|json| Ok(row::tenant(row::parse(json)?)?.0)).collect()
}

pub(super) async fn campaigns(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<Campaign>, StoreError> {
    let mut walk = Walk::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = walk.next() {
        let mut listing = Listing::of(format!("SELECT {} FROM campaigns AS k ", row::CAMPAIGN));
        listing = listing.with("WHERE k.tenant = ?", tenant.as_str());
        if let Some(after) = walk.after {
            let Some(id) = position(connection, "campaigns", "1", &tenant, after).await?.map(|(id, _)| id) else {
                continue;
            };
            listing = listing
                .with(" AND (k.name, k.id) > (SELECT a.name, a.id FROM campaigns AS a WHERE a.tenant = ?", tenant);
            listing = listing.with_id(" AND a.id = ?)", id);
        }
        if let Some(id) = filter.campaign {
            listing = listing.with_id(" AND k.id = ?", id);
        }
        if let Some(category) = &filter.category {
            listing = listing.with(" AND k.category = ?", category.as_str());
        }
        let rows = listing.with(" ORDER BY k.name, k.id LIMIT ?", walk.left).run(connection).await?;
        walk.took(rows.len());
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
    let mut walk = Walk::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = walk.next() {
        let mut listing = Listing::of(format!("SELECT {} FROM contacts AS c ", row::CONTACT));
        listing = listing.with("WHERE c.tenant = ?", tenant.as_str());
        if let Some(after) = walk.after {
            let Some((_, seq)) = position(connection, "contacts", "seq", &tenant, after).await? else { continue };
            listing = listing.with(" AND c.seq > ?", seq);
        }
        if let Some(id) = filter.contact {
            listing = listing.with_id(" AND c.id = ?", id);
        }
        if let Some(channel) = &filter.channel {
            listing = listing.with(HAS_CHANNEL, channel.as_str());
        }
        if let Some(id) = filter.linked {
            listing = listing.and(" AND c.seq IN (");
            for slot in 1..=3 {
                let union = if slot == 1 { "" } else { " UNION " };
                listing = listing
                    .with(&format!("{union}SELECT l.contact FROM links AS l WHERE l.tenant = ?"), tenant.as_str());
                let of = format!(
                    " AND l.slot = {slot} AND l.channel = '' AND l.value = (SELECT m.correlator_{slot} FROM contacts AS m \
                     WHERE m.tenant = ?"
                );
                listing = listing.with(&of, tenant.as_str()).with_id(" AND m.id = ?)", id);
            }
            listing = listing.with_id(") AND c.id <> ?", id);
        }
        let rows = listing.with(" ORDER BY c.seq LIMIT ?", walk.left).run(connection).await?;
        walk.took(rows.len());
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
    let mut walk = Walk::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = walk.next() {
        let from = "FROM records AS r CROSS JOIN contacts AS c ON c.seq = r.contact ";
        let mut listing = Listing::of(format!("SELECT {} {from}", row::RECORD));
        listing = listing.with("WHERE r.tenant = ?", tenant.as_str());
        if let Some(after) = walk.after {
            let Some((_, seq)) = position(connection, "records", "seq", &tenant, after).await? else { continue };
            listing = listing.with(" AND r.seq > ?", seq);
        }
        if let Some(id) = filter.contact {
            listing =
                listing.with(" AND r.contact = (SELECT o.seq FROM contacts AS o WHERE o.tenant = ?", tenant.as_str());
            listing = listing.with_id(" AND o.id = ?)", id);
        }
        if let Some(id) = filter.campaign {
            listing = listing.with_id(" AND r.campaign = ?", id);
        }
        if let Some(state) = filter.state {
            listing = listing.with(" AND r.state = ?", state.as_str());
        }
        if let Some(channel) = &filter.channel {
            listing = listing.with(HAS_CHANNEL, channel.as_str());
        }
        if let Some(category) = &filter.category {
            let of = " AND EXISTS (SELECT 1 FROM campaigns AS k WHERE k.tenant = r.tenant AND k.id = r.campaign \
                AND k.category = ?)";
            listing = listing.with(of, category.as_str());
        }
        let rows = listing.with(" ORDER BY r.seq LIMIT ?", walk.left).run(connection).await?;
        walk.took(rows.len());
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
    let mut walk = Walk::new(connection, filter, page).await?;
    let mut found = Vec::new();
    while let Some(tenant) = walk.next() {
        let tables = "FROM dnd AS d CROSS JOIN contacts AS c ON c.seq = d.contact \
            LEFT JOIN campaigns AS k ON d.kind = 0 AND k.tenant = d.tenant AND k.id = d.scope ";
        let mut listing = Listing::of(format!("SELECT {} {tables}", row::DND));
        listing = listing.with("WHERE d.tenant = ?", tenant.as_str());
        if let Some(after) = walk.after {
            let Some((contact, scope)) = dnd_position(connection, &tenant, after).await? else { continue };
            listing = listing.with(" AND (d.contact, d.kind, d.scope) > (?", contact).with(", ?", kind_of(&scope));
            listing = match scope {
                Scope::Campaign(id) => listing.with_id(", ?)", id),
                Scope::Category(category) => listing.with(", ?)", category),
            };
        }
        if let Some(id) = filter.contact {
            listing =
                listing.with(" AND d.contact = (SELECT o.seq FROM contacts AS o WHERE o.tenant = ?", tenant.as_str());
            listing = listing.with_id(" AND o.id = ?)", id);
        }
        if let Some(id) = filter.campaign {
            listing = listing.with_id(" AND d.kind = 0 AND d.scope = ?", id);
        }
        if let Some(category) = &filter.category {
            listing = listing.with(" AND coalesce(k.category, d.category) = ?", category.as_str());
        }
        let rows = listing.with(" ORDER BY d.contact, d.kind, d.scope LIMIT ?", walk.left).run(connection).await?;
        walk.took(rows.len());
        for json in &rows {
            let (contact, entry): (row::Id, row::DndJson) = row::parse(json)?;
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
    let listing = Listing::of(format!("SELECT {} FROM record_log AS l ", row::LOG)).with("WHERE l.tenant = ?", tenant);
    let listing = listing.with(" AND l.record = (SELECT r.seq FROM records AS r WHERE r.tenant = ?", tenant);
    let rows = listing.with_id(" AND r.id = ?) ORDER BY l.entry", record).run(connection).await?;
    rows.iter().map(|json| row::log(row::parse(json)?)).collect()
}

/// The row of a table with this id, and a column of it.
async fn position(
    connection: &mut SqliteConnection,
    table: &str,
    column: &str,
    tenant: &str,
    id: &str,
) -> Result<Option<(Uuid, i64)>, StoreError> {
    let Ok(id) = id.parse::<Uuid>() else { return Ok(None) };
    let listing = Listing::of(format!("SELECT CAST({column} AS TEXT) FROM {table} ")).with("WHERE tenant = ?", tenant);
    let found = listing.with_id(" AND id = ?", id).run(connection).await?;
    found.first().map(|seq| Ok((id, row::parse(seq)?))).transpose()
}

/// The number of a contact, and the scope of its entry, which a cursor names.
async fn dnd_position(
    connection: &mut SqliteConnection,
    tenant: &str,
    cursor: &str,
) -> Result<Option<(i64, Scope)>, StoreError> {
    let Some(named) = DndPosition::parse(cursor) else { return Ok(None) };
    let contact = position(connection, "contacts", "seq", tenant, &named.contact.to_string()).await?;
    let Some((_, contact)) = contact else { return Ok(None) };
    let text = "SELECT json_array(d.kind, iif(d.kind = 0, hex(d.scope), d.scope)) FROM dnd AS d WHERE d.tenant = ?";
    let listed = Listing::default().with(text, tenant).with(" AND d.contact = ?", contact).run(connection).await?;
    let scopes = listed.iter().map(|json| row::parse(json).and_then(|(kind, scope)| row::scope(kind, scope)));
    let scopes = scopes.collect::<Result<Vec<Scope>, _>>()?;
    Ok(Some((contact, named.scope(|scope| scopes.contains(scope)))))
}
