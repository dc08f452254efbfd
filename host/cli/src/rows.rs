//! The rows of the list commands, for people and for programs.

use chrono::{DateTime, SecondsFormat, Utc};
use flowhost::domain::{Campaign, Record, Scope, Tenant};
use flowhost::store::{ContactRow, DndRow, Filter, Page, Store, StoreError, record_to_json};
use serde_json::{Value as Json, json};

/// A list of the store.
pub(super) trait Rows {
    /// The type of the rows.
    type Row;

    /// The plural name of the rows.
    const NAME: &'static str;
    /// The filters that apply to the list, in addition to the tenant.
    const FILTERS: &'static [&'static str];
    /// The headers of the columns.
    const HEADERS: &'static [&'static str];
    /// Whether the rows are tenants, which belong to no tenant themselves.
    const IS_TENANT_LIST: bool = false;

    /// Reads a page of the list.
    fn read(
        store: &dyn Store,
        filter: &Filter,
        page: &Page,
    ) -> impl Future<Output = Result<Vec<Self::Row>, StoreError>>;

    /// Returns the tenant of a row.
    fn tenant(row: &Self::Row) -> &str;
    /// Returns the row's value for `--after`.
    fn cursor(row: &Self::Row) -> String;
    /// Returns the columns for people.
    fn columns(row: &Self::Row) -> Vec<String>;
    /// Returns the JSON for programs.
    fn json(row: &Self::Row) -> Json;
}

/// `flowhost tenants`.
pub(super) struct Tenants;

impl Rows for Tenants {
    type Row = Tenant;
    const NAME: &'static str = "tenants";
    const FILTERS: &'static [&'static str] = &[];
    const HEADERS: &'static [&'static str] = &["ID", "NAME", "TIME ZONE", "REGION", "CHANNELS"];
    const IS_TENANT_LIST: bool = true;

    async fn read(store: &dyn Store, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        store.tenants(filter, page).await
    }

    fn tenant(row: &Tenant) -> &str {
        &row.id
    }

    fn cursor(row: &Tenant) -> String {
        row.id.clone()
    }

    fn columns(row: &Tenant) -> Vec<String> {
        let channels: Vec<_> = row.channels.iter().map(|channel| channel.name.as_str()).collect();
        vec![row.id.clone(), row.name.clone(), row.time_zone.to_string(), row.phone_region.clone(), channels.join(",")]
    }

    fn json(row: &Tenant) -> Json {
        json!(row)
    }
}

/// `flowhost campaigns`.
pub(super) struct Campaigns;

impl Rows for Campaigns {
    type Row = Campaign;
    const NAME: &'static str = "campaigns";
    const FILTERS: &'static [&'static str] = &["campaign", "category"];
    const HEADERS: &'static [&'static str] = &["TENANT", "ID", "NAME", "TYPE", "MODE", "CATEGORY"];

    async fn read(store: &dyn Store, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError> {
        store.campaigns(filter, page).await
    }

    fn tenant(row: &Campaign) -> &str {
        &row.tenant
    }

    fn cursor(row: &Campaign) -> String {
        row.id.to_string()
    }

    fn columns(row: &Campaign) -> Vec<String> {
        let (kind, mode) = (row.kind.as_str().to_owned(), row.mode.as_str().to_owned());
        vec![row.tenant.clone(), row.id.to_string(), row.name.clone(), kind, mode, row.category.clone()]
    }

    fn json(row: &Campaign) -> Json {
        json!(row)
    }
}

/// `flowhost contacts`.
pub(super) struct Contacts;

impl Rows for Contacts {
    type Row = ContactRow;
    const NAME: &'static str = "contacts";
    const FILTERS: &'static [&'static str] = &["contact", "channel", "linked"];
    const HEADERS: &'static [&'static str] = &["TENANT", "ID", "NAME", "ADDRESSES", "CREATED"];

    async fn read(store: &dyn Store, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError> {
        store.contacts(filter, page).await
    }

    fn tenant(row: &ContactRow) -> &str {
        &row.tenant
    }

    fn cursor(row: &ContactRow) -> String {
        row.contact.id.to_string()
    }

    fn columns(ContactRow { tenant, contact }: &ContactRow) -> Vec<String> {
        let addresses = contact.addresses.iter().map(|address| format!("{}:{}", address.channel, address.identifier));
        let addresses = addresses.collect::<Vec<_>>().join(",");
        vec![
            tenant.clone(),
            contact.id.to_string(),
            contact.name.clone(),
            addresses,
            format_seconds(contact.created_at),
        ]
    }

    fn json(row: &ContactRow) -> Json {
        row.to_json()
    }
}

/// `flowhost records`.
pub(super) struct Records;

impl Rows for Records {
    type Row = (String, Record);
    const NAME: &'static str = "records";
    const FILTERS: &'static [&'static str] = &["campaign", "contact", "channel", "state", "category"];
    const HEADERS: &'static [&'static str] = &["TENANT", "ID", "STATE", "KIND", "SCHEDULED", "CAMPAIGN", "CONTACT"];

    async fn read(store: &dyn Store, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError> {
        store.records(filter, page).await
    }

    fn tenant((tenant, _): &(String, Record)) -> &str {
        tenant
    }

    fn cursor((_, record): &(String, Record)) -> String {
        record.id.to_string()
    }

    fn columns((tenant, record): &(String, Record)) -> Vec<String> {
        vec![
            tenant.clone(),
            record.id.to_string(),
            record.state.as_str().to_owned(),
            if record.internal { "internal" } else { "external" }.to_owned(),
            record.schedule.as_ref().map_or_else(|| "-".to_owned(), |schedule| format_seconds(schedule.at)),
            record.campaign.to_string(),
            record.contact.to_string(),
        ]
    }

    fn json((tenant, record): &(String, Record)) -> Json {
        record_to_json(tenant, record)
    }
}

/// `flowhost dnd`.
pub(super) struct Dnd;

impl Rows for Dnd {
    type Row = DndRow;
    const NAME: &'static str = "do-not-disturb entries";
    const FILTERS: &'static [&'static str] = &["campaign", "contact", "category"];
    const HEADERS: &'static [&'static str] =
        &["TENANT", "CONTACT", "SCOPE", "CAMPAIGN OR CATEGORY", "SINCE", "BY", "REASON"];

    async fn read(store: &dyn Store, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError> {
        store.dnd(filter, page).await
    }

    fn tenant(row: &DndRow) -> &str {
        &row.tenant
    }

    fn cursor(row: &DndRow) -> String {
        row.cursor()
    }

    fn columns(DndRow { tenant, contact, entry }: &DndRow) -> Vec<String> {
        let (kind, scope) = match &entry.scope {
            Scope::Campaign(campaign) => ("campaign", campaign.to_string()),
            Scope::Category(category) => ("category", category.clone()),
        };
        let reason = entry.reason.clone().unwrap_or_default();
        let since = format_seconds(entry.at);
        vec![tenant.clone(), contact.to_string(), kind.to_owned(), scope, since, entry.actor.clone(), reason]
    }

    fn json(row: &DndRow) -> Json {
        row.to_json()
    }
}

fn format_seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
