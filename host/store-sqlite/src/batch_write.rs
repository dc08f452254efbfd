//! The second round trip of a batch: it writes the changes of all accepted commits and ends the transaction.

use super::query::Parameters;
use super::statement_batch::{StatementBatch, StatementPart};
use flowhost_domain::Scope;
use flowhost_store::batch::{BatchState, ContactDetails, ContactEntry, ContactWrite};
use flowhost_store::expired_keys_per_commit;
use flowhost_store::timestamp::to_micros;
use std::collections::BTreeSet;

const fn statement_part(before: &'static str, parameters: usize, after: &'static str) -> StatementPart {
    StatementPart { before, parameters_per_row: parameters, numbered: false, after }
}

const SKIP_PADDING: &str = ") AS q WHERE q.column1 IS NOT NULL; ";

const INSERT_CONTACTS: StatementPart = statement_part(
    "INSERT INTO contacts (seq, tenant, id, version, name, correlator_1, correlator_2, correlator_3, addresses, \
        created_at, updated_at) SELECT * FROM (VALUES ",
    11,
    SKIP_PADDING,
);

const UPDATE_CONTACT_DETAILS: StatementPart = statement_part(
    "UPDATE contacts SET version = q.column2, name = q.column3, correlator_1 = q.column4, correlator_2 = q.column5, \
        correlator_3 = q.column6, addresses = q.column7, updated_at = q.column8 FROM (VALUES ",
    8,
    ") AS q WHERE contacts.seq = q.column1; ",
);

const UPDATE_CONTACT_VERSIONS: StatementPart = statement_part(
    "UPDATE contacts SET version = q.column2 FROM (VALUES ",
    2,
    ") AS q WHERE contacts.seq = q.column1; ",
);

const INSERT_ADDRESSES: StatementPart = statement_part(
    "INSERT INTO addresses (tenant, channel, identifier, contact) SELECT * FROM (VALUES ",
    4,
    SKIP_PADDING,
);

const DELETE_LINKS: StatementPart =
    statement_part("DELETE FROM links WHERE (tenant, slot, value, channel, contact) IN (VALUES ", 5, "); ");

const INSERT_LINKS: StatementPart =
    statement_part("INSERT INTO links (tenant, slot, value, channel, contact) SELECT * FROM (VALUES ", 5, SKIP_PADDING);

const DELETE_DND: StatementPart =
    statement_part("DELETE FROM dnd WHERE (tenant, contact, kind, scope) IN (VALUES ", 4, "); ");

const INSERT_DND: StatementPart = statement_part(
    "INSERT OR IGNORE INTO dnd (tenant, contact, kind, scope, category, at, by, reason) SELECT * FROM (VALUES ",
    8,
    SKIP_PADDING,
);

const INSERT_RECORDS: StatementPart = statement_part(
    "INSERT INTO records (seq, tenant, id, campaign, contact, state, run, entries, created_at, updated_at, internal, depth, \
        scheduled_at, schedule_text, message, template, data) SELECT * FROM (VALUES ",
    17,
    SKIP_PADDING,
);

const UPDATE_RECORDS: StatementPart = statement_part(
    "UPDATE records SET updated_at = q.column2, internal = q.column3, depth = q.column4, scheduled_at = q.column5, \
        schedule_text = q.column6, message = q.column7, template = q.column8, data = q.column9 FROM (VALUES ",
    9,
    ") AS q WHERE records.seq = q.column1; ",
);

const UPDATE_RECORD_STATES: StatementPart = statement_part(
    "UPDATE records SET state = q.column2, run = q.column3, entries = q.column4, updated_at = q.column5 FROM (VALUES ",
    5,
    ") AS q WHERE records.seq = q.column1; ",
);

const INSERT_LOG: StatementPart = statement_part(
    "INSERT INTO record_log (tenant, record, entry, run, at, from_state, to_state, note) SELECT * FROM (VALUES ",
    8,
    SKIP_PADDING,
);

const UPSERT_KEYS: StatementPart = statement_part(
    "INSERT INTO keys (tenant, key, digest, outcome, expires_at) SELECT * FROM (VALUES ",
    5,
    ") AS q WHERE q.column1 IS NOT NULL ON CONFLICT (tenant, key) DO UPDATE SET digest = excluded.digest, \
        outcome = excluded.outcome, expires_at = excluded.expires_at; ",
);

const UPSERT_USAGE: StatementPart = statement_part(
    "INSERT INTO usage (tenant, bytes) SELECT * FROM (VALUES ",
    2,
    ") AS q WHERE q.column1 IS NOT NULL ON CONFLICT (tenant) DO UPDATE SET bytes = excluded.bytes; ",
);

/// Subtracts the bytes of the oldest expired keys from the usage of their tenants. [`DELETE_EXPIRED_KEYS`] deletes the
/// same keys.
const SUBTRACT_EXPIRED_KEY_BYTES: [StatementPart; 2] = [
    statement_part(
        "UPDATE usage SET bytes = max(usage.bytes, 0) - f.bytes FROM (SELECT g.tenant, sum(g.bytes) AS bytes FROM (SELECT e.tenant, \
            192 + octet_length(e.key) + octet_length(e.outcome) AS bytes FROM keys AS e WHERE e.expires_at <= ",
        1,
        " ORDER BY e.expires_at, e.tenant, e.key LIMIT ",
    ),
    statement_part("", 1, ") AS g GROUP BY g.tenant) AS f WHERE usage.tenant = f.tenant; "),
];

