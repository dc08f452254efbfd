//! Apply files, one after another on one store; a form feed parts them, which JSON has no use for.

use crate::{watch, words, world};
use flowhost::domain::configuration::{Action, ChangeReport, File};
use flowhost::invocation::codes::Class;
use flowhost::store::{self, ApplyError, Filter, MemoryStore, Page, Store as _};
use serde_json::json;

/// More than any input has of anything.
const ALL: Page = Page { after: None, limit: 100_000 };

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let store = MemoryStore::new();
    watch::lengthy("the files", || text.split('\u{c}').for_each(|file| apply_twice(&store, file)));
}

fn apply_twice(store: &MemoryStore, file: &str) {
    let before = listed(store, None);
    let report = match apply(store, file) {
        Ok(report) => report,
        Err(refusal) => {
            words::message(&refusal.message);
            words::code(refusal.code, &[Class::Apply, Class::Failure]);
            let detail = |wanted: &str| refusal.details.iter().find(|(name, _)| name == wanted)?.1.parse().ok();
            if let Some((line, column)) = detail("line").zip(detail("column")) {
                words::json_place(file, line, column);
            }
            return assert_eq!(listed(store, None), before, "a refused file left a trace");
        }
    };
    assert_eq!(report.len(), entries(file), "a line for everything in the file");
    changes_nothing(store, file);
    // One by one, since two tenants may have campaigns of one id.
    let tenants = world::now(store.tenants(&Filter::default(), &ALL)).unwrap();
    tenants.into_iter().for_each(|tenant| changes_nothing(store, &listed(store, Some(tenant.id))));
}

fn changes_nothing(store: &MemoryStore, file: &str) {
    let before = listed(store, None);
    let report = apply(store, file).unwrap();
    assert!(report.iter().all(|change| change.action == Action::Unchanged), "{report:?} of {file}");
    assert_eq!(listed(store, None), before);
}

fn apply(store: &MemoryStore, file: &str) -> Result<Vec<ChangeReport>, flowhost::domain::Refusal> {
    assert_eq!(File::parse(file).err(), File::parse(file).err());
    world::now(store::apply(store, file)).map_err(|error| match error {
        ApplyError::Refused(refusal) => refusal,
        ApplyError::Store(error) => panic!("the store failed: {error}"),
    })
}

/// What is in the store, of one tenant or of all, as an apply file.
fn listed(store: &MemoryStore, tenant: Option<String>) -> String {
    let filter = Filter { tenant, ..Filter::default() };
    let tenants = world::now(store.tenants(&filter, &ALL)).unwrap();
    let campaigns = world::now(store.campaigns(&filter, &ALL)).unwrap();
    json!({ "tenants": tenants, "campaigns": campaigns }).to_string()
}

fn entries(file: &str) -> usize {
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    ["tenants", "campaigns"].iter().filter_map(|field| Some(file.get(field)?.as_array()?.len())).sum()
}
