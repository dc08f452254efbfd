//! Access keys of the HTTP service.

use crate::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Invokes actions and runs flows.
    Runtime,
    /// Edits flows, contacts, records and do-not-disturb lists.
    Editor,
    /// Administers one tenant.
    Administrator,
    /// Administers the host and all tenants.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Runtime, Self::Editor, Self::Administrator, Self::Operator];

    /// Returns the name of the role, for example `runtime`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Editor => "editor",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
        }
    }

    /// Returns the role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// An access key as a store has it. A store never has the text of a key, but its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The id, unique in the store.
    pub id: String,
    /// The tenant. `None`: a key of an operator.
    pub tenant: Option<String>,
    /// A name for people.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The campaigns to which an editor is limited. `None`: all campaigns of the tenant.
    pub campaigns: Option<Vec<Uuid>>,
    /// Requests per second. `None`: the limit of the host.
    pub rate_limit: Option<u32>,
    /// SHA-256 of the whole text of the key.
    pub hash: [u8; 32],
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The author: `cli:USER` or `key:ID`.
    pub created_by: String,
    /// The time from which the key is not valid.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time of the revocation.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The time of the last use, in minutes.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The keys of a tenant, or those of operators.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyOwner {
    /// Keys of this tenant.
    Tenant(String),
    /// Keys of operators.
    Operators,
}

impl KeyOwner {
    /// Returns whether the key belongs to this owner.
    pub fn owns(&self, key: &AccessKey) -> bool {
        match self {
            Self::Tenant(tenant) => key.tenant.as_ref() == Some(tenant),
            Self::Operators => key.tenant.is_none(),
        }
    }
}

/// The access keys of a store.
///
/// # Errors
/// Every method returns a [`StoreError`] as [`Store`](crate::Store) does. The store has then changed nothing.
#[async_trait]
pub trait AccessKeys: Send + Sync {
    /// Creates a key. Returns false if a key with this id exists; the caller then retries with another id.
    async fn create_key(&self, key: &AccessKey) -> Result<bool, StoreError>;

    /// Returns the keys with these ids, also those that are expired or revoked. An unknown id has no key in the result.
    async fn find_keys(&self, ids: &[String]) -> Result<Vec<AccessKey>, StoreError>;

    /// Returns at most `limit` keys of an owner, ordered by id, of those after the id `after`. Without an owner: all
    /// keys of the store.
    async fn list_keys(
        &self,
        owner: Option<&KeyOwner>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AccessKey>, StoreError>;

    /// Revokes a key. Returns false if the owner has no such key, or if it is revoked already.
    async fn revoke_key(&self, owner: Option<&KeyOwner>, id: &str, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Sets the times of the last use. Unknown ids are ignored.
    async fn touch_keys(&self, used: &[(String, DateTime<Utc>)]) -> Result<(), StoreError>;
}
