//! Answers to lookups: one statement with a column for each kind of lookup, so that all see the same snapshot, in one
//! round trip to the connection's thread, and with nothing left open when the caller goes away.

use super::connection::{Access, Opener};
use super::failure::StoreFailure;
use super::group::Asked;
use super::query::{Bound, numbered_rows, rounded};
use super::row;
use crate::store::clock::KeyClock;
use crate::store::{Answer, Lookup, ReadRequest, Snapshot, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// How many forms of the statement a reader remembers; they are quick to make again.
const TEXTS: usize = 256;

/// Reads on a few connections, each opened when first needed.
pub(super) struct SqliteReader {
    opener: Arc<Opener>,
    idle: Mutex<Vec<SqliteConnection>>,
    pub(super) turns: Semaphore,
    pub(super) grouping: bool,
    pub(super) asked: Mutex<Vec<Asked>>,
    texts: Mutex<HashMap<Shape, Arc<str>>>,
}

impl SqliteReader {
    pub(super) fn new(opener: Arc<Opener>, connections: usize, grouping: bool) -> Self {
        let turns = Semaphore::new(connections.max(1));
        Self { opener, idle: Mutex::default(), turns, grouping, asked: Mutex::default(), texts: Mutex::default() }
    }

    async fn connection(&self) -> Result<SqliteConnection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.opener.connect(Access::Read).await,
        }
    }

    fn text(&self, shape: Shape) -> Arc<str> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts.get(&shape) {
            return text.clone();
        }
        let text: Arc<str> = shape.text().into();
        if texts.len() >= TEXTS {
            texts.clear();
        }
        texts.insert(shape, text.clone());
        text
    }
}

/// The lookups of one trip, for one tenant.
pub(super) struct Trip<'a> {
    pub(super) tenant: &'a str,
    pub(super) known_version: Option<u64>,
    pub(super) lookups: Vec<&'a Lookup>,
}

impl<'a> Trip<'a> {
    pub(super) fn of(request: &'a ReadRequest) -> Self {
        let lookups = request.lookups.iter().collect();
        Self { tenant: &request.tenant, known_version: request.known_version, lookups }
    }
}

impl SqliteReader {
    /// Makes a trip. Whoever makes it holds a turn.
    pub(super) async fn make(&self, trip: &Trip<'_>) -> Result<Snapshot, StoreError> {
        let shape = Shape::of(trip);
        let text = self.text(shape);
        let bound = shape.bind(trip, &self.opener.clock);
        let mut lent = Lent { idle: &self.idle, connection: Some(self.connection().await?) };
        let Some(connection) = &mut lent.connection else {
            return Err(StoreError::Unavailable("a connection is gone".to_owned()));
        };
        let row = bound.one_row(connection, &text, shape.rows()).await;
        if row.is_err() {
            // The fault may be the connection's: the next read gets a new one.
            lent.connection = None;
        }
        drop(lent);
        snapshot(trip, &row?)
    }
}

/// A connection that goes back when the read ends, also one that is abandoned: its statement stops by itself.
struct Lent<'a> {
    idle: &'a Mutex<Vec<SqliteConnection>>,
    connection: Option<SqliteConnection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// Kinds of lookups, in the order of their columns.
const KINDS: usize = 9;

/// How many rows each kind has: what the statement's text depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Shape([usize; KINDS]);

fn kind(lookup: &Lookup) -> usize {
    match lookup {
        Lookup::Key(_) => 0,
        Lookup::Campaign(_) => 1,
        Lookup::Category(_) => 2,
        Lookup::Contact(_) => 3,
        Lookup::Address(..) => 4,
        Lookup::NewestReady { .. } => 5,
        Lookup::Record(_) => 6,
        Lookup::Linked { .. } => 7,
        Lookup::ReadyPage { .. } | Lookup::LatestReady { .. } => 8,
    }
}

/// How many parameters a lookup of each kind has.
const PARAMETERS: [usize; KINDS] = [2, 1, 1, 1, 2, 2, 1, 2, 4];

/// The last kind: a column each lookup, since the limit of a page can't come from a row.
const PAGE: usize = KINDS - 1;

impl Shape {
    fn of(trip: &Trip<'_>) -> Self {
        let mut rows = [0; KINDS];
        for lookup in &trip.lookups {
            if let Some(rows) = rows.get_mut(kind(lookup)) {
                *rows += 1;
            }
        }
        for rows in rows.iter_mut().take(PAGE).filter(|rows| **rows > 0) {
            *rows = rounded(*rows);
        }
        Self(rows)
    }

