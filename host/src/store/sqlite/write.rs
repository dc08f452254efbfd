//! The second trip of a batch: everything that the commits which are done change, and the end of the transaction.

use super::ledger::Ledger;
use super::query::Bound;
use super::script::{Part, Script};
use super::slot::{Contact, ContactWrite, Details, kind_of};
use crate::domain::{self, Scope};
use crate::store::expired_at_once;
use crate::store::instant::to_micros;
use std::collections::BTreeSet;

const fn rows(before: &'static str, parameters: usize, after: &'static str) -> Part {
    Part { before, parameters, numbered: false, after }
}

const NOT_FILLED_UP: &str = ") AS q WHERE q.column1 IS NOT NULL; ";

const NEW_CONTACTS: Part = rows(
    "INSERT INTO contacts (seq, tenant, id, version, name, correlator_1, correlator_2, correlator_3, addresses, \
        created_at, updated_at) SELECT * FROM (VALUES ",
    11,
    NOT_FILLED_UP,
);

const DETAILS: Part = rows(
    "UPDATE contacts SET version = q.column2, name = q.column3, correlator_1 = q.column4, correlator_2 = q.column5, \
        correlator_3 = q.column6, addresses = q.column7, updated_at = q.column8 FROM (VALUES ",
    8,
    ") AS q WHERE contacts.seq = q.column1; ",
);

const VERSIONS: Part =
    rows("UPDATE contacts SET version = q.column2 FROM (VALUES ", 2, ") AS q WHERE contacts.seq = q.column1; ");

const NEW_ADDRESSES: Part =
    rows("INSERT INTO addresses (tenant, channel, identifier, contact) SELECT * FROM (VALUES ", 4, NOT_FILLED_UP);

const OLD_LINKS: Part = rows("DELETE FROM links WHERE (tenant, slot, value, channel, contact) IN (VALUES ", 5, "); ");

const NEW_LINKS: Part =
    rows("INSERT INTO links (tenant, slot, value, channel, contact) SELECT * FROM (VALUES ", 5, NOT_FILLED_UP);

const LEAVE: Part = rows("DELETE FROM dnd WHERE (tenant, contact, kind, scope) IN (VALUES ", 4, "); ");

const JOIN: Part = rows(
    "INSERT OR IGNORE INTO dnd (tenant, contact, kind, scope, category, at, by, reason) SELECT * FROM (VALUES ",
    8,
    NOT_FILLED_UP,
);

const NEW_RECORDS: Part = rows(
    "INSERT INTO records (seq, tenant, id, campaign, contact, state, run, entries, created_at, updated_at, internal, depth, \
        scheduled_at, schedule_text, message, template, data) SELECT * FROM (VALUES ",
    17,
    NOT_FILLED_UP,
);

const SAID: Part = rows(
    "UPDATE records SET updated_at = q.column2, internal = q.column3, depth = q.column4, scheduled_at = q.column5, \
        schedule_text = q.column6, message = q.column7, template = q.column8, data = q.column9 FROM (VALUES ",
    9,
    ") AS q WHERE records.seq = q.column1; ",
);

const MOVED: Part = rows(
    "UPDATE records SET state = q.column2, run = q.column3, entries = q.column4, updated_at = q.column5 FROM (VALUES ",
    5,
    ") AS q WHERE records.seq = q.column1; ",
);

const LOG: Part = rows(
    "INSERT INTO record_log (tenant, record, entry, run, at, from_state, to_state, note) SELECT * FROM (VALUES ",
    8,
    NOT_FILLED_UP,
);

const KEYS: Part = rows(
    "INSERT INTO keys (tenant, key, digest, outcome, expires_at) SELECT * FROM (VALUES ",
    5,
    ") AS q WHERE q.column1 IS NOT NULL ON CONFLICT (tenant, key) DO UPDATE SET digest = excluded.digest, \
        outcome = excluded.outcome, expires_at = excluded.expires_at; ",
);

const USAGE: Part = rows(
    "INSERT INTO usage (tenant, bytes) SELECT * FROM (VALUES ",
    2,
    ") AS q WHERE q.column1 IS NOT NULL ON CONFLICT (tenant) DO UPDATE SET bytes = excluded.bytes; ",
);

