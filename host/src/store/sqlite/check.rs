//! The first trip of a batch: takes the file's write lock and learns what the batch needs to know.

use super::ledger::Ledger;
use super::query::Bound;
use super::row;
use super::schema;
use super::script::{Part, ROWS_OF_STATEMENT, Script};
use super::slot::{Details, Stored};
use crate::store::{StoreError, charge};

const TENANTS: Part = Part {
    before: ", (SELECT json_group_array(json_array(q.column1, coalesce(t.version, 0), coalesce(u.bytes, 0))) FROM (VALUES ",
    parameters: 1,
    numbered: true,
    after: ") AS q LEFT JOIN tenants AS t ON t.id = q.column2 LEFT JOIN usage AS u ON u.tenant = q.column2)",
};

const CONTACTS: Part = Part {
    before: ", (SELECT json_group_array(json_array(q.column1, c.seq, c.version, \
        iif(q.column4, json_array(c.name, json_array(c.correlator_1, c.correlator_2, c.correlator_3), json(c.addresses), \
        c.created_at, c.updated_at), NULL), \
        iif(q.column5, (SELECT json_group_array(json_array(d.kind, iif(d.kind = 0, hex(d.scope), d.scope), \
        octet_length(d.scope) + octet_length(d.by) + coalesce(octet_length(d.reason), 0))) FROM dnd AS d \
        WHERE d.tenant = c.tenant AND d.contact = c.seq), NULL))) FROM (VALUES ",
    parameters: 4,
    numbered: true,
    after: ") AS q CROSS JOIN contacts AS c ON c.tenant = q.column2 AND c.id = q.column3)",
};

const ADDRESSES: Part = Part {
    before: ", (SELECT json_group_array(json_array(q.column1, a.contact)) FROM (VALUES ",
    parameters: 3,
    numbered: true,
    after: ") AS q CROSS JOIN addresses AS a ON a.tenant = q.column2 AND a.channel = q.column3 \
        AND a.identifier = q.column4)",
};

const RECORDS: Part = Part {
    before: ", (SELECT json_group_array(json_array(q.column1, r.seq, hex(c.id), hex(r.campaign), \
        r.state, r.run, r.entries, octet_length(r.data) + coalesce(octet_length(r.schedule_text), 0) \
        + coalesce(octet_length(r.message), 0) + coalesce(octet_length(r.template), 0))) FROM (VALUES ",
    parameters: 2,
    numbered: true,
    after: ") AS q CROSS JOIN records AS r ON r.tenant = q.column2 AND r.id = q.column3 \
        CROSS JOIN contacts AS c ON c.seq = r.contact)",
};

const KEYS: Part = Part {
    before: ", (SELECT json_group_array(json_array(q.column1, json_array(hex(y.digest), y.outcome, \
        y.expires_at))) FROM (VALUES ",
    parameters: 2,
    numbered: true,
    after: ") AS q CROSS JOIN keys AS y ON y.tenant = q.column2 AND y.key = q.column3)",
};

/// Where one statement would have too many parameters.
const CUT: Part = Part { before: "; SELECT NULL", parameters: 0, numbered: false, after: "" };

/// Ahead of the parts above: the lock, the numbers of the newest contact and record, and the file's version.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE; SELECT json_array(coalesce((SELECT max(seq) FROM contacts), 0), \
    coalesce((SELECT max(seq) FROM records), 0), (SELECT user_version FROM pragma_user_version))";

type ContactJson = (String, [Option<String>; 3], Vec<(String, String, String)>, i64, i64);

/// Kind and scope of a do-not-disturb entry, and how long its texts are.
type ListJson = (u8, String, i64);

/// Asks for everything in the ledger's slots.
pub(super) fn questions(ledger: &Ledger<'_>) -> Script {
    let name = |tenant: usize| ledger.name(tenant);
    let mut script = Script::cut_by(CUT);
    script.add(TENANTS, &ledger.tenants, |bound, tenant| bound.add(tenant.id));
    script.add(CONTACTS, &ledger.contacts, |bound: &mut Bound, contact| {
        bound.add(name(contact.tenant));
        bound.add(&contact.id.as_bytes()[..]);
        bound.add(contact.wanted_in_full);
        bound.add(contact.lists_wanted);
    });
    script.add(ADDRESSES, &ledger.addresses, |bound, address| {
        bound.add(name(address.tenant));
        bound.add(address.channel);
        bound.add(address.identifier);
    });
    script.add(RECORDS, &ledger.records, |bound, record| {
        bound.add(name(record.tenant));
        bound.add(&record.id.as_bytes()[..]);
    });
    script.add(KEYS, &ledger.keys, |bound, key| {
        bound.add(name(key.tenant));
        bound.add(key.key);
    });
    script
}

