//! Invariants of the database file: each effect is complete and belongs to exactly one key.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _, SqliteConnection};
use std::collections::HashMap;
use std::path::Path;

/// The effects of all requests with keys, by key.
const EFFECTS: &str = "CREATE TEMP VIEW effects AS \
    SELECT name AS effect FROM contacts WHERE instr(name, '/') \
    UNION ALL SELECT message FROM records WHERE instr(message, '/') \
    UNION ALL SELECT substr(by, instr(by, 'session ') + 8) FROM dnd \
    UNION ALL SELECT substr(note, instr(note, 'session ') + 8) FROM record_log WHERE to_state = 'cancelled'";

/// Violations, with statements that select them.
const VIOLATIONS: [(&str, &str); 9] = [
    ("an effect without its key", "SELECT effect FROM effects EXCEPT SELECT key FROM keys"),
    (
        "a key without its effect",
        "SELECT key FROM keys WHERE substr(key, 1, instr(key, '/') - 1) NOT IN ('refused', 'read-only') \
         EXCEPT SELECT effect FROM effects",
    ),
    ("an effect that exists twice", "SELECT effect FROM effects GROUP BY effect HAVING count(*) > 1"),
    (
        "a contact without its addresses",
        "SELECT name FROM contacts AS c WHERE (SELECT count(*) FROM json_each(c.addresses) AS j CROSS JOIN addresses AS a \
         ON a.tenant = c.tenant AND a.channel = j.value ->> 0 AND a.identifier = j.value ->> 1 AND a.contact = c.seq) \
         <> iif(name GLOB 'pair/*', 2, 1)",
    ),
    (
        "an address without its contact",
        "SELECT identifier FROM addresses AS a WHERE NOT EXISTS (SELECT * FROM contacts AS c WHERE c.seq = a.contact)",
    ),
    (
        "a contact without its links",
        "SELECT name FROM contacts AS c WHERE c.name GLOB 'linked/*' AND 6 <> (SELECT count(*) FROM links AS l \
         WHERE l.tenant = c.tenant AND l.slot IN (1, 2, 3) AND l.value = c.name AND l.contact = c.seq)",
    ),
    ("a link without its contact", "SELECT value FROM links WHERE contact NOT IN (SELECT seq FROM contacts)"),
    (
        "a record without its log",
        "SELECT hex(id) FROM records AS r WHERE r.entries <> (SELECT count(*) FROM record_log AS l \
         WHERE l.tenant = r.tenant AND l.record = r.seq) OR r.entries <> iif(r.state = 'cancelled', 2, 1)",
    ),
    (
        "a contact whose version is not the number of its changes",
        "SELECT hex(id) FROM contacts AS c WHERE c.version <> 1 + \
         (SELECT coalesce(sum(r.entries), 0) FROM records AS r WHERE r.tenant = c.tenant AND r.contact = c.seq) + \
         (SELECT count(*) FROM dnd AS d WHERE d.tenant = c.tenant AND d.contact = c.seq)",
    ),
];

const COUNTED: &str = "SELECT tenant, bytes FROM usage WHERE bytes <> 0";

/// The statement of the migration that counts the stored bytes of each tenant.
fn stored_bytes_query() -> &'static str {
    let migration = include_str!("../../../host/store-sqlite/migrations/0002_limits.sql");
    let begin = migration.find("SELECT tenant, sum(bytes)").unwrap();
    let statement = &migration[begin..];
    &statement[..statement.find(';').unwrap()]
}

/// Asserts the invariants, and returns the stored outcomes by key.
pub(crate) async fn check(database: &Path) -> HashMap<String, String> {
    let mut connection = connect(database).await;
    let verdict = column(&mut connection, "PRAGMA integrity_check").await;
    assert_eq!(verdict, ["ok"]);
    let strangers = connection.fetch_all("PRAGMA foreign_key_check").await.unwrap().len();
    assert_eq!(strangers, 0, "rows with an unknown foreign key");
    connection.execute(EFFECTS).await.unwrap();
    for (what, text) in VIOLATIONS {
        let found = column(&mut connection, text).await;
        assert!(found.is_empty(), "{what}: {found:?}");
    }
    let miscounted = format!(
        "SELECT tenant FROM ({0} EXCEPT {1}) UNION ALL SELECT tenant FROM ({1} EXCEPT {0})",
        COUNTED,
        stored_bytes_query()
    );
    let miscounted = connection.fetch_all(AssertSqlSafe(miscounted)).await.unwrap().len();
    assert_eq!(miscounted, 0, "tenants with a wrong number of stored bytes");
    let rows = connection.fetch_all("SELECT key, outcome FROM keys").await.unwrap();
    connection.close().await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn column(connection: &mut SqliteConnection, text: &'static str) -> Vec<String> {
    let rows = connection.fetch_all(AssertSqlSafe(text)).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A connection that bypasses the store.
pub(crate) async fn connect(database: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(database).connect().await.unwrap()
}
