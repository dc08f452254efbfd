//! Callers that drop their futures while their invocations wait or run: the host returns every permit and every reservation.

use crate::fixture::Fixture;
use futures_util::future::join_all;
use futures_util::poll;
use std::time::Duration;

/// Invocations of one tenant that may run at once.
const PERMITS: usize = 4;

/// Callers of one tenant: some run, the others wait.
const CALLERS: usize = 500;

/// Longer than the test takes on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(60);

async fn fixture() -> Fixture {
    Fixture::with_limits(|limits| {
        limits.in_flight_per_tenant = PERMITS;
        limits.queued_per_tenant = CALLERS;
        (limits.invocation_timeout, limits.queue_timeout) = (10 * TIME_LIMIT, 10 * TIME_LIMIT);
    })
    .await
}

/// As many invocations run as before all that, and the queue has room for as many.
async fn assert_all_permits_free(fixture: &Fixture) {
    fixture.invoke_neighbour("acme").await;
    fixture.hanging_reads.forget_permits(usize::MAX);
    let mut all: Vec<_> =
        (0..PERMITS + CALLERS).map(|_| Box::pin(fixture.host.invoke(fixture.hanging_request()))).collect();
    for caller in &mut all {
        assert!(poll!(caller.as_mut()).is_pending());
    }
    let running = fixture.wait_for_hanging_reads(u32::try_from(PERMITS).unwrap());
    tokio::time::timeout(TIME_LIMIT, running).await.unwrap();
}

#[tokio::test]
async fn callers_that_leave_the_queue_return_their_places() {
    let fixture = fixture().await;
    for _ in 0..20 {
        let invoke = || Box::pin(fixture.host.invoke(fixture.hanging_request()));
        let mut callers: Vec<_> = (0..CALLERS).map(|_| invoke()).collect();
        for caller in &mut callers {
            assert!(poll!(caller.as_mut()).is_pending());
        }
        // Every third caller leaves first, then those that came last, and then those that came first.
        let mut number = 0;
        callers.retain(|_| {
            number += 1;
            number % 3 != 0
        });
        fixture.invoke_neighbour("other").await;
        callers.truncate(CALLERS / 3);
        fixture.invoke_neighbour("other").await;
    }
    assert_all_permits_free(&fixture).await;
}

/// The callers leave as soon as their invocations run, so that a permit goes to one that leaves at that moment, too.
#[tokio::test]
async fn callers_that_leave_when_they_get_a_permit_return_it() {
    let fixture = fixture().await;
    for _ in 0..20 {
        let mut callers: Vec<_> = (0..32).map(|_| Box::pin(fixture.host.invoke(fixture.hanging_request()))).collect();
        for caller in &mut callers {
            assert!(poll!(caller.as_mut()).is_pending());
        }
        // The first ones run. Their places go to the next, which leave in turn.
        callers.reverse();
        while let Some(caller) = callers.pop() {
            drop(caller);
            fixture.invoke_neighbour("other").await;
        }
        join_all((0..PERMITS).map(|_| fixture.invoke_neighbour("acme"))).await;
    }
    assert_all_permits_free(&fixture).await;
}
