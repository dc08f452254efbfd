//! Tests of admission: permits, rotation and memory.

#![allow(clippy::unwrap_used)]
use super::*;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

fn admission(permits: usize, change: impl FnOnce(&mut Limits)) -> Arc<Admission> {
    let mut limits = Limits::default();
    change(&mut limits);
    Admission::new(Arc::new(limits), permits, MemoryBudget::new(1 << 40))
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn all(admission: &Arc<Admission>, tenant: &str, count: usize) -> Vec<AdmissionPermit> {
    let mut permits = Vec::new();
    for _ in 0..count {
        permits.push(admission.admit(tenant, 0).await.unwrap());
    }
    permits
}

#[tokio::test]
async fn a_tenant_waits_for_its_share_and_others_do_not() {
    let admission = admission(64, |limits| (limits.in_flight_per_tenant, limits.queued_per_tenant) = (1, 1));
    let first = admission.admit("acme", 0).await.unwrap();
    let mut second = pin!(admission.admit("acme", 0));
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(admission.admit("acme", 0).await.err().unwrap().code, "overloaded");
    drop(admission.admit("other", 0).await.unwrap());
    drop(first);
    drop(second.await.unwrap());
}

#[tokio::test]
async fn an_expired_wait_fails_and_leaves_no_state() {
    let admission = admission(64, |limits| {
        (limits.in_flight_per_tenant, limits.queue_timeout) = (1, Duration::from_millis(1));
    });
    let first = admission.admit("acme", 0).await.unwrap();
    assert_eq!(admission.admit("acme", 0).await.err().unwrap().code, "overloaded");
    assert_eq!(admission.lock().tenants.len(), 1);
    drop(first);
    assert!(admission.lock().tenants.is_empty() && admission.lock().free == 64);
}

#[tokio::test]
async fn no_tenant_has_more_than_an_eighth_beside_others() {
    let admission = admission(64, |_| {});
    let _lone = all(&admission, "a", 32).await;
    let mut more = pin!(admission.admit("a", 0));
    assert!(poll(more.as_mut()).is_pending());
    let _second = all(&admission, "b", 8).await;
    let mut more = pin!(admission.admit("b", 0));
    assert!(poll(more.as_mut()).is_pending());
    let _third = all(&admission, "c", 8).await;
}

#[tokio::test]
async fn permits_rotate_over_the_tenants() {
    let admission = admission(1, |_| {});
    let held = admission.admit("a", 0).await.unwrap();
    let mut waiting: Vec<_> =
        ["a", "a", "b", "c"].into_iter().map(|tenant| Box::pin(admission.admit(tenant, 0))).collect();
    for wait in &mut waiting {
        assert!(poll(wait.as_mut()).is_pending());
    }
    // The rotation follows the order in which the tenants arrived, with one permit each.
    drop(held);
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.iter_mut().enumerate().find_map(|(index, wait)| match poll(wait.as_mut()) {
            Poll::Ready(permit) => Some((index, permit.unwrap())),
            Poll::Pending => None,
        });
        let (index, permit) = ready.unwrap();
        drop(waiting.remove(index));
        order.push(permit.tenant.to_string());
    }
    assert_eq!(order, ["b", "c", "a", "a"]);
}

#[tokio::test]
async fn an_unclaimed_grant_is_returned() {
    let admission = admission(1, |_| {});
    let held = admission.admit("a", 0).await.unwrap();
    {
        let mut gone = pin!(admission.admit("b", 0));
        assert!(poll(gone.as_mut()).is_pending());
        let mut left = pin!(admission.admit("c", 0));
        assert!(poll(left.as_mut()).is_pending());
        drop(held);
    }
    drop(admission.admit("d", 0).await.unwrap());
    assert!(admission.lock().tenants.is_empty() && admission.lock().free == 1);
}

#[tokio::test]
async fn an_admission_waits_for_memory() {
    let admission = Admission::new(Arc::new(Limits::default()), 64, MemoryBudget::new(2 * BASE_BYTES));
    let first = admission.admit("a", 1).await.unwrap();
    let mut second = pin!(admission.admit("b", 0));
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    drop(second.await.unwrap());
}

#[tokio::test]
async fn no_tenant_takes_the_memory_of_the_others() {
    let admission = Admission::new(Arc::new(Limits::default()), 640, MemoryBudget::new(64 * BASE_BYTES));
    // Alone, a tenant has half of the memory.
    let _first = all(&admission, "a", 32).await;
    let mut more = pin!(admission.admit("a", 0));
    assert!(poll(more.as_mut()).is_pending());
    // An invocation that waits for memory does not stop the others.
    let _second = all(&admission, "b", 8).await;
    let mut large = pin!(admission.admit("b", 8 * BASE_BYTES));
    assert!(poll(large.as_mut()).is_pending());
    let _third = all(&admission, "c", 8).await;
    let _whole = admission.admit("d", 7 * BASE_BYTES).await.unwrap();
}

#[tokio::test]
async fn requests_that_wait_reserve_their_memory() {
    let memory = MemoryBudget::new(64 * BASE_BYTES);
    let admission = Admission::new(Arc::new(Limits::default()), 8, Arc::clone(&memory));
    // A quarter of the share of a lone tenant: 8 bases.
    let held = all(&admission, "a", 4).await;
    let mut waiting: Vec<_> = (0..8).map(|_| Box::pin(admission.admit("a", BASE_BYTES))).collect();
    for wait in &mut waiting {
        assert!(poll(wait.as_mut()).is_pending());
    }
    assert_eq!(admission.admit("a", 1).await.err().unwrap().code, "overloaded");
    // Beside others the share is 2 bases, but one request is always accepted.
    let other = admission.admit("b", 0).await.unwrap();
    let mut large = pin!(admission.admit("b", 3 * BASE_BYTES));
    assert!(poll(large.as_mut()).is_pending());
    assert_eq!(admission.admit("b", 1).await.err().unwrap().code, "overloaded");
    drop((waiting, held, other));
    drop(large.await.unwrap());
    let state = admission.lock();
    assert!(state.tenants.is_empty() && state.waiting_bytes == 0);
    assert_eq!(memory.free(), 64 * BASE_BYTES);
}

#[test]
fn granting_ends_beside_a_cancelled_waiter_in_the_queue() {
    let admission = admission(1, |_| {});
    let (held, _) = admission.register("a", BASE_BYTES).unwrap();
    let (waiting, granted) = admission.register("b", BASE_BYTES).unwrap();
    let mut granted = granted.unwrap();
    granted.close();
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(held);
        sender.send(()).unwrap();
    });
    assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Ok(()));
    drop(PendingAdmission { permit: Some(waiting), granted });
    assert!(admission.lock().tenants.is_empty() && admission.lock().free == 1);
}
