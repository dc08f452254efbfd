//! The first round trip of a batch: it takes the file's write lock and reads the objects of the batch.

use super::query::Parameters;
use super::row;
use super::schema;
use super::statement_batch::{MAX_ROWS_PER_STATEMENT, StatementBatch, StatementPart};
use flowhost_store::batch::{BatchState, ContactDetails, KeyOutcome};
use flowhost_store::{StoreError, quota};

const TENANTS: StatementPart = StatementPart {
    before: ", (SELECT json_group_array(json_array(q.column1, coalesce(t.version, 0), coalesce(u.bytes, 0))) FROM (VALUES ",
    parameters_per_row: 1,
    numbered: true,
    after: ") AS q LEFT JOIN tenants AS t ON t.id = q.column2 LEFT JOIN usage AS u ON u.tenant = q.column2)",
};

const CONTACTS: StatementPart = StatementPart {
    before: ", (SELECT json_group_array(json_array(q.column1, c.seq, c.version, \
        iif(q.column4, json_array(c.name, json_array(c.correlator_1, c.correlator_2, c.correlator_3), json(c.addresses), \
        c.created_at, c.updated_at), NULL), \
        iif(q.column5, (SELECT json_group_array(json_array(d.kind, iif(d.kind = 0, hex(d.scope), d.scope), \
        octet_length(d.scope) + octet_length(d.by) + coalesce(octet_length(d.reason), 0))) FROM dnd AS d \
        WHERE d.tenant = c.tenant AND d.contact = c.seq), NULL))) FROM (VALUES ",
    parameters_per_row: 4,
    numbered: true,
    after: ") AS q CROSS JOIN contacts AS c ON c.tenant = q.column2 AND c.id = q.column3)",
};

const ADDRESSES: StatementPart = StatementPart {
    before: ", (SELECT json_group_array(json_array(q.column1, a.contact)) FROM (VALUES ",
    parameters_per_row: 3,
    numbered: true,
    after: ") AS q CROSS JOIN addresses AS a ON a.tenant = q.column2 AND a.channel = q.column3 \
        AND a.identifier = q.column4)",
};

const RECORDS: StatementPart = StatementPart {
    before: ", (SELECT json_group_array(json_array(q.column1, r.seq, hex(c.id), hex(r.campaign), \
        r.state, r.run, r.entries, octet_length(r.data) + coalesce(octet_length(r.schedule_text), 0) \
        + coalesce(octet_length(r.message), 0) + coalesce(octet_length(r.template), 0))) FROM (VALUES ",
    parameters_per_row: 2,
    numbered: true,
    after: ") AS q CROSS JOIN records AS r ON r.tenant = q.column2 AND r.id = q.column3 \
        CROSS JOIN contacts AS c ON c.seq = r.contact)",
};

const KEYS: StatementPart = StatementPart {
    before: ", (SELECT json_group_array(json_array(q.column1, json_array(hex(y.digest), y.outcome, \
        y.expires_at))) FROM (VALUES ",
    parameters_per_row: 2,
    numbered: true,
    after: ") AS q CROSS JOIN keys AS y ON y.tenant = q.column2 AND y.key = q.column3)",
};

/// The separator before a further statement, when one would have too many parameters.
const STATEMENT_BREAK: StatementPart =
    StatementPart { before: "; SELECT NULL", parameters_per_row: 0, numbered: false, after: "" };

/// The beginning of the first statement: the lock, the row numbers of the newest contact and record, and the schema
/// version.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE; SELECT json_array(coalesce((SELECT max(seq) FROM contacts), 0), \
    coalesce((SELECT max(seq) FROM records), 0), (SELECT user_version FROM pragma_user_version))";

type ContactDetailsRow = (String, [Option<String>; 3], Vec<(String, String, String)>, i64, i64);

/// The kind and the scope of a do-not-disturb entry, and the length of its texts.
type DndScopeRow = (u8, String, i64);

/// Returns the statements that read all entries of the batch.
pub(super) fn statements_for(batch_state: &BatchState<'_>) -> StatementBatch {
    let name = |tenant: usize| batch_state.tenant_id(tenant);
    let mut statements = StatementBatch::with_break(STATEMENT_BREAK);
    statements.add(TENANTS, &batch_state.tenants, |values, tenant| values.add(tenant.id));
    statements.add(CONTACTS, &batch_state.contacts, |values: &mut Parameters, contact| {
        values.add(name(contact.tenant));
        values.add(&contact.id.as_bytes()[..]);
        values.add(contact.needs_details);
        values.add(contact.needs_dnd);
    });
    statements.add(ADDRESSES, &batch_state.addresses, |values, address| {
        values.add(name(address.tenant));
        values.add(address.channel);
        values.add(address.identifier);
    });
    statements.add(RECORDS, &batch_state.records, |values, record| {
        values.add(name(record.tenant));
        values.add(&record.id.as_bytes()[..]);
    });
    statements.add(KEYS, &batch_state.keys, |values, key| {
        values.add(name(key.tenant));
        values.add(key.key);
    });
    statements
}

