//! Apply files, one after another on one store. A form feed separates them: it is not valid in JSON.

use crate::{fixture, message_checks, time_limit};
use flowhost::CodeClass;
use flowhost::domain::configuration::{ApplyFile, ChangeAction, ChangeReport};
use flowhost::store::{self, ApplyError, Filter, MemoryStore, Page, Store as _};
use serde_json::json;

/// A page that is larger than any list.
const ALL: Page = Page { after: None, limit: 100_000 };

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let store = MemoryStore::new();
    time_limit::within_slow_time_limit("the files", || text.split('\u{c}').for_each(|file| apply_twice(&store, file)));
}

fn apply_twice(store: &MemoryStore, file: &str) {
    let before = dump(store, None);
    let report = match apply(store, file) {
        Ok(report) => report,
        Err(refusal) => {
            message_checks::check_message(&refusal.message);
            message_checks::check_code(refusal.code.as_str(), &[CodeClass::Apply, CodeClass::Failure]);
            let detail = |wanted: &str| refusal.details.iter().find(|(name, _)| name == wanted)?.1.parse().ok();
            if let Some((line, column)) = detail("line").zip(detail("column")) {
                message_checks::check_json_position(file, line, column);
            }
            return assert_eq!(dump(store, None), before, "a rejected file changed the store");
        }
    };
    assert_eq!(report.len(), count_entries(file), "the report has a line for each entry of the file");
    assert_unchanged(store, file);
    // Each tenant has its own file, because campaigns of two tenants may have the same id.
    let tenants = fixture::block_on(store.tenants(&Filter::default(), &ALL)).unwrap();
    tenants.into_iter().for_each(|tenant| assert_unchanged(store, &dump(store, Some(tenant.id))));
}

fn assert_unchanged(store: &MemoryStore, file: &str) {
    let before = dump(store, None);
    let report = apply(store, file).unwrap();
    assert!(report.iter().all(|change| change.action == ChangeAction::Unchanged), "{report:?} of {file}");
    assert_eq!(dump(store, None), before);
}

fn apply(store: &MemoryStore, file: &str) -> Result<Vec<ChangeReport>, flowhost::domain::Refusal> {
    assert_eq!(ApplyFile::parse(file).err(), ApplyFile::parse(file).err());
    fixture::block_on(store::apply(store, file)).map_err(|error| match error {
        ApplyError::Refusal(refusal) => refusal,
        error => panic!("the store failed: {error}"),
    })
}

/// The configuration of one tenant or of all tenants, as an apply file.
fn dump(store: &MemoryStore, tenant: Option<String>) -> String {
    let filter = Filter { tenant, ..Filter::default() };
    let tenants = fixture::block_on(store.tenants(&filter, &ALL)).unwrap();
    let campaigns = fixture::block_on(store.campaigns(&filter, &ALL)).unwrap();
    json!({ "tenants": tenants, "campaigns": campaigns }).to_string()
}

fn count_entries(file: &str) -> usize {
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    ["tenants", "campaigns"].iter().filter_map(|field| Some(file.get(field)?.as_array()?.len())).sum()
}
