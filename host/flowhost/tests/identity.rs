//! The ids that a component may have, and the replacement of an action by loading another component.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost::store::MemoryStore;
use flowhost::{Host, catalog};
use std::path::Path;

/// The shipped action with other bytes: a custom section at its end.
fn variant(number: u8) -> Vec<u8> {
    let (_, shipped) = catalog::built_in().find(|(id, _)| *id == "campaign-dnd-validator").unwrap();
    [shipped, &[0, 5, 3, b'a', b'b', b'c', number]].concat()
}

#[tokio::test]
async fn a_shipped_id_is_reserved_unless_it_is_replaceable() {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-identity");
    let builder = Host::builder().workers(1).cache(cache);
    let host = builder.clone().open(MemoryStore::new()).await.unwrap();
    let shipped = host.catalog().find("campaign-dnd-validator").unwrap().digest.clone();
    assert_eq!(host.inspect(&variant(1)).unwrap_err().code, "action-reserved");
    assert_eq!(host.load(&variant(1)).unwrap_err().code, "action-reserved");
    assert_eq!(host.catalog().find("campaign-dnd-validator").unwrap().digest, shipped);

    let host = builder.replace_built_in("campaign-dnd-validator").open(MemoryStore::new()).await.unwrap();
    for number in [1, 2, 1] {
        let digest = host.load(&variant(number)).unwrap().digest.clone();
        let catalog = host.catalog();
        assert_eq!(catalog.find("campaign-dnd-validator").unwrap().digest, digest);
        assert_eq!(catalog.all().count(), 10);
    }
}
