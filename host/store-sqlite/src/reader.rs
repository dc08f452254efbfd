//! Lookups in SQLite: one statement with a column for each kind of lookup. All lookups see the same snapshot and share
//! one round trip to the connection's thread. A cancelled read leaves no transaction open.

use super::coalesce::PendingRead;
use super::connection::{Access, ConnectionFactory};
use super::error::SqliteError;
use super::page_query;
use super::query::{Parameters, numbered_rows, padded_row_count};
use super::row;
use flowhost_store::clock::IdempotencyClock;
use flowhost_store::{Lookup, LookupResult, ReadRequest, Snapshot, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Maximum number of cached statements of a reader. Rebuilding one is fast.
const MAX_CACHED_STATEMENTS: usize = 256;

/// A reader on several connections, each opened at first use.
pub(super) struct SqliteReader {
    connection_factory: Arc<ConnectionFactory>,
    idle_connections: Mutex<Vec<SqliteConnection>>,
    pub(super) permits: Semaphore,
    pub(super) coalesce_reads: bool,
    pub(super) pending_reads: Mutex<Vec<PendingRead>>,
    statements: Mutex<HashMap<ReadShape, Arc<str>>>,
}

impl SqliteReader {
    pub(super) fn new(connection_factory: Arc<ConnectionFactory>, connections: usize, coalesce_reads: bool) -> Self {
        let permits = Semaphore::new(connections.max(1));
        Self {
            connection_factory,
            idle_connections: Mutex::default(),
            permits,
            coalesce_reads,
            pending_reads: Mutex::default(),
            statements: Mutex::default(),
        }
    }

    async fn take_connection(&self) -> Result<SqliteConnection, StoreError> {
        let idle = self.idle_connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.connection_factory.connect(Access::Read).await,
        }
    }

    fn statement(&self, shape: ReadShape) -> Arc<str> {
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sql) = statements.get(&shape) {
            return sql.clone();
        }
        let sql: Arc<str> = shape.build_statement().into();
        if statements.len() >= MAX_CACHED_STATEMENTS {
            statements.clear();
        }
        statements.insert(shape, sql.clone());
        sql
    }
}

/// The lookups of one round trip for one tenant.
pub(super) struct ReadBatch<'a> {
    pub(super) tenant: &'a str,
    pub(super) known_version: Option<u64>,
    pub(super) lookups: Vec<&'a Lookup>,
}

impl<'a> ReadBatch<'a> {
    pub(super) fn new(request: &'a ReadRequest) -> Self {
        let lookups = request.lookups.iter().collect();
        Self { tenant: &request.tenant, known_version: request.known_version, lookups }
    }
}

impl SqliteReader {
    /// Executes a batch in one round trip. The caller holds a permit.
    pub(super) async fn execute(&self, batch: &ReadBatch<'_>) -> Result<Snapshot, StoreError> {
        let shape = ReadShape::new(batch);
        let sql = self.statement(shape);
        let values = shape.bind_lookups(batch, &self.connection_factory.clock);
        let mut pooled = PooledConnection {
            idle_connections: &self.idle_connections,
            connection: Some(self.take_connection().await?),
        };
        let Some(connection) = &mut pooled.connection else {
            return Err(StoreError::Unavailable("a connection is missing".to_owned()));
        };
        let row = values.fetch_row(connection, &sql, shape.row_count()).await;
        if row.is_err() {
            // The error may come from the connection, so the next read opens a new one.
            pooled.connection = None;
        }
        drop(pooled);
        parse_snapshot(batch, &row?)
    }
}

/// A connection that returns to the pool when the read ends or is cancelled. The statement of a cancelled read stops by
/// itself.
struct PooledConnection<'a> {
    idle_connections: &'a Mutex<Vec<SqliteConnection>>,
    connection: Option<SqliteConnection>,
}

impl Drop for PooledConnection<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle_connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// The number of kinds of lookups. The columns have the same order.
const LOOKUP_KINDS: usize = 11;

/// The number of rows of each kind, which determines the SQL of the statement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct ReadShape([usize; LOOKUP_KINDS]);

