//! A transaction shows its pending changes exactly as a store shows the same changes after their commit.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use flowhost_domain::*;
use flowhost_store::*;
use flowhost_store_conformance::Handle;
use flowhost_store_conformance::samples::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    /// Creates a record of a contact in a campaign.
    Create(u128, u128),
    /// Removes the schedule of the newest Ready record of a contact in a campaign.
    Replace(u128, u128),
    /// Cancels the n-th of the records.
    Cancel(u128),
    Rename(u128),
    Block(u128, bool),
    /// Creates a contact with two addresses, or adds the second to the contact that has the first.
    Upsert(u128, u128),
}

fn a_contact() -> impl Strategy<Value = u128> {
    10_u128..12
}

fn a_campaign() -> impl Strategy<Value = u128> {
    1_u128..3
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (a_contact(), a_campaign()).prop_map(|(contact, campaign)| Step::Create(contact, campaign)),
        2 => (a_contact(), a_campaign()).prop_map(|(contact, campaign)| Step::Replace(contact, campaign)),
        4 => (0_u128..20).prop_map(Step::Cancel),
        1 => a_contact().prop_map(Step::Rename),
        1 => (a_contact(), any::<bool>()).prop_map(|(contact, on)| Step::Block(contact, on)),
        2 => (0_u128..3, 0_u128..3).prop_map(|(voice, widget)| Step::Upsert(voice, widget)),
    ]
}

/// The id of an initial record for numbers below 10, otherwise of a record that a step creates.
fn some_record(number: u128) -> u128 {
    if number < 10 { 20 + number } else { 90 + number }
}

async fn apply_step(transaction: &mut Transaction, step: &Step, number: u128) -> Result<(), TransactionError> {
    match *step {
        Step::Create(contact, campaign) => transaction.put_record(record(100 + number, id(contact), id(campaign))),
        Step::Replace(contact, campaign) => {
            if let Some((newest, _)) = transaction.newest_ready_record(id(contact), id(campaign)).await? {
                transaction.put_record(Record { schedule: None, updated_at: at(number as i64), ..(*newest).clone() });
            }
        }
        Step::Cancel(record) => {
            let target = some_record(record);
            if let Some(found) = transaction.record(id(target)).await?.filter(|found| found.state == RecordState::Ready)
            {
                transaction.transition(&found, RecordState::Cancelled, Some(number.to_string()));
            }
        }
        Step::Rename(contact) => {
            let mut after = (*transaction.contact(id(contact)).await?.unwrap()).clone();
            after.name = format!("Name {number}");
            transaction.put_contact(after);
        }
        Step::Block(contact, on) => {
            let mut after = (*transaction.contact(id(contact)).await?.unwrap()).clone();
            after.dnd.clear();
            if on {
                after.dnd.push(dnd(Scope::Campaign(id(1))));
            }
            transaction.put_contact(after);
        }
        Step::Upsert(voice, widget) => {
            let (voice, widget) = (format!("v{voice}"), format!("w{widget}"));
            let found =
                (transaction.contact_at("voice", &voice).await?, transaction.contact_at("widget", &widget).await?);
            let both = contact(200 + number, &[("voice", &voice), ("widget", &widget)]);
            match found {
                (None, None) => transaction.put_contact(both),
                (Some(found), None) if found.address_in("widget").is_none() => {
                    let mut after = (*found).clone();
                    after.addresses = both.addresses;
                    transaction.put_contact(after);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The results of all lookups of these contacts, as text.
async fn observe(
    transaction: &mut Transaction,
    after: Option<u128>,
    limit: u32,
) -> Result<Vec<String>, TransactionError> {
    let mut answers = Vec::new();
    for contact in [10, 11] {
        answers.push(format!("{:?}", transaction.contact(id(contact)).await?));
        for campaign in [1, 2] {
            let (contact, campaign): (Uuid, Uuid) = (id(contact), id(campaign));
            answers.push(format!("{:?}", transaction.newest_ready_record(contact, campaign).await?));
            answers.push(format!("{:?}", transaction.ready_page(contact, campaign, after.map(id), limit).await?));
        }
    }
    for number in 0..3 {
        answers.push(format!("{:?}", transaction.contact_at("voice", &format!("v{number}")).await?));
        answers.push(format!("{:?}", transaction.contact_at("widget", &format!("w{number}")).await?));
    }
    Ok(answers)
}

async fn filled_store() -> Handle {
    let store = Handle::open(Arc::new(MemoryStore::new())).await;
    assert!(store.store.configure(&[filled_configuration()]).await.unwrap());
    let mut changes =
        vec![Change::CreateContact(contact(10, &[("voice", "v0")])), Change::CreateContact(contact(11, &[]))];
    changes.extend((20..30).map(|number| Change::CreateRecord(record(number, id(10 + number % 2), id(1)))));
    store.commit_ok(changes).await;
    store
}

async fn dump(store: &Handle) -> Vec<String> {
    let (all, page) = (Filter::default(), Page { after: None, limit: 1_000 });
    let records = store.store.records(&all, &page).await.unwrap();
    let mut lists = vec![format!("{:?}", store.store.contacts(&all, &page).await.unwrap()), format!("{records:?}")];
    for (_, record) in records {
        lists.push(format!("{:?}", store.log(record.id.as_u128()).await));
    }
    lists
}

async fn assert_pending_equals_committed(steps: Vec<(Step, Option<u128>, u32)>) {
    let (store, twin) = (filled_store().await, filled_store().await);
    let mut transaction = store.transaction();
    for (number, (step, after, limit)) in (0..).zip(steps) {
        apply_step(&mut transaction, &step, number).await.unwrap();
        let mut at_once = twin.transaction();
        apply_step(&mut at_once, &step, number).await.unwrap();
        assert_eq!(twin.commit_all(vec![at_once.into_commit_request(None)]).await, [CommitOutcome::Committed]);
        let after = after.map(some_record);
        let shown = observe(&mut transaction, after, limit).await.unwrap();
        assert_eq!(shown, observe(&mut twin.transaction(), after, limit).await.unwrap(), "after {step:?}");
    }
    assert_eq!(store.commit_all(vec![transaction.into_commit_request(None)]).await, [CommitOutcome::Committed]);
    assert_eq!(dump(&store).await, dump(&twin).await);
}

proptest! {
    #[test]
    fn a_transaction_shows_its_pending_changes(steps in vec((a_step(), option::of(0_u128..20), 0_u32..5), 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(assert_pending_equals_committed(steps));
    }
}