/// Returns the number of statements that the parts form.
pub(super) fn statement_count(parts: &[StatementPart]) -> usize {
    1 + parts.iter().filter(|part| **part == STATEMENT_BREAK).count()
}

/// Loads the results into the entries of the batch: first the newest row numbers, then one result per part. Error:
/// [`StoreError::NewerVersion`], since a newer release may have migrated the open file.
pub(super) fn load(
    batch_state: &mut BatchState<'_>,
    parts: &[StatementPart],
    answers: &[Option<String>],
) -> Result<(), StoreError> {
    let mut answers = answers.iter().map(|answer| answer.as_deref().unwrap_or("[]"));
    let version;
    (batch_state.last_contact, batch_state.last_record, version) = row::parse(answers.next().unwrap_or_default())?;
    schema::check_version(version)?;
    let mut before = None;
    let mut first = 0;
    for (part, rows) in parts.iter().zip(answers).filter(|(part, _)| **part != STATEMENT_BREAK) {
        // A kind with many entries has several parts, and each part numbers its rows from 0.
        first = if Some(part) == before { first + MAX_ROWS_PER_STATEMENT } else { 0 };
        load_part(batch_state, part, rows, first)?;
        before = Some(part);
    }
    Ok(())
}

fn load_part(
    batch_state: &mut BatchState<'_>,
    part: &StatementPart,
    json: &str,
    first: usize,
) -> Result<(), StoreError> {
    match *part {
        TENANTS => {
            for (number, version, bytes) in row::parse::<Vec<(usize, u64, i64)>>(json)? {
                if let Some(tenant) = batch_state.tenants.get_mut(first + number) {
                    (tenant.version, tenant.bytes_before, tenant.bytes) = (version, bytes, bytes.max(0));
                }
            }
            Ok(())
        }
        CONTACTS => load_contacts(batch_state, json, first),
        ADDRESSES => {
            for (number, owner) in row::parse::<Vec<(usize, i64)>>(json)? {
                if let Some(address) = batch_state.addresses.get_mut(first + number) {
                    address.owner = Some(owner);
                }
            }
            Ok(())
        }
        RECORDS => load_records(batch_state, json, first),
        _ => {
            for (number, stored) in row::parse::<Vec<(usize, row::KeyRow)>>(json)? {
                let (outcome, expires) = row::idempotency_record(stored)?;
                if let Some(key) = batch_state.keys.get_mut(first + number) {
                    key.current = Some(KeyOutcome::Stored(outcome, expires));
                }
            }
            Ok(())
        }
    }
}

fn load_contacts(batch_state: &mut BatchState<'_>, json: &str, first: usize) -> Result<(), StoreError> {
    type Row = (usize, i64, u64, Option<ContactDetailsRow>, Option<Vec<DndScopeRow>>);
    for (number, seq, version, details, lists) in row::parse::<Vec<Row>>(json)? {
        let Some(contact) = batch_state.contacts.get_mut(first + number) else { continue };
        contact.seq = Some(seq);
        contact.version = version;
        contact.details = details.map(|(name, correlators, addresses, created_at, updated_at)| ContactDetails {
            name,
            correlators,
            addresses: addresses.into_iter().map(row::address).collect(),
            created_at,
            updated_at,
        });
        for (kind, scope, bytes) in lists.into_iter().flatten() {
            contact.dnd_bytes.insert(row::scope(kind, scope)?, quota::dnd_row_bytes(bytes));
        }
    }
    Ok(())
}

fn load_records(batch_state: &mut BatchState<'_>, json: &str, first: usize) -> Result<(), StoreError> {
    type Row = (usize, i64, row::HexId, row::HexId, String, u32, i64, i64);
    for (number, seq, contact, campaign, state, run, entries, bytes) in row::parse::<Vec<Row>>(json)? {
        let Some(record) = batch_state.records.get_mut(first + number) else { continue };
        record.seq = Some(seq);
        record.contact = contact.0;
        record.campaign = campaign.0;
        record.state = row::state(&state)?;
        record.run = run;
        record.entries = entries;
        record.bytes = quota::record_row_bytes(bytes);
    }
    Ok(())
}
