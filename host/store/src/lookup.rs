//! Lookups of a round trip and their results.

use crate::{IdempotencyRecord, VersionedContact};
use flowhost_domain::record::Schedule;
use flowhost_domain::{Campaign, Record, Tenant};
use std::sync::Arc;
use uuid::Uuid;

/// The lookups of one round trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    /// The id of the tenant, which the host takes from the session.
    pub tenant: String,
    /// The version of the tenant's configuration that the caller has cached. [`Snapshot::tenant`] is then absent if the
    /// version is unchanged.
    pub known_version: Option<u64>,
    /// The lookups.
    pub lookups: Vec<Lookup>,
}

/// A lookup of one object or of one page of objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// The outcome stored under an idempotency key. A key that has expired by the store's clock is absent.
    IdempotencyKey(String),
    /// A campaign by id.
    Campaign(Uuid),
    /// Whether any campaign has this category.
    Category(String),
    /// A contact by id.
    Contact(Uuid),
    /// The contact that has this address (channel, normalised identifier).
    Address(String, String),
    /// The newest Ready record of a contact in a campaign, and whether there are more.
    NewestReadyRecord {
        /// The contact.
        contact: Uuid,
        /// The campaign.
        campaign: Uuid,
    },
    /// Ready records of a contact in a campaign, oldest first, at most `limit` of those created after record `after`.
    ReadyPage {
        /// The contact.
        contact: Uuid,
        /// The campaign.
        campaign: Uuid,
        /// The record before the page, in any state. `None`: the page begins with the oldest record.
        after: Option<Uuid>,
        /// Maximum number of records.
        limit: u32,
    },
    /// The newest `limit` Ready records of a contact in a campaign, newest first.
    LatestReadyRecords {
        /// The contact.
        contact: Uuid,
        /// The campaign.
        campaign: Uuid,
        /// Maximum number of records.
        limit: u32,
    },
    /// A record by id.
    Record(Uuid),
    /// Ids of campaigns in order of their names, at most `limit` of those after the campaign `after`.
    CampaignPage {
        /// The category of the campaigns. `None`: all campaigns.
        category: Option<String>,
        /// The campaign before the page, of any category. `None`: the page begins with the first name.
        after: Option<Uuid>,
        /// Maximum number of campaigns.
        limit: u32,
    },
    /// The oldest other contact with an address in `channel` that shares a correlator's value in the same slot.
    LinkedContact {
        /// The contact with the correlators.
        contact: Uuid,
        /// The other contact's channel.
        channel: String,
    },
}

/// The results of one round trip.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The version of the configuration (tenant and campaigns). 0: the tenant does not exist.
    pub version: u64,
    /// The tenant, unless it does not exist or the caller has cached this version.
    pub tenant: Option<Arc<Tenant>>,
    /// One result per lookup, in order. If the tenant does not exist, all results except those of keys are `None` or
    /// empty.
    pub results: Vec<LookupResult>,
}

/// The result of a lookup. The variants correspond to those of [`Lookup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupResult {
    /// The result of [`Lookup::IdempotencyKey`].
    IdempotencyKey(Option<IdempotencyRecord>),
    /// The result of [`Lookup::Campaign`].
    Campaign(Option<Arc<Campaign>>),
    /// The result of [`Lookup::Category`].
    Category(bool),
    /// The result of [`Lookup::Contact`], [`Lookup::Address`] and [`Lookup::LinkedContact`].
    Contact(Option<VersionedContact>),
    /// The result of [`Lookup::NewestReadyRecord`].
    NewestReadyRecord(Option<(Arc<Record>, bool)>),
    /// The result of [`Lookup::ReadyPage`] and [`Lookup::LatestReadyRecords`]. `None`: `after` is not a record of this
    /// contact and campaign.
    ReadyRecords(Option<Vec<ReadyRecord>>),
    /// The result of [`Lookup::Record`]: the record, and the version of its contact.
    Record(Option<(Arc<Record>, u64)>),
    /// The result of [`Lookup::CampaignPage`]. `None`: `after` is not a campaign.
    CampaignIds(Option<Vec<Uuid>>),
}

/// A record on a page of Ready records. It omits message and data, which may be large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyRecord {
    /// The id of the record.
    pub id: Uuid,
    /// The schedule. `None`: as soon as the campaign runs.
    pub schedule: Option<Schedule>,
}