/// How many statements the parts make.
pub(super) fn statements(parts: &[Part]) -> usize {
    1 + parts.iter().filter(|part| **part == CUT).count()
}

/// Fills the ledger's slots with the answers: first the newest numbers, then one a part, in their order. Errors:
/// [`StoreError::Newer`], since a newer release may have migrated the file while this one has it open.
pub(super) fn learn(ledger: &mut Ledger<'_>, parts: &[Part], answers: &[Option<String>]) -> Result<(), StoreError> {
    let mut answers = answers.iter().map(|answer| answer.as_deref().unwrap_or("[]"));
    let version;
    (ledger.last_contact, ledger.last_record, version) = row::parse(answers.next().unwrap_or_default())?;
    schema::of_version(version)?;
    let mut before = None;
    let mut first = 0;
    for (part, rows) in parts.iter().zip(answers).filter(|(part, _)| **part != CUT) {
        // A kind with many slots has several parts, each with its numbers from 0.
        first = if Some(part) == before { first + ROWS_OF_STATEMENT } else { 0 };
        learn_part(ledger, part, rows, first)?;
        before = Some(part);
    }
    Ok(())
}

fn learn_part(ledger: &mut Ledger<'_>, part: &Part, json: &str, first: usize) -> Result<(), StoreError> {
    match *part {
        TENANTS => {
            for (number, version, bytes) in row::parse::<Vec<(usize, u64, i64)>>(json)? {
                if let Some(tenant) = ledger.tenants.get_mut(first + number) {
                    (tenant.version, tenant.bytes_before, tenant.bytes) = (version, bytes, bytes.max(0));
                }
            }
            Ok(())
        }
        CONTACTS => learn_contacts(ledger, json, first),
        ADDRESSES => {
            for (number, owner) in row::parse::<Vec<(usize, i64)>>(json)? {
                if let Some(address) = ledger.addresses.get_mut(first + number) {
                    address.owner = Some(owner);
                }
            }
            Ok(())
        }
        RECORDS => learn_records(ledger, json, first),
        _ => {
            for (number, stored) in row::parse::<Vec<(usize, row::KeyRow)>>(json)? {
                let (outcome, expires) = row::key(stored)?;
                if let Some(key) = ledger.keys.get_mut(first + number) {
                    key.stored = Some(Stored::Before(outcome, expires));
                }
            }
            Ok(())
        }
    }
}

fn learn_contacts(ledger: &mut Ledger<'_>, json: &str, first: usize) -> Result<(), StoreError> {
    type Row = (usize, i64, u64, Option<ContactJson>, Option<Vec<ListJson>>);
    for (number, seq, version, details, lists) in row::parse::<Vec<Row>>(json)? {
        let Some(contact) = ledger.contacts.get_mut(first + number) else { continue };
        contact.seq = Some(seq);
        contact.version = version;
        contact.details = details.map(|(name, correlators, addresses, created_at, updated_at)| Details {
            name,
            correlators,
            addresses: addresses.into_iter().map(row::address).collect(),
            created_at,
            updated_at,
        });
        for (kind, scope, bytes) in lists.into_iter().flatten() {
            contact.lists.insert(row::scope(kind, scope)?, charge::of_dnd_texts(bytes));
        }
    }
    Ok(())
}

fn learn_records(ledger: &mut Ledger<'_>, json: &str, first: usize) -> Result<(), StoreError> {
    type Row = (usize, i64, row::Id, row::Id, String, u32, i64, i64);
    for (number, seq, contact, campaign, state, run, entries, bytes) in row::parse::<Vec<Row>>(json)? {
        let Some(record) = ledger.records.get_mut(first + number) else { continue };
        record.seq = Some(seq);
        record.contact = contact.0;
        record.campaign = campaign.0;
        record.state = row::state(&state)?;
        record.run = run;
        record.entries = entries;
        record.bytes = charge::of_record_texts(bytes);
    }
    Ok(())
}