fn kind_index(lookup: &Lookup) -> usize {
    match lookup {
        Lookup::IdempotencyKey(_) => 0,
        Lookup::Campaign(_) => 1,
        Lookup::Category(_) => 2,
        Lookup::Contact(_) => 3,
        Lookup::Address(..) => 4,
        Lookup::NewestReadyRecord { .. } => 5,
        Lookup::Record(_) => 6,
        Lookup::LinkedContact { .. } => 7,
        Lookup::ReadyPage { .. } | Lookup::LatestReadyRecords { .. } => READY_PAGE_KIND,
        Lookup::CampaignPage { category: None, .. } => 9,
        Lookup::CampaignPage { category: Some(_), .. } => 10,
    }
}

/// The number of parameters of a lookup, by kind.
const PARAMETERS_PER_KIND: [usize; LOOKUP_KINDS] = [2, 1, 1, 1, 2, 2, 1, 2, 4, 2, 3];

/// The first kind of pages. Pages are the last kinds and have one column per lookup, since the limit of a page cannot be
/// the column of a row.
const READY_PAGE_KIND: usize = 8;

impl ReadShape {
    fn new(batch: &ReadBatch<'_>) -> Self {
        let mut rows = [0; LOOKUP_KINDS];
        for lookup in &batch.lookups {
            if let Some(rows) = rows.get_mut(kind_index(lookup)) {
                *rows += 1;
            }
        }
        for rows in rows.iter_mut().take(READY_PAGE_KIND).filter(|rows| **rows > 0) {
            *rows = padded_row_count(*rows);
        }
        Self(rows)
    }

    fn row_count(&self) -> usize {
        self.0.iter().sum()
    }

    fn build_statement(&self) -> String {
        let mut sql = format!(
            "SELECT coalesce((SELECT t.version FROM tenants AS t WHERE t.id = ?1), 0), \
             (SELECT {} FROM tenants AS t WHERE t.id = ?1 AND t.version <> ?2)",
            row::TENANT
        );
        let mut first = 3;
        for (kind, (rows, parameters)) in self.0.iter().zip(PARAMETERS_PER_KIND).enumerate() {
            if kind >= READY_PAGE_KIND {
                for page in 0..*rows {
                    let first = first + page * parameters;
                    let _ = match kind {
                        READY_PAGE_KIND => write!(sql, ", ({})", page_query::ready_records(first)),
                        _ => write!(sql, ", ({})", page_query::campaigns(first, parameters == 3)),
                    };
                }
            } else if *rows > 0 {
                let (columns, tables) = select_for(kind);
                let values = numbered_rows(*rows, parameters, first);
                let _ = write!(
                    sql,
                    ", (SELECT json_group_array(json_array(q.column1, {columns})) FROM (VALUES {values}) AS q {tables})"
                );
            }
            first += rows * parameters;
        }
        sql
    }

    fn bind_lookups(&self, batch: &ReadBatch<'_>, clock: &IdempotencyClock) -> Parameters {
        let mut values = Parameters::default();
        values.add(batch.tenant);
        let known = batch.known_version.and_then(|version| i64::try_from(version).ok());
        values.add(known.unwrap_or(-1));
        for (kind, (rows, parameters)) in self.0.iter().zip(PARAMETERS_PER_KIND).enumerate() {
            let mut missing_rows = *rows;
            for lookup in batch.lookups.iter().filter(|lookup| kind_index(lookup) == kind) {
                bind_lookup(lookup, clock, &mut values);
                missing_rows -= 1;
            }
            values.add_nulls(missing_rows * parameters);
        }
        values
    }
}

