//! The shipped components: imports, manifests, forms and sizes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod component;
mod contract;
mod forms;
mod manifests;

use component::Component;
use flow_pack::BuiltAction;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const ACTIONS: [&str; 10] = [
    "campaign-contact-manager",
    "campaign-dnd-manager",
    "campaign-dnd-manager-by-category",
    "campaign-dnd-validator",
    "campaign-dnd-validator-by-category",
    "campaign-dynamic-contact-manager",
    "campaign-record-administration",
    "campaign-whatsapp-voice-contact-manager",
    "cancel-campaign-records-by-contact",
    "list-campaign-records-by-contact",
];

/// The shipped components, built once for all tests.
static SHIPPED: LazyLock<Vec<Component>> = LazyLock::new(|| {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let guests = flow_pack::build(&repository().join("actions"), &target).expect("the actions build");
    guests.into_iter().map(|BuiltAction { id, bytes }| Component::read(id, bytes)).collect()
});

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn shipped(id: &str) -> &'static Component {
    SHIPPED.iter().find(|component| component.id == id).unwrap_or_else(|| panic!("{id} is not shipped"))
}

#[test]
fn the_ten_actions_are_built() {
    let ids: Vec<&str> = SHIPPED.iter().map(|component| component.id.as_str()).collect();
    assert_eq!(ids, ACTIONS);
}

#[test]
fn each_imports_only_interfaces_of_the_contract() {
    for component in SHIPPED.iter() {
        for import in &component.imports {
            assert!(import.starts_with("flow:"), "{} imports {import}", component.id);
        }
    }
}

#[test]
fn each_imports_exactly_what_its_manifest_uses() {
    for component in SHIPPED.iter() {
        let free = ["flow:action/parameters#", "flow:action/log#", "flow:action/outcome#"];
        let mut capabilities: Vec<&str> = component.imports.iter().map(String::as_str).collect();
        capabilities.retain(|import| free.iter().all(|interface| !import.starts_with(interface)));
        let mut uses = component.texts("/uses");
        uses.sort_unstable();
        assert_eq!(capabilities, uses, "{}", component.id);
    }
}

#[test]
fn each_is_small_and_starts_in_one_page_of_memory() {
    for component in SHIPPED.iter() {
        let bound = if component.id == "campaign-record-administration" { 60 * 1024 } else { 44 * 1024 };
        assert!(component.size <= bound, "{} has {} bytes", component.id, component.size);
        assert_eq!(component.memory_pages, 1, "{}", component.id);
    }
}

#[test]
fn each_has_function_names_for_backtraces() {
    for component in SHIPPED.iter() {
        assert!(component.has_names, "{}", component.id);
    }
}

#[test]
fn each_describes_itself_without_calling_the_host_and_within_its_first_page() {
    for component in SHIPPED.iter() {
        assert_eq!(component.manifest["id"], component.id.as_str());
        assert_eq!(component.pages_after_describe, 1, "{}", component.id);
    }
}
