//! Lists in memory.

use super::read::has_channel;
use super::state::{MemoryState, StoredContact, StoredRecord, TenantData};
use crate::listing::DndPosition;
use crate::{ContactRow, DndRow, Filter, LogEntry, Page};
use flowhost_domain::{Campaign, Record, Scope, Tenant};
use uuid::Uuid;

impl MemoryState {
    pub(super) fn list_tenants(&self, filter: &Filter, page: &Page) -> Vec<Tenant> {
        let rows = self
            .tenants_matching(filter)
            .filter_map(|(_, tenant_data)| Some(Tenant::clone(tenant_data.tenant.as_ref()?)));
        let later = |tenant: &Tenant| page.after.as_ref().is_none_or(|after| tenant.id > *after);
        rows.filter(later).take(page_limit(page)).collect()
    }

    pub(super) fn list_campaigns(&self, filter: &Filter, page: &Page) -> Vec<Campaign> {
        let shown = |campaign: &Campaign| {
            filter.campaign.is_none_or(|id| id == campaign.id)
                && filter.category.as_ref().is_none_or(|category| *category == campaign.category)
        };
        let rows = self.tenants_matching(filter).flat_map(|(_, tenant_data)| tenant_data.campaigns_by_name());
        page_by(rows, page, |campaign| campaign.id.to_string(), shown)
    }

    pub(super) fn list_contacts(&self, filter: &Filter, page: &Page) -> Vec<ContactRow> {
        let rows = self.tenants_matching(filter).flat_map(|(tenant, tenant_data)| {
            let stored = tenant_data.contact_order.iter().filter_map(|id| tenant_data.contacts.get(id));
            stored.map(move |stored| (tenant, tenant_data, stored))
        });
        let shown = |(_, tenant_data, stored): &(&String, &TenantData, &StoredContact)| {
            filter.contact.is_none_or(|id| id == stored.contact.id)
                && filter.channel.as_ref().is_none_or(|channel| has_channel(stored, channel))
                && filter.linked.is_none_or(|id| {
                    let mut linked = tenant_data.linked_contacts(&stored.contact);
                    linked.any(|other| other.contact.id == id)
                })
        };
        let rows = page_by(rows, page, |(_, _, stored)| stored.contact.id.to_string(), shown);
        let row = |(tenant, _, stored): (&String, &TenantData, &StoredContact)| ContactRow {
            tenant: tenant.clone(),
            contact: (*stored.contact).clone(),
        };
        rows.into_iter().map(row).collect()
    }

    pub(super) fn list_records(&self, filter: &Filter, page: &Page) -> Vec<(String, Record)> {
        let rows = self.tenants_matching(filter).flat_map(|(tenant, tenant_data)| {
            let stored = tenant_data.record_order.iter().filter_map(|id| tenant_data.records.get(id));
            stored.map(move |stored| (tenant, tenant_data, stored))
        });
        let shown = |(_, tenant_data, stored): &(&String, &TenantData, &StoredRecord)| {
            let record = &stored.record;
            let contact = tenant_data.contacts.get(&record.contact);
            let campaign = tenant_data.campaigns.get(&record.campaign);
            filter.campaign.is_none_or(|id| id == record.campaign)
                && filter.contact.is_none_or(|id| id == record.contact)
                && filter.state.is_none_or(|state| state == record.state)
                && filter.channel.as_ref().is_none_or(|name| contact.is_some_and(|contact| has_channel(contact, name)))
                && filter
                    .category
                    .as_ref()
                    .is_none_or(|name| campaign.is_some_and(|campaign| campaign.category == *name))
        };
        let rows = page_by(rows, page, |(_, _, stored)| stored.record.id.to_string(), shown);
        rows.into_iter().map(|(tenant, _, stored)| (tenant.clone(), (*stored.record).clone())).collect()
    }

    pub(super) fn list_dnd(&self, filter: &Filter, page: &Page) -> Vec<DndRow> {
        let mut after = match &page.after {
            Some(after) => match DndPosition::parse(after) {
                Some(position) => Some(position),
                None => return Vec::new(),
            },
            None => None,
        };
        let shown = |row: &DndRow| {
            filter.contact.is_none_or(|id| id == row.contact)
                && filter.campaign.is_none_or(|id| row.entry.scope == Scope::Campaign(id))
                && filter.category.as_ref().is_none_or(|category| *category == row.entry.category)
        };
        let mut found = Vec::new();
        for (tenant, tenant_data) in self.tenants_matching(filter) {
            let begin = match &after {
                Some(position) => match tenant_data.contacts.get(&position.contact) {
                    Some(stored) => Some((stored.order, tenant_data.scope_at(position))),
                    None => continue,
                },
                None => None,
            };
            after = None;
            let stored = tenant_data.contact_order.iter().filter_map(|id| tenant_data.contacts.get(id));
            let entries = stored.flat_map(|stored| stored.contact.dnd.iter().map(move |entry| (stored, entry)));
            let later = entries.filter(|(stored, entry)| {
                begin.as_ref().is_none_or(|(order, scope)| (stored.order, &entry.scope) > (*order, scope))
            });
            found.extend(later.map(|(stored, entry)| DndRow {
                tenant: tenant.clone(),
                contact: stored.contact.id,
                entry: entry.clone(),
            }));
        }
        found.into_iter().filter(shown).take(page_limit(page)).collect()
    }

    pub(super) fn record_log(&self, tenant: &str, record: Uuid) -> Vec<LogEntry> {
        let stored = self.tenants.get(tenant).and_then(|tenant_data| tenant_data.records.get(&record));
        stored.map(|stored| stored.log.clone()).unwrap_or_default()
    }

    fn tenants_matching(&self, filter: &Filter) -> impl Iterator<Item = (&String, &TenantData)> {
        self.tenants.iter().filter(|(id, _)| filter.tenant.as_ref().is_none_or(|tenant| tenant == *id))
    }
}

impl TenantData {
    fn scope_at(&self, position: &DndPosition<'_>) -> Scope {
        let stored = self.contacts.get(&position.contact);
        position.resolve_scope(|scope| {
            stored.is_some_and(|stored| stored.contact.dnd.iter().any(|entry| entry.scope == *scope))
        })
    }
}

fn page_limit(page: &Page) -> usize {
    usize::try_from(page.limit).unwrap_or(usize::MAX)
}

/// Returns the rows of a page that satisfy `shown`. The row `page.after` itself does not have to satisfy it.
fn page_by<T>(
    rows: impl Iterator<Item = T>,
    page: &Page,
    cursor: impl Fn(&T) -> String,
    shown: impl Fn(&T) -> bool,
) -> Vec<T> {
    let mut rows = rows.peekable();
    if let Some(after) = &page.after {
        while rows.next_if(|row| cursor(row) != *after).is_some() {}
        rows.next();
    }
    rows.filter(shown).take(page_limit(page)).collect()
}