/// Returns the columns and the tables that a kind selects beside its parameters `q`. The CROSS JOIN forces SQLite to
/// scan `q` first.
fn select_for(kind: usize) -> (String, &'static str) {
    let (columns, tables) = match kind {
        0 => (row::KEY, "CROSS JOIN keys AS y ON y.tenant = ?1 AND y.key = q.column2 AND y.expires_at > q.column3"),
        1 => (row::CAMPAIGN, "CROSS JOIN campaigns AS k ON k.tenant = ?1 AND k.id = q.column2"),
        2 => ("1", "WHERE EXISTS (SELECT 1 FROM campaigns AS k WHERE k.tenant = ?1 AND k.category = q.column2)"),
        3 => (row::CONTACT, "CROSS JOIN contacts AS c ON c.tenant = ?1 AND c.id = q.column2"),
        4 => (
            row::CONTACT,
            "CROSS JOIN addresses AS a ON a.tenant = ?1 AND a.channel = q.column2 AND a.identifier = q.column3 \
             CROSS JOIN contacts AS c ON c.seq = a.contact",
        ),
        5 => (row::RECORD, NEWEST_TABLES),
        6 => (
            row::RECORD,
            "CROSS JOIN records AS r ON r.tenant = ?1 AND r.id = q.column2 CROSS JOIN contacts AS c ON c.seq = r.contact",
        ),
        _ => (row::CONTACT, LINKED_TABLES),
    };
    let more = if kind == 5 { format!(", {HAS_OLDER}") } else { String::new() };
    (format!("{columns}{more}"), tables)
}

/// A condition: the contact has an older Ready record than `r`.
const HAS_OLDER: &str = "EXISTS (SELECT 1 FROM records AS o WHERE o.tenant = ?1 AND o.contact = c.seq \
    AND o.campaign = q.column3 AND o.state = 'ready' AND o.seq < r.seq)";

const NEWEST_TABLES: &str = "CROSS JOIN contacts AS c ON c.tenant = ?1 AND c.id = q.column2 \
    CROSS JOIN records AS r ON r.seq = (SELECT max(n.seq) FROM records AS n WHERE n.tenant = ?1 AND n.contact = c.seq \
    AND n.campaign = q.column3 AND n.state = 'ready')";

const LINKED_TABLES: &str = "CROSS JOIN contacts AS me ON me.tenant = ?1 AND me.id = q.column2 \
    CROSS JOIN contacts AS c ON c.seq = (SELECT min(s.contact) FROM ( \
    SELECT (SELECT l.contact FROM links AS l WHERE l.tenant = ?1 AND l.slot = 1 AND l.value = me.correlator_1 \
    AND l.channel = q.column3 AND l.contact <> me.seq ORDER BY l.contact LIMIT 1) AS contact UNION ALL \
    SELECT (SELECT l.contact FROM links AS l WHERE l.tenant = ?1 AND l.slot = 2 AND l.value = me.correlator_2 \
    AND l.channel = q.column3 AND l.contact <> me.seq ORDER BY l.contact LIMIT 1) UNION ALL \
    SELECT (SELECT l.contact FROM links AS l WHERE l.tenant = ?1 AND l.slot = 3 AND l.value = me.correlator_3 \
    AND l.channel = q.column3 AND l.contact <> me.seq ORDER BY l.contact LIMIT 1)) AS s)";

fn bind_lookup(lookup: &Lookup, clock: &IdempotencyClock, values: &mut Parameters) {
    match lookup {
        Lookup::IdempotencyKey(key) => {
            values.add(key.as_str());
            values.add(clock.now_micros());
        }
        Lookup::Campaign(id) | Lookup::Contact(id) | Lookup::Record(id) => values.add(&id.as_bytes()[..]),
        Lookup::Category(name) => values.add(name.as_str()),
        Lookup::Address(channel, identifier) => {
            values.add(channel.as_str());
            values.add(identifier.as_str());
        }
        Lookup::NewestReadyRecord { contact, campaign } => {
            values.add(&contact.as_bytes()[..]);
            values.add(&campaign.as_bytes()[..]);
        }
        Lookup::LinkedContact { contact, channel } => {
            values.add(&contact.as_bytes()[..]);
            values.add(channel.as_str());
        }
        Lookup::ReadyPage { contact, campaign, after, limit } => {
            values.add(&contact.as_bytes()[..]);
            values.add(&campaign.as_bytes()[..]);
            values.add(after.as_ref().map(|after| &after.as_bytes()[..]));
            values.add(i64::from(*limit));
        }
        Lookup::LatestReadyRecords { contact, campaign, limit } => {
            values.add(&contact.as_bytes()[..]);
            values.add(&campaign.as_bytes()[..]);
            values.add(None::<i64>);
            // The sign encodes the direction.
            values.add(-i64::from(*limit));
        }
        Lookup::CampaignPage { category, after, limit } => {
            values.add(after.as_ref().map(|after| &after.as_bytes()[..]));
            values.add(i64::from(*limit));
            if let Some(category) = category {
                values.add(category.as_str());
            }
        }
    }
}

