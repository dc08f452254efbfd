//! Lists of stored objects: order, filters and pages.

use crate::Fixture;
use crate::samples::*;
use flowhost_domain::*;
use flowhost_store::*;

fn page(limit: u32) -> Page {
    Page { after: None, limit }
}

fn filter_for_tenant(filter: impl FnOnce(&mut Filter)) -> Filter {
    let mut all = Filter { tenant: Some(TENANT.to_owned()), ..Filter::default() };
    filter(&mut all);
    all
}

/// Creates contacts 12, 11 and 10, records 20 to 23, and entries of 12 and 10. Contacts 12 and 10 are linked.
async fn fill(store: &Fixture) {
    let mut eva = contact(12, &[("voice", "+1"), ("whatsapp", "+1")]);
    eva.correlators[2] = Some("1-9".to_owned());
    eva.dnd = vec![dnd(Scope::Campaign(id(1))), dnd(Scope::Category("Other".to_owned()))];
    let mut ana = contact(10, &[("widget", "a")]);
    ana.correlators[2] = Some("1-9".to_owned());
    ana.dnd = vec![dnd(Scope::Category("Test".to_owned()))];
    let mut changes = vec![
        Change::CreateContact(eva),
        Change::CreateContact(contact(11, &[("whatsapp", "+2")])),
        Change::CreateContact(ana),
    ];
    for (number, contact, campaign) in [(23, 12, 1), (22, 12, 3), (21, 11, 1), (20, 10, 2)] {
        changes.push(Change::CreateRecord(record(number, id(contact), id(campaign))));
    }
    changes.push(transition(id(21), id(11), RecordState::Ready, RecordState::Sent));
    store.commit_ok(changes).await;
}

async fn contacts(store: &Fixture, filter: Filter) -> Vec<u128> {
    let rows = store.store.contacts(&filter, &page(100)).await.unwrap();
    rows.iter().map(|row| row.contact.id.as_u128()).collect()
}

async fn records(store: &Fixture, filter: Filter) -> Vec<u128> {
    let rows = store.store.records(&filter, &page(100)).await.unwrap();
    rows.iter().map(|(_, record)| record.id.as_u128()).collect()
}

async fn entries(store: &Fixture, filter: Filter) -> Vec<(u128, Scope)> {
    let rows = store.store.dnd(&filter, &page(100)).await.unwrap();
    rows.into_iter().map(|row| (row.contact.as_u128(), row.entry.scope)).collect()
}

pub async fn tenants_and_campaigns_are_in_order(store: &Fixture) {
    let change = |id: &str| ConfigurationChange {
        tenant: tenant(id),
        campaigns: vec![Campaign { name: "A".to_owned(), ..campaign(id, 9, "Test") }, campaign(id, 8, "Test")],
        version: 0,
    };
    assert!(store.store.configure(&[change("zeta"), change("abc")]).await.unwrap());
    let all = Filter::default();
    let tenants = store.store.tenants(&all, &page(2)).await.unwrap();
    assert_eq!(tenants, [tenant("abc"), tenant(TENANT)]);
    let after = Page { after: Some(TENANT.to_owned()), limit: 9 };
    assert_eq!(store.store.tenants(&all, &after).await.unwrap(), [tenant("zeta")]);
    let campaigns = store.store.campaigns(&all, &page(9)).await.unwrap();
    let ids: Vec<_> = campaigns.iter().map(|row| (row.tenant.as_str(), row.id.as_u128())).collect();
    assert_eq!(ids, [("abc", 9), ("abc", 8), (TENANT, 1), (TENANT, 2), (TENANT, 3), ("zeta", 9), ("zeta", 8)]);
    let other = filter_for_tenant(|filter| filter.category = Some("Other".to_owned()));
    assert_eq!(store.store.campaigns(&other, &page(9)).await.unwrap(), [campaign(TENANT, 3, "Other")]);
    let configuration = store.store.configuration("abc").await.unwrap().unwrap();
    assert_eq!((configuration.version, configuration.campaigns[0].id), (1, id(9)));
    assert_eq!(store.store.configuration("nobody").await.unwrap(), None);
}

pub async fn campaigns_are_paged_in_order_of_their_names(store: &Fixture) {
    let named = |number, name: &str, category| Campaign { name: name.to_owned(), ..campaign(TENANT, number, category) };
    let campaigns = vec![named(9, "Campaign 0", "Test"), named(8, "Zeta", "Other"), named(7, "Álbum", "Other")];
    let change = ConfigurationChange { tenant: tenant(TENANT), campaigns, version: 1 };
    assert!(store.store.configure(&[change]).await.unwrap());
    let page = async |category: Option<&str>, after: Option<u128>, limit| {
        let lookup = Lookup::CampaignPage { category: category.map(str::to_owned), after: after.map(id), limit };
        let LookupResult::CampaignIds(ids) = store.lookup(lookup).await else { panic!("another kind of result") };
        ids.map(|ids| ids.iter().map(|id| id.as_u128()).collect::<Vec<_>>())
    };
    assert_eq!(page(None, None, 9).await, Some(vec![9, 1, 2, 3, 8, 7]));
    assert_eq!(page(None, Some(1), 2).await, Some(vec![2, 3]));
    assert_eq!(page(None, Some(7), 9).await, Some(vec![]));
    assert_eq!(page(Some("Test"), None, 2).await, Some(vec![9, 1]));
    assert_eq!(page(Some("Other"), Some(2), 9).await, Some(vec![3, 8, 7]));
    assert_eq!(page(Some("None"), None, 9).await, Some(vec![]));
    assert_eq!((page(None, Some(99), 9).await, page(Some("Test"), Some(99), 9).await), (None, None));
    assert_eq!(page(None, None, 0).await, Some(vec![]));
}

