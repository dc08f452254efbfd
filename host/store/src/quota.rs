//! The bytes that each row of a tenant counts against its quota: its texts, plus a constant for ids, timestamps and
//! indexes. Tenants and campaigns are configuration and do not count.
//!
//! Every backend uses these functions. The migration that introduced quotas repeats them in SQL.

use flowhost_domain::{Address, DndEntry, Record, Scope};
use std::io;

const CONTACT_OVERHEAD: i64 = 256;
const DND_OVERHEAD: i64 = 192;
const RECORD_OVERHEAD: i64 = 256;
const LOG_OVERHEAD: i64 = 96;
const KEY_OVERHEAD: i64 = 192;

/// The contact and its links contain each correlator.
const CORRELATOR_COPIES: i64 = 4;

/// The contact and the index of addresses contain each address.
const ADDRESS_COPIES: i64 = 2;

/// Returns the bytes of a contact without its do-not-disturb entries.
pub fn contact_bytes(name: &str, correlators: &[Option<String>; 3], addresses: &[Address]) -> i64 {
    let correlators: i64 = correlators.iter().map(|correlator| optional_text_bytes(correlator.as_deref())).sum();
    CONTACT_OVERHEAD
        + text_bytes(name)
        + CORRELATOR_COPIES * correlators
        + ADDRESS_COPIES * addresses_json_bytes(addresses)
}

/// Returns the bytes of a do-not-disturb entry.
pub fn dnd_bytes(entry: &DndEntry) -> i64 {
    let scope = match &entry.scope {
        Scope::Campaign(id) => byte_count(id.as_bytes()),
        Scope::Category(category) => text_bytes(category),
    };
    dnd_row_bytes(scope + text_bytes(&entry.actor) + optional_text_bytes(entry.reason.as_deref()))
}

/// Returns the bytes of a do-not-disturb entry. `text_bytes` is the length of its scope, actor and reason.
pub fn dnd_row_bytes(text_bytes: i64) -> i64 {
    DND_OVERHEAD + text_bytes
}

/// Returns the bytes of a record without its log.
pub fn record_bytes(record: &Record) -> i64 {
    let schedule = record.schedule.as_ref().map(|schedule| schedule.text.as_str());
    let options = [schedule, record.message.as_deref(), record.template.as_deref()];
    record_row_bytes(options.into_iter().map(optional_text_bytes).sum::<i64>() + text_bytes(&record.data))
}

/// Returns the bytes of a record. `text_bytes` is the length of its schedule, message, template and data.
pub fn record_row_bytes(text_bytes: i64) -> i64 {
    RECORD_OVERHEAD + text_bytes
}

/// Returns the bytes of an entry of a record's log.
pub fn log_entry_bytes(note: Option<&str>) -> i64 {
    LOG_OVERHEAD + optional_text_bytes(note)
}

/// Returns the bytes of an idempotency key with its outcome.
pub fn key_bytes(key: &str, outcome: &str) -> i64 {
    KEY_OVERHEAD + text_bytes(key) + text_bytes(outcome)
}

fn text_bytes(text: &str) -> i64 {
    byte_count(text.as_bytes())
}

fn optional_text_bytes(text: Option<&str>) -> i64 {
    text.map_or(0, text_bytes)
}

fn byte_count(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// Returns the length of the JSON list of the addresses without building it.
fn addresses_json_bytes(addresses: &[Address]) -> i64 {
    struct CountingWriter(i64);
    impl io::Write for CountingWriter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += byte_count(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut length = CountingWriter(1);
    for Address { channel, identifier, typed } in addresses {
        // This byte is a comma or the closing bracket. Texts always have a JSON form.
        length.0 += 1;
        drop(serde_json::to_writer(&mut length, &(channel, identifier, typed)));
    }
    length.0 + i64::from(addresses.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn address_bytes_equal_the_stored_json_length() {
        let address =
            |typed: &str| Address { channel: "w".to_owned(), identifier: "é".to_owned(), typed: typed.to_owned() };
        for addresses in [vec![], vec![address("a\0\"")], vec![address(""), address("\n"), address("ñ")]] {
            let texts: Vec<_> =
                addresses.iter().map(|address| (&address.channel, &address.identifier, &address.typed)).collect();
            assert_eq!(addresses_json_bytes(&addresses), text_bytes(&serde_json::to_string(&texts).unwrap()));
        }
    }
}