/// Assigns the rows of the columns to their lookups.
fn parse_snapshot(batch: &ReadBatch<'_>, columns: &SqliteRow) -> Result<Snapshot, StoreError> {
    let text = |column: usize| columns.try_get_unchecked::<Option<&str>, _>(column).map_err(SqliteError::convert_error);
    let version: i64 = columns.try_get_unchecked(0).map_err(SqliteError::convert_error)?;
    let tenant = text(1)?.map(|json| row::tenant(row::parse(json)?)).transpose()?;
    let mut answers: Vec<LookupResult> = batch.lookups.iter().map(|lookup| empty_result(lookup)).collect();
    let mut column = 2;
    for kind in 0..LOOKUP_KINDS {
        let mut positions =
            batch.lookups.iter().enumerate().filter(|(_, lookup)| kind_index(lookup) == kind).peekable();
        if positions.peek().is_none() {
            continue;
        }
        if kind >= READY_PAGE_KIND {
            for (position, _) in positions {
                if let (Some(json), Some(answer)) = (text(column)?, answers.get_mut(position)) {
                    *answer = page_query::parse(kind == READY_PAGE_KIND, json)?;
                }
                column += 1;
            }
            continue;
        }
        let positions: Vec<usize> = positions.map(|(position, _)| position).collect();
        for (number, found) in rows_of(kind, text(column)?.unwrap_or("[]"))? {
            if let Some(answer) = positions.get(number).and_then(|position| answers.get_mut(*position)) {
                *answer = found;
            }
        }
        column += 1;
    }
    let version = u64::try_from(version).unwrap_or_default();
    Ok(Snapshot { version, tenant: tenant.map(|(tenant, _)| Arc::new(tenant)), results: answers })
}

/// Returns the rows of a kind's column, with their numbers.
fn rows_of(kind: usize, json: &str) -> Result<Vec<(usize, LookupResult)>, StoreError> {
    fn each<T, R>(
        rows: Vec<(usize, T)>,
        answer: impl Fn(T) -> Result<R, StoreError>,
    ) -> Result<Vec<(usize, R)>, StoreError> {
        rows.into_iter().map(|(number, row)| Ok((number, answer(row)?))).collect()
    }
    match kind {
        0 => each(row::parse(json)?, |row| Ok(LookupResult::IdempotencyKey(Some(row::idempotency_record(row)?.0)))),
        1 => each(row::parse(json)?, |row| Ok(LookupResult::Campaign(Some(Arc::new(row::campaign(row)?))))),
        2 => each(row::parse(json)?, |_: u8| Ok(LookupResult::Category(true))),
        5 => {
            let rows: Vec<(usize, row::RecordRow, u8)> = row::parse(json)?;
            let answer = |(number, row, more)| {
                let (record, _) = row::record(row)?;
                Ok((number, LookupResult::NewestReadyRecord(Some((Arc::new(record), more == 1)))))
            };
            rows.into_iter().map(answer).collect()
        }
        6 => each(row::parse(json)?, |row| {
            let (record, version) = row::record(row)?;
            Ok(LookupResult::Record(Some((Arc::new(record), version))))
        }),
        _ => each(row::parse(json)?, |row| Ok(LookupResult::Contact(Some(row::contact(row)?)))),
    }
}

/// Returns the result of a lookup that finds nothing.
fn empty_result(lookup: &Lookup) -> LookupResult {
    match lookup {
        Lookup::IdempotencyKey(_) => LookupResult::IdempotencyKey(None),
        Lookup::Campaign(_) => LookupResult::Campaign(None),
        Lookup::Category(_) => LookupResult::Category(false),
        Lookup::Contact(_) | Lookup::Address(..) | Lookup::LinkedContact { .. } => LookupResult::Contact(None),
        Lookup::NewestReadyRecord { .. } => LookupResult::NewestReadyRecord(None),
        Lookup::ReadyPage { .. } | Lookup::LatestReadyRecords { .. } => LookupResult::ReadyRecords(None),
        Lookup::Record(_) => LookupResult::Record(None),
        Lookup::CampaignPage { .. } => LookupResult::CampaignIds(None),
    }
}