pub async fn contacts_are_in_order_of_creation(store: &Fixture) {
    fill(store).await;
    assert_eq!(contacts(store, filter_for_tenant(|_| {})).await, [12, 11, 10]);
    let row = store.store.contacts(&filter_for_tenant(|_| {}), &page(1)).await.unwrap().remove(0);
    assert_eq!((row.tenant.as_str(), row.contact), (TENANT, (*store.contact(12).await.unwrap().contact).clone()));
}

pub async fn contacts_are_filtered(store: &Fixture) {
    fill(store).await;
    assert_eq!(contacts(store, filter_for_tenant(|filter| filter.contact = Some(id(11)))).await, [11]);
    assert_eq!(
        contacts(store, filter_for_tenant(|filter| filter.channel = Some("whatsapp".to_owned()))).await,
        [12, 11]
    );
    assert_eq!(contacts(store, filter_for_tenant(|filter| filter.linked = Some(id(10)))).await, [12]);
    assert_eq!(contacts(store, filter_for_tenant(|filter| filter.linked = Some(id(11)))).await, []);
    assert_eq!(contacts(store, filter_for_tenant(|filter| filter.tenant = Some("nobody".to_owned()))).await, []);
}

pub async fn records_are_filtered(store: &Fixture) {
    fill(store).await;
    assert_eq!(records(store, filter_for_tenant(|_| {})).await, [23, 22, 21, 20]);
    assert_eq!(records(store, filter_for_tenant(|filter| filter.contact = Some(id(12)))).await, [23, 22]);
    assert_eq!(records(store, filter_for_tenant(|filter| filter.campaign = Some(id(1)))).await, [23, 21]);
    assert_eq!(records(store, filter_for_tenant(|filter| filter.state = Some(RecordState::Sent))).await, [21]);
    assert_eq!(records(store, filter_for_tenant(|filter| filter.channel = Some("voice".to_owned()))).await, [23, 22]);
    assert_eq!(
        records(store, filter_for_tenant(|filter| filter.category = Some("Test".to_owned()))).await,
        [23, 21, 20]
    );
    let both = filter_for_tenant(|filter| {
        filter.contact = Some(id(12));
        filter.category = Some("Other".to_owned());
    });
    assert_eq!(records(store, both).await, [22]);
}

pub async fn dnd_entries_are_filtered(store: &Fixture) {
    fill(store).await;
    let campaign = (12, Scope::Campaign(id(1)));
    let (other, test) = ((12, Scope::Category("Other".to_owned())), (10, Scope::Category("Test".to_owned())));
    assert_eq!(entries(store, filter_for_tenant(|_| {})).await, [campaign.clone(), other.clone(), test.clone()]);
    assert_eq!(
        entries(store, filter_for_tenant(|filter| filter.contact = Some(id(10)))).await,
        std::slice::from_ref(&test)
    );
    assert_eq!(
        entries(store, filter_for_tenant(|filter| filter.campaign = Some(id(1)))).await,
        std::slice::from_ref(&campaign)
    );
    assert_eq!(
        entries(store, filter_for_tenant(|filter| filter.category = Some("Test".to_owned()))).await,
        [campaign, test]
    );
}

pub async fn pages_form_the_whole_list(store: &Fixture) {
    fill(store).await;
    let all = filter_for_tenant(|_| {});
    let mut after = None;
    for expected in [vec![23, 22], vec![21, 20], vec![]] {
        let rows = store.store.records(&all, &Page { after: after.take(), limit: 2 }).await.unwrap();
        let found: Vec<_> = rows.iter().map(|(_, record)| record.id.as_u128()).collect();
        assert_eq!(found, expected);
        after = rows.last().map(|(_, record)| record.id.to_string());
    }
    let first = store.store.dnd(&all, &page(1)).await.unwrap().remove(0);
    let rest = store.store.dnd(&all, &Page { after: Some(first.cursor()), limit: 9 }).await.unwrap();
    let again = store.store.dnd(&all, &Page { after: Some(rest[0].cursor()), limit: 9 }).await.unwrap();
    assert_eq!((rest.len(), again), (2, rest[1..].to_vec()));
    let campaigns = Page { after: Some(id(1).to_string()), limit: 1 };
    assert_eq!(store.store.campaigns(&all, &campaigns).await.unwrap(), [campaign(TENANT, 2, "Test")]);
    // A page may begin after a row that the filter excludes.
    let sent = filter_for_tenant(|filter| filter.state = Some(RecordState::Sent));
    let rows = store.store.records(&sent, &Page { after: Some(id(22).to_string()), limit: 9 }).await.unwrap();
    assert_eq!(rows.len(), 1);
}