/// Deletes the oldest expired keys of all tenants.
const DELETE_EXPIRED_KEYS: [StatementPart; 2] = [
    statement_part(
        "DELETE FROM keys WHERE (tenant, key) IN (SELECT e.tenant, e.key FROM keys AS e WHERE e.expires_at <= ",
        1,
        " ORDER BY e.expires_at, e.tenant, e.key LIMIT ",
    ),
    statement_part("", 1, "); "),
];

/// Returns the statements that write all changed entries of the batch.
pub(super) fn write_statements(batch_state: &BatchState<'_>) -> StatementBatch {
    let mut statements = StatementBatch::default();
    write_contacts(batch_state, &mut statements);
    write_dnd(batch_state, &mut statements);
    write_records(batch_state, &mut statements);
    write_keys(batch_state, &mut statements);
    write_usage(batch_state, &mut statements);
    if !statements.is_empty() {
        delete_expired_keys(batch_state, &mut statements);
    }
    statements
}

fn tenant_id<'a>(batch_state: &BatchState<'a>, tenant: usize) -> &'a str {
    batch_state.tenant_id(tenant)
}

fn write_contacts(batch_state: &BatchState<'_>, statements: &mut StatementBatch) {
    let with = |write: ContactWrite| {
        let slots = batch_state.contacts.iter().filter(move |contact| contact.write == write);
        slots.filter_map(|contact| Some((contact, contact.seq?)))
    };
    let detailed = |write| with(write).filter_map(|(contact, seq)| Some((contact, seq, contact.details.as_ref()?)));
    let mut new: Vec<_> = detailed(ContactWrite::All).collect();
    new.sort_by_key(|(_, seq, _)| *seq);
    statements.add(INSERT_CONTACTS, new, |values, (contact, seq, details)| {
        values.add(seq);
        values.add(tenant_id(batch_state, contact.tenant));
        values.add(&contact.id.as_bytes()[..]);
        values.add(version_number(contact.version));
        bind_details(values, details);
        values.add(details.created_at);
        values.add(details.updated_at);
    });
    statements.add(UPDATE_CONTACT_DETAILS, detailed(ContactWrite::Details), |values, (contact, seq, details)| {
        values.add(seq);
        values.add(version_number(contact.version));
        bind_details(values, details);
        values.add(details.updated_at);
    });
    statements.add(UPDATE_CONTACT_VERSIONS, with(ContactWrite::Version), |values, (contact, seq)| {
        values.add(seq);
        values.add(version_number(contact.version));
    });
    let new = batch_state.addresses.iter().filter(|address| address.is_new);
    statements.add(INSERT_ADDRESSES, new, |values, address| {
        values.add(tenant_id(batch_state, address.tenant));
        values.add(address.channel);
        values.add(address.identifier);
        values.add(address.owner);
    });
    let link = |values: &mut Parameters,
                (contact, seq, (slot, value, channel)): (&ContactEntry, i64, (i64, &str, &str))| {
        values.add(tenant_id(batch_state, contact.tenant));
        values.add(slot);
        values.add(value);
        values.add(channel);
        values.add(seq);
    };
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (contact, seq, details) in detailed(ContactWrite::All).chain(detailed(ContactWrite::Details)) {
        let before: BTreeSet<_> = contact.details_before.iter().flat_map(links).collect();
        let after: BTreeSet<_> = links(details).collect();
        old.extend(before.difference(&after).map(|link| (contact, seq, *link)));
        new.extend(after.difference(&before).map(|link| (contact, seq, *link)));
    }
    statements.add(DELETE_LINKS, old, link);
    statements.add(INSERT_LINKS, new, link);
}

/// Returns the rows of the table `links`: slot, value and channel. One row of each correlator has an empty channel.
fn links(details: &ContactDetails) -> impl Iterator<Item = (i64, &str, &str)> {
    let correlators = (1_i64..).zip(&details.correlators).filter_map(|(slot, value)| Some((slot, value.as_deref()?)));
    correlators.flat_map(|(slot, value)| {
        let channels = std::iter::once("").chain(details.addresses.iter().map(|address| address.channel.as_str()));
        channels.map(move |channel| (slot, value, channel))
    })
}

fn bind_details(values: &mut Parameters, details: &ContactDetails) {
    values.add(details.name.as_str());
    for correlator in &details.correlators {
        values.add(correlator.as_deref());
    }
    let mut addresses: Vec<_> = details
        .addresses
        .iter()
        .map(|flowhost_domain::Address { channel, identifier, typed }| (channel, identifier, typed))
        .collect();
    addresses.sort();
    // Texts always have a JSON form.
    values.add(serde_json::to_string(&addresses).unwrap_or_default());
}