/// Subtracts the oldest expired keys from the bytes of their tenants: those that [`DELETE_EXPIRED`] deletes.
const RELEASE_EXPIRED: [Part; 2] = [
    rows(
        "UPDATE usage SET bytes = max(usage.bytes, 0) - f.bytes FROM (SELECT g.tenant, sum(g.bytes) AS bytes FROM (SELECT e.tenant, \
            192 + octet_length(e.key) + octet_length(e.outcome) AS bytes FROM keys AS e WHERE e.expires_at <= ",
        1,
        " ORDER BY e.expires_at, e.tenant, e.key LIMIT ",
    ),
    rows("", 1, ") AS g GROUP BY g.tenant) AS f WHERE usage.tenant = f.tenant; "),
];

/// Deletes the oldest expired keys of all tenants.
const DELETE_EXPIRED: [Part; 2] = [
    rows(
        "DELETE FROM keys WHERE (tenant, key) IN (SELECT e.tenant, e.key FROM keys AS e WHERE e.expires_at <= ",
        1,
        " ORDER BY e.expires_at, e.tenant, e.key LIMIT ",
    ),
    rows("", 1, "); "),
];

/// Everything that the ledger's slots say is to be written.
pub(super) fn changes(ledger: &Ledger<'_>) -> Script {
    let mut script = Script::default();
    contacts(ledger, &mut script);
    lists(ledger, &mut script);
    records(ledger, &mut script);
    keys(ledger, &mut script);
    usage(ledger, &mut script);
    if !script.is_empty() {
        delete_expired(ledger, &mut script);
    }
    script
}

fn name<'a>(ledger: &Ledger<'a>, tenant: usize) -> &'a str {
    ledger.name(tenant)
}

fn contacts(ledger: &Ledger<'_>, script: &mut Script) {
    let with = |write: ContactWrite| {
        let slots = ledger.contacts.iter().filter(move |contact| contact.write == write);
        slots.filter_map(|contact| Some((contact, contact.seq?)))
    };
    let detailed = |write| with(write).filter_map(|(contact, seq)| Some((contact, seq, contact.details.as_ref()?)));
    let mut new: Vec<_> = detailed(ContactWrite::All).collect();
    new.sort_by_key(|(_, seq, _)| *seq);
    script.add(NEW_CONTACTS, new, |bound, (contact, seq, details)| {
        bound.add(seq);
        bound.add(name(ledger, contact.tenant));
        bound.add(&contact.id.as_bytes()[..]);
        bound.add(number(contact.version));
        say(bound, details);
        bound.add(details.created_at);
        bound.add(details.updated_at);
    });
    script.add(DETAILS, detailed(ContactWrite::Details), |bound, (contact, seq, details)| {
        bound.add(seq);
        bound.add(number(contact.version));
        say(bound, details);
        bound.add(details.updated_at);
    });
    script.add(VERSIONS, with(ContactWrite::Version), |bound, (contact, seq)| {
        bound.add(seq);
        bound.add(number(contact.version));
    });
    let new = ledger.addresses.iter().filter(|address| address.new);
    script.add(NEW_ADDRESSES, new, |bound, address| {
        bound.add(name(ledger, address.tenant));
        bound.add(address.channel);
        bound.add(address.identifier);
        bound.add(address.owner);
    });
    let link = |bound: &mut Bound, (contact, seq, (slot, value, channel)): (&Contact, i64, (i64, &str, &str))| {
        bound.add(name(ledger, contact.tenant));
        bound.add(slot);
        bound.add(value);
        bound.add(channel);
        bound.add(seq);
    };
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (contact, seq, details) in detailed(ContactWrite::All).chain(detailed(ContactWrite::Details)) {
        let before: BTreeSet<_> = contact.before.iter().flat_map(Details::links).collect();
        let after: BTreeSet<_> = details.links().collect();
        old.extend(before.difference(&after).map(|link| (contact, seq, *link)));
        new.extend(after.difference(&before).map(|link| (contact, seq, *link)));
    }
    script.add(OLD_LINKS, old, link);
    script.add(NEW_LINKS, new, link);
}

fn say(bound: &mut Bound, details: &Details) {
    bound.add(details.name.as_str());
    for correlator in &details.correlators {
        bound.add(correlator.as_deref());
    }
    let mut addresses: Vec<_> = details
        .addresses
        .iter()
        .map(|domain::Address { channel, identifier, typed }| (channel, identifier, typed))
        .collect();
    addresses.sort();
    // Texts always have a JSON form.
    bound.add(serde_json::to_string(&addresses).unwrap_or_default());
}

