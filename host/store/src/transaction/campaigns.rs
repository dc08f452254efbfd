//! Reads of campaigns and categories. The configuration's version, which every round trip reads, validates them.

use super::{Transaction, TransactionError, protocol_error};
use crate::{Lookup, LookupResult};
use flowhost_domain::Campaign;
use std::sync::Arc;
use uuid::Uuid;

impl Transaction {
    /// Returns a campaign.
    pub async fn campaign(&mut self, id: Uuid) -> Result<Option<Arc<Campaign>>, TransactionError> {
        match self.lookup(Lookup::Campaign(id)).await? {
            LookupResult::Campaign(campaign) => Ok(campaign),
            _ => Err(protocol_error()),
        }
    }

    /// Returns whether any campaign has this category.
    pub async fn category_exists(&mut self, name: &str) -> Result<bool, TransactionError> {
        match self.lookup(Lookup::Category(name.to_owned())).await? {
            LookupResult::Category(exists) => Ok(exists),
            _ => Err(protocol_error()),
        }
    }

    /// Returns ids of campaigns in order of their names: at most `limit` of those after the campaign `after`, of one
    /// category or of all. Returns `None` if `after` is not a campaign.
    pub async fn campaign_page(
        &mut self,
        category: Option<&str>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Vec<Uuid>>, TransactionError> {
        let lookup = Lookup::CampaignPage { category: category.map(str::to_owned), after, limit };
        match self.lookup(lookup).await? {
            LookupResult::CampaignIds(ids) => Ok(ids),
            _ => Err(protocol_error()),
        }
    }
}
