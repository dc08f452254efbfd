//! Writers that retry after conflicts, in one task or on a thread of their own.

use crate::StoreUnderTest;
use crate::samples::*;
use flowhost_store::*;
use std::sync::Arc;
use std::thread::JoinHandle;

/// The number of commits of a thread of [`spawn_writer`].
const COMMITS_PER_WRITER: u128 = 100;

/// The number of attempts of [`commit_with_retry`]. A store that reports a conflict without a cause exceeds it.
const MAX_ATTEMPTS: u32 = 1_000_000;

/// Prepares a commit from a new transaction of [`TENANT`] and commits it. Retries after each conflict, and panics after
/// 1,000,000 conflicts.
pub async fn commit_with_retry(
    reader: Arc<dyn Reader>,
    store: Arc<dyn Store>,
    prepare: impl AsyncFn(&mut Transaction) -> Result<(), TransactionError>,
) -> CommitOutcome {
    let mut committer = store.committer().await.unwrap();
    for _ in 0..MAX_ATTEMPTS {
        let mut transaction = Transaction::new(reader.clone(), TENANT, at(10), None);
        match prepare(&mut transaction).await {
            Ok(()) => {}
            Err(TransactionError::Conflict) => continue,
            Err(TransactionError::Store(error)) => panic!("{error}"),
        }
        // Other tasks run between the reads and the commit.
        tokio::task::yield_now().await;
        match committer.commit(&[transaction.into_commit_request(None)]).await.unwrap().remove(0) {
            CommitOutcome::Conflict => {}
            outcome => return outcome,
        }
    }
    panic!("{MAX_ATTEMPTS} attempts ended in a conflict")
}

/// Starts a thread that opens its own handle on the data, as a separate process does.
///
/// The thread makes 100 commits. Each one adds a record of campaign 1 to one of five contacts of [`TENANT`]. The thread
/// returns the number of successful commits. Different values of `writer` give the created objects different ids.
pub fn spawn_writer(under_test: Arc<dyn StoreUnderTest>, writer: u128) -> JoinHandle<usize> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = under_test.open().await;
            let reader: Arc<dyn Reader> = Arc::from(store.reader().await.unwrap());
            let mut committed = 0;
            for round in 0..COMMITS_PER_WRITER {
                let outcome = commit_with_retry(reader.clone(), store.clone(), async move |transaction| {
                    let address = (round % 5).to_string();
                    upsert(transaction, 10_000 * writer + round, &address).await?;
                    let contact = transaction.contact_at("widget", &address).await?.expect("it was just put there");
                    transaction.put_record(record(20_000 * writer + round, contact.id, id(1)));
                    Ok(())
                });
                committed += usize::from(outcome.await == CommitOutcome::Committed);
            }
            committed
        })
    })
}

/// Creates a contact with this address in channel `widget`, unless a contact has the address.
pub(crate) async fn upsert(
    transaction: &mut Transaction,
    number: u128,
    identifier: &str,
) -> Result<(), TransactionError> {
    if transaction.contact_at("widget", identifier).await?.is_none() {
        transaction.put_contact(contact(number, &[("widget", identifier)]));
    }
    Ok(())
}