fn write_dnd(batch_state: &BatchState<'_>, statements: &mut StatementBatch) {
    let removed = batch_state.dnd.iter().filter(|(_, change)| change.remove);
    statements.add(DELETE_DND, removed, |values, ((tenant, contact, scope), _)| {
        values.add(tenant_id(batch_state, *tenant));
        values.add(*contact);
        bind_scope(values, scope);
    });
    let added = batch_state.dnd.iter().filter_map(|(key, change)| Some((key, change.add?)));
    statements.add(INSERT_DND, added, |values, ((tenant, contact, scope), entry)| {
        values.add(tenant_id(batch_state, *tenant));
        values.add(*contact);
        bind_scope(values, scope);
        values.add(entry.category.as_str());
        values.add(to_micros(entry.at));
        values.add(entry.actor.as_str());
        values.add(entry.reason.as_deref());
    });
}

fn bind_scope(values: &mut Parameters, scope: &Scope) {
    values.add(scope_kind(scope));
    match scope {
        Scope::Campaign(id) => values.add(&id.as_bytes()[..]),
        Scope::Category(category) => values.add(category.as_str()),
    }
}

fn write_records(batch_state: &BatchState<'_>, statements: &mut StatementBatch) {
    let slots = || batch_state.records.iter().filter_map(|record| Some((record, record.seq?)));
    let new = slots().filter_map(|(slot, seq)| Some((slot, seq, slot.created?, slot.content?)));
    let mut new: Vec<_> = new.collect();
    new.sort_by_key(|(_, seq, _, _)| *seq);
    statements.add(INSERT_RECORDS, new, |values, (slot, seq, (created, contact), content)| {
        values.add(seq);
        values.add(tenant_id(batch_state, slot.tenant));
        values.add(&slot.id.as_bytes()[..]);
        values.add(&slot.campaign.as_bytes()[..]);
        values.add(contact);
        values.add(slot.state.as_str());
        values.add(slot.run);
        values.add(slot.entries);
        values.add(to_micros(created.created_at));
        values.add(slot.updated_at);
        bind_content(values, content);
    });
    let old = || slots().filter(|(slot, _)| slot.created.is_none());
    let content = old().filter_map(|(slot, seq)| Some((slot, seq, slot.content?)));
    statements.add(UPDATE_RECORDS, content, |values, (slot, seq, content)| {
        values.add(seq);
        values.add(slot.updated_at);
        bind_content(values, content);
    });
    statements.add(UPDATE_RECORD_STATES, old().filter(|(slot, _)| slot.state_changed), |values, (slot, seq)| {
        values.add(seq);
        values.add(slot.state.as_str());
        values.add(slot.run);
        values.add(slot.entries);
        values.add(slot.updated_at);
    });
    statements.add(INSERT_LOG, &batch_state.log, |values, line| {
        values.add(tenant_id(batch_state, line.tenant));
        values.add(line.record);
        values.add(line.entry);
        values.add(line.run);
        values.add(line.at);
        values.add(line.from.map(|state| state.as_str()));
        values.add(line.to.as_str());
        values.add(line.note);
    });
}

fn bind_content(values: &mut Parameters, record: &flowhost_domain::Record) {
    values.add(record.internal);
    values.add(record.depth);
    values.add(record.schedule.as_ref().map(|schedule| to_micros(schedule.at)));
    values.add(record.schedule.as_ref().map(|schedule| schedule.text.as_str()));
    values.add(record.message.as_deref());
    values.add(record.template.as_deref());
    values.add(record.data.as_str());
}

fn write_keys(batch_state: &BatchState<'_>, statements: &mut StatementBatch) {
    let written = batch_state.keys.iter().filter_map(|key| Some((key, key.pending?)));
    statements.add(UPSERT_KEYS, written, |values, (key, (record, expires))| {
        values.add(tenant_id(batch_state, key.tenant));
        values.add(key.key);
        values.add(&record.fingerprint[..]);
        values.add(record.outcome.as_str());
        values.add(expires);
    });
}

fn write_usage(batch_state: &BatchState<'_>, statements: &mut StatementBatch) {
    let changed = batch_state.tenants.iter().filter(|tenant| tenant.bytes != tenant.bytes_before);
    statements.add(UPSERT_USAGE, changed, |values, tenant| {
        values.add(tenant.id);
        values.add(tenant.bytes);
    });
}

/// Deletes expired keys. This statement must follow the one that stores the batch's keys, because a replaced key has
/// not expired any more.
fn delete_expired_keys(batch_state: &BatchState<'_>, statements: &mut StatementBatch) {
    for [until, at_most] in [SUBTRACT_EXPIRED_KEY_BYTES, DELETE_EXPIRED_KEYS] {
        statements.add(until, [batch_state.now], Parameters::add);
        statements.add(at_most, [expired_keys_per_commit(batch_state.keys_stored)], Parameters::add);
    }
}

fn version_number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Returns the kind of a scope in the table `dnd`.
pub(super) fn scope_kind(scope: &Scope) -> i64 {
    match scope {
        Scope::Campaign(_) => 0,
        Scope::Category(_) => 1,
    }
}
