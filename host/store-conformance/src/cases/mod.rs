//! The cases. Each one gets a store with the data of [`Fixture`](crate::Fixture) and panics if the store does not
//! behave as the name of the case states.

#![expect(missing_docs, reason = "the name of a case states the expected behaviour")]

mod access_keys;
mod concurrent;
mod contacts;
mod idempotency_keys;
mod listing;
mod quota;
mod records;
mod second_handle;
mod store_contract;
mod transaction;

crate::for_all_cases!(export);
