//! The bytes that each row of a tenant counts against its quota: its texts, and a fixed part for ids, instants and
//! indexes. Tenants and campaigns are configuration and count nothing.
//!
//! Every backend counts by these functions. The migration that introduced the count repeats them in SQL.

use crate::domain::{Address, Contact, DndEntry, Record, Scope};
use std::io;

const CONTACT: i64 = 256;
const DND: i64 = 192;
const RECORD: i64 = 256;
const LOG: i64 = 96;
const KEY: i64 = 192;

/// Each correlator stands in the contact and in its links.
const COPIES_OF_CORRELATORS: i64 = 4;

/// Each address stands in the contact and in the index of addresses.
const COPIES_OF_ADDRESSES: i64 = 2;

/// A contact without its do-not-disturb entries.
pub(super) fn of_contact(name: &str, correlators: &[Option<String>; 3], addresses: &[Address]) -> i64 {
    let correlators: i64 = correlators.iter().map(|correlator| of_option(correlator.as_deref())).sum();
    CONTACT + of_text(name) + COPIES_OF_CORRELATORS * correlators + COPIES_OF_ADDRESSES * of_json(addresses)
}

/// A contact with its do-not-disturb entries.
pub(super) fn of_whole_contact(contact: &Contact) -> i64 {
    let entries: i64 = contact.dnd.iter().map(of_dnd).sum();
    of_contact(&contact.name, &contact.correlators, &contact.addresses) + entries
}

/// A do-not-disturb entry.
pub(super) fn of_dnd(entry: &DndEntry) -> i64 {
    let scope = match &entry.scope {
        Scope::Campaign(id) => of_bytes(id.as_bytes()),
        Scope::Category(category) => of_text(category),
    };
    of_dnd_texts(scope + of_text(&entry.by) + of_option(entry.reason.as_deref()))
}

/// A do-not-disturb entry whose scope, author and reason have so many bytes.
pub(super) fn of_dnd_texts(bytes: i64) -> i64 {
    DND + bytes
}

/// A record without its log.
pub(super) fn of_record(record: &Record) -> i64 {
    let schedule = record.schedule.as_ref().map(|schedule| schedule.text.as_str());
    let options = [schedule, record.message.as_deref(), record.template.as_deref()];
    of_record_texts(options.into_iter().map(of_option).sum::<i64>() + of_text(&record.data))
}

/// A record whose schedule, message, template and data have so many bytes.
pub(super) fn of_record_texts(bytes: i64) -> i64 {
    RECORD + bytes
}

/// An entry of a record's log.
pub(super) fn of_log(note: Option<&str>) -> i64 {
    LOG + of_option(note)
}

/// An idempotency key with its outcome.
pub(super) fn of_key(key: &str, outcome: &str) -> i64 {
    KEY + of_text(key) + of_text(outcome)
}

fn of_text(text: &str) -> i64 {
    of_bytes(text.as_bytes())
}

fn of_option(text: Option<&str>) -> i64 {
    text.map_or(0, of_text)
}

fn of_bytes(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// The length of the JSON list that the addresses are kept as, without making it.
fn of_json(addresses: &[Address]) -> i64 {
    struct Length(i64);
    impl io::Write for Length {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += of_bytes(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut length = Length(1);
    for Address { channel, identifier, typed } in addresses {
        // This byte is a comma, or the bracket that ends the list. Texts always have a JSON form.
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
    fn addresses_count_as_long_as_they_are_kept() {
        let address =
            |typed: &str| Address { channel: "w".to_owned(), identifier: "é".to_owned(), typed: typed.to_owned() };
        for addresses in [vec![], vec![address("a\0\"")], vec![address(""), address("\n"), address("ñ")]] {
            let texts: Vec<_> = addresses.iter().map(|kept| (&kept.channel, &kept.identifier, &kept.typed)).collect();
            assert_eq!(of_json(&addresses), of_text(&serde_json::to_string(&texts).unwrap()));
        }
    }
}