    fn rows(&self) -> usize {
        self.0.iter().sum()
    }

    fn text(&self) -> String {
        let mut text = format!(
            "SELECT coalesce((SELECT t.version FROM tenants AS t WHERE t.id = ?1), 0), \
             (SELECT {} FROM tenants AS t WHERE t.id = ?1 AND t.version <> ?2)",
            row::TENANT
        );
        let mut first = 3;
        for (kind, (rows, parameters)) in self.0.iter().zip(PARAMETERS).enumerate() {
            if kind == PAGE {
                for page in 0..*rows {
                    let _ = write!(text, ", ({})", page_text(first + page * parameters));
                }
            } else if *rows > 0 {
                let (columns, tables) = set(kind);
                let values = numbered_rows(*rows, parameters, first);
                let _ = write!(
                    text,
                    ", (SELECT json_group_array(json_array(q.column1, {columns})) FROM (VALUES {values}) AS q {tables})"
                );
            }
            first += rows * parameters;
        }
        text
    }

    fn bind(&self, trip: &Trip<'_>, clock: &KeyClock) -> Bound {
        let mut bound = Bound::default();
        bound.add(trip.tenant);
        let known = trip.known_version.and_then(|version| i64::try_from(version).ok());
        bound.add(known.unwrap_or(-1));
        for (of, (rows, parameters)) in self.0.iter().zip(PARAMETERS).enumerate() {
            let mut bare = *rows;
            for lookup in trip.lookups.iter().filter(|lookup| kind(lookup) == of) {
                bind(lookup, clock, &mut bound);
                bare -= 1;
            }
            bound.add_nulls(bare * parameters);
        }
        bound
    }
}

/// What a kind's rows select, and from what beside its parameters `q`. CROSS JOIN: `q` comes first, always.
fn set(kind: usize) -> (String, &'static str) {
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
    let more = if kind == 5 { format!(", {MORE}") } else { String::new() };
    (format!("{columns}{more}"), tables)
}

/// Whether a contact has an older Ready record than `r`.
const MORE: &str = "EXISTS (SELECT 1 FROM records AS o WHERE o.tenant = ?1 AND o.contact = c.seq \
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

/// A page of Ready records. Parameters: contact, campaign, the record to begin after, and the limit, which is negative
/// for the latest ones.
fn page_text(first: usize) -> String {
    let (contact, campaign, after, limit) = (first, first + 1, first + 2, first + 3);
    let rows = |condition: &str, order: &str| {
        format!(
            "SELECT r.id, r.scheduled_at, r.schedule_text FROM records AS r WHERE r.tenant = ?1 \
             AND r.contact = (SELECT seq FROM contacts WHERE tenant = ?1 AND id = ?{contact}) \
             AND r.campaign = ?{campaign} AND r.state = 'ready'{condition} ORDER BY r.seq{order}"
        )
    };
    let after_seq = format!(
        "(SELECT p.seq FROM records AS p CROSS JOIN contacts AS pc ON pc.seq = p.contact WHERE p.tenant = ?1 \
         AND p.id = ?{after} AND pc.id = ?{contact} AND p.campaign = ?{campaign})"
    );
    let oldest = rows(&format!(" AND r.seq > iif(?{after} IS NULL, 0, {after_seq})"), "");
    format!(
        "SELECT CASE WHEN ?{limit} < 0 THEN (SELECT json_group_array({ready}) FROM ({latest} LIMIT max(-?{limit}, 0)) AS page) \
         WHEN ?{after} IS NULL OR {after_seq} IS NOT NULL THEN \
         (SELECT json_group_array({ready}) FROM ({oldest} LIMIT max(?{limit}, 0)) AS page) END",
        ready = row::READY,
        latest = rows("", " DESC"),
    )
}

