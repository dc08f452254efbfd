//! The replacement of a component while sessions use it.

use crate::fixture::Fixture;
use crate::plugins;
use futures_util::future::join_all;
use std::collections::HashSet;
use std::sync::Arc;

/// The same component with other bytes: a custom section at its end.
fn variant(component: &[u8], number: u8) -> Vec<u8> {
    // A custom section of five bytes: the length of its name, three bytes of name, and one byte of data.
    [component, &[0, 5, 3, b'a', b'b', b'c', number]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_use_exactly_one_component_version() {
    let fixture = Arc::new(Fixture::new().await);
    let variants: Vec<_> = (0..2).map(|number| variant(&plugins::component("hostile"), number)).collect();
    let digests: HashSet<_> =
        variants.iter().map(|component| fixture.host.load(component).unwrap().digest.clone()).collect();
    assert_eq!(digests.len(), 2);
    let kept = fixture.attack("sets-an-input", "", "");

    // Two publishers run at the same time as sessions that prepare their nodes for every invocation.
    let publishers = variants.into_iter().map(|component| {
        let host = Arc::clone(&fixture.host);
        tokio::task::spawn_blocking(move || (0..20).for_each(|_| drop(host.load(&component).unwrap())))
    });
    let sessions = (0..8).map(|_| async {
        for _ in 0..20 {
            let request = fixture.attack("warns-often", "", "");
            assert!(digests.contains(&request.node.action().digest));
            assert_eq!(fixture.host.invoke(request).await.unwrap().warnings.len(), 100);
        }
    });
    let (published, _) = tokio::join!(join_all(publishers), join_all(sessions));
    published.into_iter().for_each(|publisher| publisher.unwrap());

    // A prepared node keeps its component, and the catalog has one component for the id.
    assert_eq!(fixture.host.invoke(kept).await.unwrap().error.unwrap().code, "plugin-contract");
    let catalog = fixture.host.catalog();
    let there: Vec<_> = catalog.all().filter(|action| action.manifest.id == "hostile").collect();
    assert!(there.len() == 1 && digests.contains(&there[0].digest));
}
