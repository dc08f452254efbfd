//! What the outbound interfaces share: finding what a plugin names, and the ids of what it makes.

use super::bindings::flow::action::types::Error;
use super::halt::Halt;
use super::session::Generator;
use super::{Function, State};
use crate::domain::{Campaign, Contact, Refusal, Tenant};
use crate::store::{View, ViewError};
use chrono::{DateTime, Utc};
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use std::sync::Arc;
use uuid::Uuid;

/// Makes the ids of contacts and records: UUIDs of version 7, in order of time and a function of the tenant, the session's
/// seed and the attempt.
pub(crate) struct Ids {
    seed: u64,
    /// The first id creates it; most runs create no id.
    random: Option<Generator>,
    now: DateTime<Utc>,
}

impl Ids {
    pub(crate) fn new(seed: u64, tenant: &str, attempt: u32, now: DateTime<Utc>) -> Self {
        let seed = seed ^ (u64::from(attempt) + 1).rotate_left(32) ^ hash(tenant);
        Self { seed, random: None, now }
    }

    pub(super) fn next(&mut self) -> Uuid {
        let mut bytes = [0; 10];
        self.random.get_or_insert_with(|| Generator::seed_from_u64(self.seed)).fill_bytes(&mut bytes);
        let millis = u64::try_from(self.now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

/// FNV-1a, which is the same in every process and release.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Either the thing or the refusal that says that there is none.
pub(super) type Found<T> = Result<T, Refusal>;

impl From<ViewError> for Halt {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Store(error) => Self::Store(error),
            ViewError::Stale => Self::Stale,
        }
    }
}

pub(super) async fn contact(view: &mut View, id: &str) -> Result<Found<Arc<Contact>>, Halt> {
    let found = match Uuid::try_parse(id.trim()) {
        Ok(uuid) => view.contact(uuid).await?,
        Err(_) => None,
    };
    Ok(found.ok_or_else(|| Refusal::contact_not_found(id)))
}

pub(super) async fn campaign(view: &mut View, id: &str) -> Result<Found<Arc<Campaign>>, Halt> {
    let found = match Uuid::try_parse(id.trim()) {
        Ok(uuid) => view.campaign(uuid).await?,
        Err(_) => None,
    };
    Ok(found.ok_or_else(|| Refusal::campaign_not_found(id)))
}

pub(super) async fn category(view: &mut View, name: &str) -> Result<Found<()>, Halt> {
    let exists = view.category_exists(name).await?;
    Ok(if exists { Ok(()) } else { Err(Refusal::category_not_found(name)) })
}

/// The session's tenant; a run without one doesn't get as far as its plugin.
pub(super) async fn tenant(view: &mut View) -> Result<Arc<Tenant>, Halt> {
    view.tenant().await?.ok_or(Halt::Stale)
}

impl State {
    /// Begins a host function of the outbound interfaces.
    pub(super) fn enter_store(&mut self, function: Function, arguments: &[&str]) -> wasmtime::Result<&mut View> {
        self.enter(function, arguments.iter().map(|argument| argument.len()).sum())?;
        self.view()
    }

    /// Ends one: counts the answer, and turns a rule's refusal into the guest's error.
    pub(super) fn leave<T>(&mut self, found: Found<T>, bytes: impl FnOnce(&T) -> usize) -> super::Answer<T> {
        let carried = found.as_ref().map_or(0, bytes);
        let answer: Result<T, Error> = found.map_err(|refusal| self.refuse(refusal));
        self.answer(answer, carried)
    }
}

/// `a?` for a rule's refusal inside a host function: leaves by it.
macro_rules! found {
    ($state:expr, $found:expr) => {
        match $found {
            Ok(found) => found,
            Err(refusal) => return $state.leave(Err(refusal), |_| 0),
        }
    };
}
pub(super) use found;
