//! Shared parts of the outbound interfaces: lookups of the objects that a plugin names, and ids for new objects.

use super::abort::Abort;
use super::bindings::flow::action::types::Error;
use super::session::SeededRng;
use super::{HostFunction, HostState};
use chrono::{DateTime, Utc};
use flowhost_domain::{Campaign, Contact, Refusal, Tenant};
use flowhost_store::{Transaction, TransactionError};
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use std::sync::Arc;
use uuid::Uuid;

/// Generates the ids of contacts and records: UUIDs of version 7 in order of time. They are a function of the tenant,
/// the session's seed and the attempt.
pub struct IdGenerator {
    seed: u64,
    /// Created with the first id, since most runs need none.
    random: Option<SeededRng>,
    now: DateTime<Utc>,
}

impl IdGenerator {
    /// Creates a generator for one run of an invocation.
    pub fn new(seed: u64, tenant: &str, attempt: u32, now: DateTime<Utc>) -> Self {
        let seed = seed ^ (u64::from(attempt) + 1).rotate_left(32) ^ hash(tenant);
        Self { seed, random: None, now }
    }

    pub(super) fn next(&mut self) -> Uuid {
        let mut bytes = [0; 10];
        self.random.get_or_insert_with(|| SeededRng::seed_from_u64(self.seed)).fill_bytes(&mut bytes);
        let millis = u64::try_from(self.now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

/// Hashes a text with FNV-1a, which is stable across processes and releases.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Bytes of an id as text.
pub(super) const ID_BYTES: usize = 36;

/// The result of a rule: a value, or a refusal for the guest.
pub(super) type RuleResult<T> = Result<T, Refusal>;

impl From<TransactionError> for Abort {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Store(error) => Self::Store(error),
            TransactionError::Conflict => Self::Conflict,
        }
    }
}

pub(super) async fn find_contact(transaction: &mut Transaction, id: &str) -> Result<RuleResult<Arc<Contact>>, Abort> {
    let found = match Uuid::try_parse(id.trim()) {
        Ok(uuid) => transaction.contact(uuid).await?,
        Err(_) => None,
    };
    Ok(found.ok_or_else(|| Refusal::contact_not_found(id)))
}

pub(super) async fn find_campaign(transaction: &mut Transaction, id: &str) -> Result<RuleResult<Arc<Campaign>>, Abort> {
    let found = match Uuid::try_parse(id.trim()) {
        Ok(uuid) => transaction.campaign(uuid).await?,
        Err(_) => None,
    };
    Ok(found.ok_or_else(|| Refusal::campaign_not_found(id)))
}

pub(super) async fn check_category(transaction: &mut Transaction, name: &str) -> Result<RuleResult<()>, Abort> {
    let exists = transaction.category_exists(name).await?;
    Ok(if exists { Ok(()) } else { Err(Refusal::category_not_found(name)) })
}

/// Returns the session's tenant. Without one, the host does not call the plugin.
pub(super) async fn find_tenant(transaction: &mut Transaction) -> Result<Arc<Tenant>, Abort> {
    transaction.tenant().await?.ok_or(Abort::Conflict)
}

impl HostState {
    /// Starts a host function of the outbound interfaces.
    pub(super) fn begin_store_call(
        &mut self,
        function: HostFunction,
        arguments: &[&str],
    ) -> wasmtime::Result<&mut Transaction> {
        self.begin_call(function, arguments.iter().map(|argument| argument.len()).sum())?;
        self.transaction()
    }

    /// Ends a host function: charges the result, and converts a rule's refusal into the guest's error.
    pub(super) fn finish_call<T>(
        &mut self,
        found: RuleResult<T>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> super::HostResult<T> {
        let bytes_transferred = found.as_ref().map_or(0, bytes);
        let answer: Result<T, Error> = found.map_err(|refusal| self.guest_error(refusal));
        self.charge_result(answer, bytes_transferred)
    }
}

/// The operator `?` for a rule's refusal inside a host function: returns the refusal to the guest.
macro_rules! try_rule {
    ($state:expr, $found:expr) => {
        match $found {
            Ok(found) => found,
            Err(refusal) => return $state.finish_call(Err(refusal), |_| 0),
        }
    };
}
pub(super) use try_rule;