pub async fn an_unknown_cursor_ends_the_list(store: &Fixture) {
    fill(store).await;
    for after in [id(99).to_string(), "nonsense".to_owned(), format!("{}/{}", id(99), id(2)), "x/Test".to_owned()] {
        let (all, page) = (Filter::default(), Page { after: Some(after), limit: 9 });
        assert_eq!(store.store.campaigns(&all, &page).await.unwrap(), []);
        assert_eq!(store.store.contacts(&all, &page).await.unwrap(), []);
        assert_eq!(store.store.records(&all, &page).await.unwrap(), []);
        assert_eq!(store.store.dnd(&all, &page).await.unwrap(), []);
    }
}

pub async fn a_list_continues_across_tenants(store: &Fixture) {
    fill(store).await;
    let other = ConfigurationChange { tenant: tenant("abc"), campaigns: vec![], version: 0 };
    assert!(store.store.configure(&[other]).await.unwrap());
    let mut first = commit(vec![Change::CreateContact(contact(50, &[]))]);
    first.tenant = "abc".to_owned();
    assert_eq!(store.commit_all(vec![first]).await, [CommitOutcome::Committed]);
    assert_eq!(contacts(store, Filter::default()).await, [50, 12, 11, 10]);
    let after = Page { after: Some(id(50).to_string()), limit: 2 };
    let rows = store.store.contacts(&Filter::default(), &after).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.contact.id.as_u128()).collect::<Vec<_>>(), [12, 11]);
}

pub async fn a_list_continues_after_a_removed_row(store: &Fixture) {
    fill(store).await;
    let rest = async |after: String| {
        let page = Page { after: Some(after), limit: 9 };
        let rows = store.store.dnd(&Filter::default(), &page).await.unwrap();
        rows.iter().map(|row| (row.contact.as_u128(), row.entry.scope.clone())).collect::<Vec<_>>()
    };
    let all = entries(store, filter_for_tenant(|_| {})).await;
    for removed in 0..2 {
        let (contact, scope) = all[removed].clone();
        let row = store.store.dnd(&Filter::default(), &page(1)).await.unwrap().remove(0);
        assert_eq!((row.contact, &row.entry.scope), (id(contact), &scope));
        store.commit_ok(vec![Change::RemoveDnd { contact: id(contact), scope }]).await;
        assert_eq!(rest(row.cursor()).await, all[removed + 1..]);
    }
    let tenants = Page { after: Some("ab".to_owned()), limit: 9 };
    assert_eq!(store.store.tenants(&Filter::default(), &tenants).await.unwrap(), [tenant(TENANT)]);
}

pub async fn a_category_may_be_spelled_as_a_campaign(store: &Fixture) {
    let category = Scope::Category(id(2).to_string());
    let mut ana = contact(10, &[]);
    ana.dnd = vec![dnd(category.clone()), dnd(Scope::Campaign(id(3))), dnd(Scope::Category("x".to_owned()))];
    store.commit_ok(vec![Change::CreateContact(ana)]).await;
    let after = Page { after: Some(format!("{}/{}", id(10), id(2))), limit: 9 };
    let rest = async || store.store.dnd(&Filter::default(), &after).await.unwrap().len();
    assert_eq!(rest().await, 1);
    store.commit_ok(vec![Change::RemoveDnd { contact: id(10), scope: category }]).await;
    assert_eq!(rest().await, 2);
}

pub async fn two_tenants_may_have_one_campaign_id(store: &Fixture) {
    let other =
        ConfigurationChange { tenant: tenant("other"), campaigns: vec![campaign("other", 1, "Own")], version: 0 };
    assert!(store.store.configure(&[other]).await.unwrap());
    let of_both = Filter { campaign: Some(id(1)), ..Filter::default() };
    let found = store.store.campaigns(&of_both, &page(9)).await.unwrap();
    assert_eq!(found, [campaign(TENANT, 1, "Test"), campaign("other", 1, "Own")]);
    let after = Page { after: Some(id(1).to_string()), limit: 9 };
    let theirs = Filter { tenant: Some("other".to_owned()), ..Filter::default() };
    assert_eq!(store.store.campaigns(&theirs, &after).await.unwrap(), []);
    let request =
        ReadRequest { tenant: "other".to_owned(), known_version: None, lookups: vec![Lookup::Campaign(id(1))] };
    let answer = store.reader.read(&request).await.unwrap().results.remove(0);
    assert_eq!(answer, LookupResult::Campaign(Some(campaign("other", 1, "Own").into())));
}