fn lists(ledger: &Ledger<'_>, script: &mut Script) {
    let left = ledger.dnd.iter().filter(|(_, change)| change.remove);
    script.add(LEAVE, left, |bound, ((tenant, contact, scope), _)| {
        bound.add(name(ledger, *tenant));
        bound.add(*contact);
        place(bound, scope);
    });
    let joined = ledger.dnd.iter().filter_map(|(place, change)| Some((place, change.add?)));
    script.add(JOIN, joined, |bound, ((tenant, contact, scope), entry)| {
        bound.add(name(ledger, *tenant));
        bound.add(*contact);
        place(bound, scope);
        bound.add(entry.category.as_str());
        bound.add(to_micros(entry.at));
        bound.add(entry.by.as_str());
        bound.add(entry.reason.as_deref());
    });
}

fn place(bound: &mut Bound, scope: &Scope) {
    bound.add(kind_of(scope));
    match scope {
        Scope::Campaign(id) => bound.add(&id.as_bytes()[..]),
        Scope::Category(category) => bound.add(category.as_str()),
    }
}

fn records(ledger: &Ledger<'_>, script: &mut Script) {
    let slots = || ledger.records.iter().filter_map(|record| Some((record, record.seq?)));
    let new = slots().filter_map(|(slot, seq)| Some((slot, seq, slot.created?, slot.said?)));
    let mut new: Vec<_> = new.collect();
    new.sort_by_key(|(_, seq, _, _)| *seq);
    script.add(NEW_RECORDS, new, |bound, (slot, seq, (created, contact), said)| {
        bound.add(seq);
        bound.add(name(ledger, slot.tenant));
        bound.add(&slot.id.as_bytes()[..]);
        bound.add(&slot.campaign.as_bytes()[..]);
        bound.add(contact);
        bound.add(slot.state.as_str());
        bound.add(slot.run);
        bound.add(slot.entries);
        bound.add(to_micros(created.created_at));
        bound.add(slot.updated_at);
        content(bound, said);
    });
    let old = || slots().filter(|(slot, _)| slot.created.is_none());
    let said = old().filter_map(|(slot, seq)| Some((slot, seq, slot.said?)));
    script.add(SAID, said, |bound, (slot, seq, said)| {
        bound.add(seq);
        bound.add(slot.updated_at);
        content(bound, said);
    });
    script.add(MOVED, old().filter(|(slot, _)| slot.moved), |bound, (slot, seq)| {
        bound.add(seq);
        bound.add(slot.state.as_str());
        bound.add(slot.run);
        bound.add(slot.entries);
        bound.add(slot.updated_at);
    });
    script.add(LOG, &ledger.log, |bound, line| {
        bound.add(name(ledger, line.tenant));
        bound.add(line.record);
        bound.add(line.entry);
        bound.add(line.run);
        bound.add(line.at);
        bound.add(line.from.map(|state| state.as_str()));
        bound.add(line.to.as_str());
        bound.add(line.note);
    });
}

fn content(bound: &mut Bound, record: &domain::Record) {
    bound.add(record.internal);
    bound.add(record.depth);
    bound.add(record.schedule.as_ref().map(|schedule| to_micros(schedule.at)));
    bound.add(record.schedule.as_ref().map(|schedule| schedule.text.as_str()));
    bound.add(record.message.as_deref());
    bound.add(record.template.as_deref());
    bound.add(record.data.as_str());
}

fn keys(ledger: &Ledger<'_>, script: &mut Script) {
    let written = ledger.keys.iter().filter_map(|key| Some((key, key.written?)));
    script.add(KEYS, written, |bound, (key, (keyed, expires))| {
        bound.add(name(ledger, key.tenant));
        bound.add(key.key);
        bound.add(&keyed.digest[..]);
        bound.add(keyed.outcome.as_str());
        bound.add(expires);
    });
}

fn usage(ledger: &Ledger<'_>, script: &mut Script) {
    let changed = ledger.tenants.iter().filter(|tenant| tenant.bytes != tenant.bytes_before);
    script.add(USAGE, changed, |bound, tenant| {
        bound.add(tenant.id);
        bound.add(tenant.bytes);
    });
}

/// Must follow the statement that stores the batch's keys: a key that was replaced has not expired any more.
fn delete_expired(ledger: &Ledger<'_>, script: &mut Script) {
    for [until, at_most] in [RELEASE_EXPIRED, DELETE_EXPIRED] {
        script.add(until, [ledger.now], Bound::add);
        script.add(at_most, [expired_at_once(ledger.keys_stored)], Bound::add);
    }
}

fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
