//! Row S6: the time to open a store and a host.

use crate::compare::{Group, Mode, runtime};
use crate::load;
use crate::table::{Row, row};
use criterion::measurement::WallTime;
use flowhost::store::{SqliteOptions, SqliteStore};
use flowhost::{Host, HostBuilder};
use std::path::Path;
use std::time::{Duration, Instant};

/// The time to open store and host `count` times, without the time to drop the hosts.
async fn open_repeatedly(path: &Path, count: u64, builder: &HostBuilder) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..count {
        let began = Instant::now();
        let store = SqliteStore::open(path, SqliteOptions::default()).await.unwrap();
        let host = builder.clone().open(store).await.unwrap();
        total += began.elapsed();
        drop(host);
    }
    total
}

/// S6: the start with the ten actions in the cache, compared with a start without actions.
pub(crate) fn s6(mode: Mode) -> Vec<Row> {
    let mut group = Group::new("S6", mode, WallTime);
    let runtime = runtime();
    let path = load::folder("s6").join("store.db");
    runtime.block_on(async {
        load::host(SqliteStore::open(&path, SqliteOptions::default()).await.unwrap(), 2).await;
    });
    let builder = Host::builder().workers(2).cache(load::cache());
    let bare = builder.clone().without_built_in_actions();
    let rounds = group.alternate([
        ("none", &mut |count| runtime.block_on(open_repeatedly(&path, count, &bare))),
        ("ten", &mut |count| runtime.block_on(open_repeatedly(&path, count, &builder))),
    ]);
    let ([_, ten], each) = (rounds.medians(), rounds.median(|[none, ten]| (ten - none) / 10.0));
    vec![row(
        "S6",
        "start with the ten actions in the cache, to ready; and what an action adds",
        format!("{:.1} ms, {:.2} ms an action", ten / 1e3, each / 1e3),
        "≤ 50 ms, ≤ 1 ms",
        ten <= 50_000.0 && each <= 1_000.0,
    )]
}
