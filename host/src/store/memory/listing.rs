//! Lists of what the store holds.

use super::read::has_channel;
use super::state::{Owned, State, StoredContact, StoredRecord};
use crate::domain::{Campaign, Record, Scope, Tenant};
use crate::store::listing::DndPosition;
use crate::store::{ContactRow, DndRow, Filter, LogEntry, Page};
use uuid::Uuid;

impl State {
    pub(super) fn list_tenants(&self, filter: &Filter, page: &Page) -> Vec<Tenant> {
        let rows = self.owned(filter).filter_map(|(_, owned)| Some(Tenant::clone(owned.tenant.as_ref()?)));
        let later = |tenant: &Tenant| page.after.as_ref().is_none_or(|after| tenant.id > *after);
        rows.filter(later).take(limit(page)).collect()
    }

    pub(super) fn list_campaigns(&self, filter: &Filter, page: &Page) -> Vec<Campaign> {
        let shown = |campaign: &Campaign| {
            filter.campaign.is_none_or(|id| id == campaign.id)
                && filter.category.as_ref().is_none_or(|category| *category == campaign.category)
        };
        let rows = self.owned(filter).flat_map(|(_, owned)| owned.campaigns_by_name());
        stretch_of(rows, page, |campaign| campaign.id.to_string(), shown)
    }

    pub(super) fn list_contacts(&self, filter: &Filter, page: &Page) -> Vec<ContactRow> {
        let rows = self.owned(filter).flat_map(|(tenant, owned)| {
            let stored = owned.contact_order.iter().filter_map(|id| owned.contacts.get(id));
            stored.map(move |stored| (tenant, owned, stored))
        });
        let shown = |(_, owned, stored): &(&String, &Owned, &StoredContact)| {
            filter.contact.is_none_or(|id| id == stored.contact.id)
                && filter.channel.as_ref().is_none_or(|channel| has_channel(stored, channel))
                && filter.linked.is_none_or(|id| {
                    let mut linked = owned.linked(&stored.contact);
                    linked.any(|other| other.contact.id == id)
                })
        };
        let rows = stretch_of(rows, page, |(_, _, stored)| stored.contact.id.to_string(), shown);
        let row = |(tenant, _, stored): (&String, &Owned, &StoredContact)| ContactRow {
            tenant: tenant.clone(),
            contact: (*stored.contact).clone(),
        };
        rows.into_iter().map(row).collect()
    }

    pub(super) fn list_records(&self, filter: &Filter, page: &Page) -> Vec<(String, Record)> {
        let rows = self.owned(filter).flat_map(|(tenant, owned)| {
            let stored = owned.record_order.iter().filter_map(|id| owned.records.get(id));
            stored.map(move |stored| (tenant, owned, stored))
        });
        let shown = |(_, owned, stored): &(&String, &Owned, &StoredRecord)| {
            let record = &stored.record;
            let contact = owned.contacts.get(&record.contact);
            let campaign = owned.campaigns.get(&record.campaign);
            filter.campaign.is_none_or(|id| id == record.campaign)
                && filter.contact.is_none_or(|id| id == record.contact)
                && filter.state.is_none_or(|state| state == record.state)
                && filter.channel.as_ref().is_none_or(|name| contact.is_some_and(|contact| has_channel(contact, name)))
                && filter
                    .category
                    .as_ref()
                    .is_none_or(|name| campaign.is_some_and(|campaign| campaign.category == *name))
        };
        let rows = stretch_of(rows, page, |(_, _, stored)| stored.record.id.to_string(), shown);
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
        for (tenant, owned) in self.owned(filter) {
            let begin = match &after {
                Some(position) => match owned.contacts.get(&position.contact) {
                    Some(stored) => Some((stored.order, owned.scope_at(position))),
                    None => continue,
                },
                None => None,
            };
            after = None;
            let stored = owned.contact_order.iter().filter_map(|id| owned.contacts.get(id));
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
        found.into_iter().filter(shown).take(limit(page)).collect()
    }

    pub(super) fn record_log(&self, tenant: &str, record: Uuid) -> Vec<LogEntry> {
        let stored = self.tenants.get(tenant).and_then(|owned| owned.records.get(&record));
        stored.map(|stored| stored.log.clone()).unwrap_or_default()
    }

    fn owned(&self, filter: &Filter) -> impl Iterator<Item = (&String, &Owned)> {
        self.tenants.iter().filter(|(id, _)| filter.tenant.as_ref().is_none_or(|tenant| tenant == *id))
    }
}

impl Owned {
    fn scope_at(&self, position: &DndPosition<'_>) -> Scope {
        let stored = self.contacts.get(&position.contact);
        position
            .scope(|scope| stored.is_some_and(|stored| stored.contact.dnd.iter().any(|entry| entry.scope == *scope)))
    }
}

fn limit(page: &Page) -> usize {
    usize::try_from(page.limit).unwrap_or(usize::MAX)
}

/// The rows that are shown, from the one after `page.after`, which itself needn't be shown.
fn stretch_of<T>(
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
    rows.filter(shown).take(limit(page)).collect()
}