fn bind(lookup: &Lookup, clock: &KeyClock, bound: &mut Bound) {
    match lookup {
        Lookup::Key(key) => {
            bound.add(key.as_str());
            bound.add(clock.micros());
        }
        Lookup::Campaign(id) | Lookup::Contact(id) | Lookup::Record(id) => bound.add(&id.as_bytes()[..]),
        Lookup::Category(name) => bound.add(name.as_str()),
        Lookup::Address(channel, identifier) => {
            bound.add(channel.as_str());
            bound.add(identifier.as_str());
        }
        Lookup::NewestReady { contact, campaign } => {
            bound.add(&contact.as_bytes()[..]);
            bound.add(&campaign.as_bytes()[..]);
        }
        Lookup::Linked { contact, channel } => {
            bound.add(&contact.as_bytes()[..]);
            bound.add(channel.as_str());
        }
        Lookup::ReadyPage { contact, campaign, after, limit } => {
            bound.add(&contact.as_bytes()[..]);
            bound.add(&campaign.as_bytes()[..]);
            bound.add(after.as_ref().map(|after| &after.as_bytes()[..]));
            bound.add(i64::from(*limit));
        }
        Lookup::LatestReady { contact, campaign, limit } => {
            bound.add(&contact.as_bytes()[..]);
            bound.add(&campaign.as_bytes()[..]);
            bound.add(None::<i64>);
            // The sign tells the direction.
            bound.add(-i64::from(*limit));
        }
    }
}

/// Puts the columns' rows into the places of their lookups.
fn snapshot(trip: &Trip<'_>, columns: &SqliteRow) -> Result<Snapshot, StoreError> {
    let text = |column: usize| columns.try_get_unchecked::<Option<&str>, _>(column).map_err(StoreFailure::of);
    let version: i64 = columns.try_get_unchecked(0).map_err(StoreFailure::of)?;
    let tenant = text(1)?.map(|json| row::tenant(row::parse(json)?)).transpose()?;
    let mut answers: Vec<Answer> = trip.lookups.iter().map(|lookup| nothing(lookup)).collect();
    let mut column = 2;
    for of in 0..KINDS {
        let mut places = trip.lookups.iter().enumerate().filter(|(_, lookup)| kind(lookup) == of).peekable();
        if places.peek().is_none() {
            continue;
        }
        if of == PAGE {
            for (place, _) in places {
                if let (Some(json), Some(answer)) = (text(column)?, answers.get_mut(place)) {
                    let rows: Vec<row::ReadyRow> = row::parse(json)?;
                    *answer = Answer::Ready(Some(rows.into_iter().map(row::ready).collect()));
                }
                column += 1;
            }
            continue;
        }
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        for (number, found) in found(of, text(column)?.unwrap_or("[]"))? {
            if let Some(answer) = places.get(number).and_then(|place| answers.get_mut(*place)) {
                *answer = found;
            }
        }
        column += 1;
    }
    let version = u64::try_from(version).unwrap_or_default();
    Ok(Snapshot { version, tenant: tenant.map(|(tenant, _)| Arc::new(tenant)), answers })
}

/// The rows of a kind's column, with their numbers.
fn found(kind: usize, json: &str) -> Result<Vec<(usize, Answer)>, StoreError> {
    fn each<T, R>(
        rows: Vec<(usize, T)>,
        answer: impl Fn(T) -> Result<R, StoreError>,
    ) -> Result<Vec<(usize, R)>, StoreError> {
        rows.into_iter().map(|(number, row)| Ok((number, answer(row)?))).collect()
    }
    match kind {
        0 => each(row::parse(json)?, |row| Ok(Answer::Key(Some(row::key(row)?.0)))),
        1 => each(row::parse(json)?, |row| Ok(Answer::Campaign(Some(Arc::new(row::campaign(row)?))))),
        2 => each(row::parse(json)?, |_: u8| Ok(Answer::Category(true))),
        5 => {
            let rows: Vec<(usize, row::RecordRow, u8)> = row::parse(json)?;
            let answer = |(number, row, more)| {
                let (record, _) = row::record(row)?;
                Ok((number, Answer::NewestReady(Some((Arc::new(record), more == 1)))))
            };
            rows.into_iter().map(answer).collect()
        }
        6 => each(row::parse(json)?, |row| {
            let (record, version) = row::record(row)?;
            Ok(Answer::Record(Some((Arc::new(record), version))))
        }),
        _ => each(row::parse(json)?, |row| Ok(Answer::Contact(Some(row::contact(row)?)))),
    }
}

/// The answer to a lookup that found nothing.
fn nothing(lookup: &Lookup) -> Answer {
    match lookup {
        Lookup::Key(_) => Answer::Key(None),
        Lookup::Campaign(_) => Answer::Campaign(None),
        Lookup::Category(_) => Answer::Category(false),
        Lookup::Contact(_) | Lookup::Address(..) | Lookup::Linked { .. } => Answer::Contact(None),
        Lookup::NewestReady { .. } => Answer::NewestReady(None),
        Lookup::ReadyPage { .. } | Lookup::LatestReady { .. } => Answer::Ready(None),
        Lookup::Record(_) => Answer::Record(None),
    }
}
