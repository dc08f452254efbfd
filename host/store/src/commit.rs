//! The request of a commit and its outcome.

use super::{IdempotencyRecord, StoreError};
use chrono::{DateTime, Utc};
use flowhost_domain::{Address, Contact, DndEntry, Record, RecordState, Scope};
use std::time::Duration;
use uuid::Uuid;

/// The changes of an invocation, with its read set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRequest {
    /// The id of the tenant.
    pub tenant: String,
    /// The read set, which must still be current.
    pub reads: ReadSet,
    /// The net changes, in order. Each change applies to the state after the preceding ones.
    pub changes: Vec<Change>,
    /// The outcome to store under the invocation's idempotency key.
    pub idempotency_record: Option<NewIdempotencyRecord>,
    /// The time of the invocation. Idempotency keys expire by the store's clock instead.
    pub now: DateTime<Utc>,
    /// Maximum stored bytes of the tenant after this commit. A commit that adds no bytes ignores it. `None`: no limit.
    pub quota: Option<u64>,
}

/// The reads of an invocation that a commit must check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// The version of the tenant's configuration. `None`: the invocation did not read it.
    pub version: Option<u64>,
    /// The ids of contacts, with the versions that the invocation read. 0: the contact did not exist.
    pub contacts: Vec<(Uuid, u64)>,
    /// Addresses that did not belong to any contact.
    pub unclaimed_addresses: Vec<(String, String)>,
}

/// One net change. Every store applies each variant, so a new variant is a breaking change.
///
/// Each of these cases is a conflict:
///
/// - The change creates an id that exists already.
/// - It adds an address that belongs to another contact.
/// - It adds an address in a channel in which the contact already has one.
/// - The changed object does not exist.
/// - The changed record belongs to another contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Creates a contact with its addresses and DND entries.
    CreateContact(Contact),
    /// Sets name, correlators and `updated_at` of a contact, and adds addresses.
    UpdateContact {
        /// The contact.
        id: Uuid,
        /// The new name.
        name: String,
        /// The new correlators.
        correlators: [Option<String>; 3],
        /// Addresses in channels in which the contact has none.
        new_addresses: Vec<Address>,
        /// The time of the change.
        updated_at: DateTime<Utc>,
    },
    /// Adds the contact to a list. An existing entry for the same scope stays.
    AddDnd {
        /// The contact.
        contact: Uuid,
        /// The entry.
        entry: DndEntry,
    },
    /// Removes the contact from a list. If the contact is not on the list, nothing changes.
    RemoveDnd {
        /// The contact.
        contact: Uuid,
        /// The scope of the list.
        scope: Scope,
    },
    /// Creates a record, with the first entry of its log. The changes of a batch create records in their order.
    CreateRecord(Record),
    /// Replaces the content of a Ready record. Id, contact, campaign, creation, order and run stay. A record that is
    /// not Ready is a conflict.
    ReplaceRecord(Record),
    /// Changes the state of a record and adds a log entry. A state other than `from` is a conflict. A transition to
    /// Ready starts a new run.
    Transition {
        /// The record.
        record: Uuid,
        /// The contact of the record.
        contact: Uuid,
        /// The required current state.
        from: RecordState,
        /// The new state.
        to: RecordState,
        /// The time of the transition.
        at: DateTime<Utc>,
        /// The note for the log: the channel's message id, the error, or the author of the change.
        note: Option<String>,
    },
}

/// An outcome to store under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdempotencyRecord {
    /// The key: at most 256 bytes, unique in the tenant until it expires.
    pub key: String,
    /// SHA-256 of the request that uses the key.
    pub fingerprint: [u8; 32],
    /// The outcome as JSON.
    pub outcome: String,
    /// The time to live, counted by the store's clock from the commit.
    pub ttl: Duration,
}

/// The result of a [`CommitRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The store has applied the commit durably.
    Committed,
    /// A read is not current any more, or an id to create exists already.
    Conflict,
    /// The key already has an outcome; its fingerprint identifies the request. This outcome takes precedence over
    /// [`CommitOutcome::Conflict`].
    DuplicateKey(IdempotencyRecord),
    /// The commit adds bytes and would exceed the tenant's quota. [`CommitOutcome::Conflict`] takes precedence over
    /// this outcome.
    QuotaExceeded,
    /// The store cannot apply this commit. Other commits are not affected.
    Failed(StoreError),
}
