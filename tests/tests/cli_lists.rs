//! The list commands: filters, pages, fields and columns.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants::{
    self, ALWAYS_ON, OTHER_CAMPAIGN, RIVAL_CAMPAIGN, contact_request, record_request, session,
};
use serde_json::{Value as Json, json};

/// A test environment with five contacts of `acme`, two of `rival`, and three records of the first contact. The ids are
/// those of the contacts.
fn test_env() -> (TestEnv, Vec<Json>) {
    let env = TestEnv::with_configuration(&tenants::apply());
    let users = (0..5).map(|index| ("acme", index)).chain((0..2).map(|index| ("rival", index)));
    let requests: Vec<_> = users.map(|(tenant, index)| contact_request(tenant, &format!("u-{index}"))).collect();
    let contacts: Vec<_> = env.batch(&requests).iter().map(|answer| answer["entities"]["contact_id"].clone()).collect();
    let record = |change: Json| record_request("acme", &contacts[0], &change);
    let answers = env.batch(&[
        record(json!({ "MULTIPLE_ACTIVE_RECORDS": "YES" })),
        record(json!({ "MULTIPLE_ACTIVE_RECORDS": "YES", "IS_INTERNAL": true, "MESSENGER_ADDITIONAL_DATA": ["contact_id"] })),
        record(json!({ "CAMPAIGN_ID": OTHER_CAMPAIGN, "SCHEDULE_CONTACT_ENTITY": "'2077-02-01T10:00:00-03:00'" })),
    ]);
    assert!(answers.iter().all(|answer| answer["port"] == "next"), "{answers:?}");
    (env, contacts)
}

fn ids(rows: &[Json]) -> Vec<Json> {
    rows.iter().map(|row| row["id"].clone()).collect()
}

#[test]
fn rows_have_all_fields() {
    let (env, contacts) = test_env();
    let contact = &env.list(&["contacts", "--contact", contacts[0].as_str().unwrap()])[0];
    let at = contact["created_at"].clone();
    assert!(at.as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "id": contacts[0], "tenant": "acme", "name": "Ana", "correlators": [null, null, null],
        "addresses": [{ "channel": "messenger", "identifier": "u-0" }], "created_at": at, "updated_at": contact["updated_at"]
    });
    assert_eq!(*contact, expected);

    let records = env.list(&["records"]);
    let fields = |id: &Json, campaign: &str, rest: Json| {
        let row = records.iter().find(|record| record["id"] == *id).unwrap();
        let mut expected = json!({
            "id": id, "tenant": "acme", "campaign": campaign, "contact": contacts[0], "state": "ready", "internal": false,
            "scheduled_at": null, "message": "Hola", "template": null, "data": {}, "run": 1,
            "created_at": row["created_at"], "updated_at": row["updated_at"]
        });
        rest.as_object().unwrap().iter().for_each(|(name, value)| expected[name.as_str()] = value.clone());
        assert_eq!(*row, expected);
    };
    fields(&records[0]["id"], ALWAYS_ON, json!({}));
    fields(
        &records[1]["id"],
        ALWAYS_ON,
        json!({ "internal": true, "message": null, "data": { "contact_id": contacts[0] } }),
    );
    fields(&records[2]["id"], OTHER_CAMPAIGN, json!({ "scheduled_at": "2077-02-01T13:00:00Z" }));

    let tenant = &env.list(&["tenants", "--tenant", "acme"])[0];
    assert_eq!(tenant["channels"], json!(["whatsapp", "voice", "messenger", "widget"]));
    assert_eq!(env.list(&["campaigns", "--campaign", RIVAL_CAMPAIGN])[0]["category"], "Secret");
}

#[test]
fn lists_are_filtered() {
    let (env, contacts) = test_env();
    let count = |arguments: &[&str]| env.list(arguments).len();
    assert_eq!(count(&["contacts"]), 7);
    assert_eq!(count(&["contacts", "--tenant", "rival"]), 2);
    assert_eq!(count(&["contacts", "--tenant", "nobody"]), 0);
    assert_eq!(count(&["contacts", "--channel", "whatsapp"]), 0);
    assert_eq!(count(&["campaigns", "--category", "Test"]), 2);
    assert_eq!(count(&["records", "--campaign", OTHER_CAMPAIGN]), 1);
    assert_eq!(count(&["records", "--category", "Test", "--state", "ready"]), 2);
    assert_eq!(count(&["records", "--state", "cancelled"]), 0);
    assert_eq!(count(&["records", "--contact", contacts[1].as_str().unwrap()]), 0);
    let ignored = env.run(&["tenants", "--state", "ready", "--json"]).assert_success();
    assert!(ignored.stderr.contains("--state"), "{}", ignored.stderr);
}

#[test]
fn pages_form_the_whole_list() {
    let (env, contacts) = test_env();
    let whole = env.list(&["contacts"]);
    assert_eq!(ids(&whole), contacts);
    for size in ["1", "2", "3", "7", "8"] {
        let mut pages = Vec::new();
        loop {
            let last = pages.last().map(|row: &Json| row["id"].as_str().unwrap().to_owned());
            let after: Vec<_> = last.iter().flat_map(|id| ["--after", id.as_str()]).collect();
            let page = env.list(&[["contacts", "--limit", size].as_slice(), &after].concat());
            if page.is_empty() {
                break;
            }
            pages.extend(page);
        }
        assert_eq!(ids(&pages), contacts, "pages of {size}");
    }
    let after = env.list(&["contacts", "--after", contacts[3].as_str().unwrap()]);
    assert_eq!(ids(&after), contacts[4..]);
}

#[test]
fn do_not_disturb_entries_name_a_campaign_or_a_category() {
    let (env, contacts) = test_env();
    let request = |action: &str, name: &str, value: &str| {
        json!({
            "action": action,
            "session": session("acme", "u-0", json!({ "contact_id": contacts[0] })),
            "parameters": { name: value, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "DND_CONTACT_EXPRESSION": true }
        })
    };
    env.batch(&[
        request("campaign-dnd-manager", "CAMPAIGN_ID", ALWAYS_ON),
        request("campaign-dnd-manager-by-category", "CAMPAIGN_CATEGORY", "Other"),
    ]);
    let entries = [
        json!({ "tenant": "acme", "contact": contacts[0], "campaign": ALWAYS_ON }),
        json!({ "tenant": "acme", "contact": contacts[0], "category": "Other" }),
    ];
    assert_eq!(env.list(&["dnd"]), entries);
    assert_eq!(env.list(&["dnd", "--category", "Other"]), entries[1..]);
    assert_eq!(env.list(&["dnd", "--campaign", ALWAYS_ON]), entries[..1]);
    let after = format!("{}/{ALWAYS_ON}", contacts[0].as_str().unwrap());
    assert_eq!(env.list(&["dnd", "--after", &after]), entries[1..]);
}

#[test]
fn a_list_continues_after_a_removed_entry() {
    let (env, contacts) = test_env();
    let request = |category: &str, on: bool| {
        json!({
            "action": "campaign-dnd-manager-by-category",
            "session": session("acme", "u-0", json!({ "contact_id": contacts[0] })),
            "parameters": {
                "CAMPAIGN_CATEGORY": category, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "DND_CONTACT_EXPRESSION": on
            }
        })
    };
    env.batch(&[request("Other", true), request("Test", true), request("Other", false)]);
    let after = format!("{}/Other", contacts[0].as_str().unwrap());
    assert_eq!(env.list(&["dnd", "--after", &after]).len(), 1);
    let nobody = format!("{OTHER_CAMPAIGN}/Other");
    assert_eq!(env.list(&["dnd", "--after", &nobody]), [] as [Json; 0]);
}

#[test]
fn two_tenants_may_have_one_campaign_id() {
    let mut apply = tenants::apply();
    for campaign in apply["campaigns"].as_array_mut().unwrap() {
        if campaign["tenant"] == "rival" {
            campaign["id"] = json!(ALWAYS_ON);
        }
    }
    let env = TestEnv::with_configuration(&apply);
    let both = env.list(&["campaigns", "--campaign", ALWAYS_ON]);
    let tenants: Vec<_> = both.iter().map(|campaign| campaign["tenant"].clone()).collect();
    assert_eq!(tenants, ["acme", "rival"]);
    // A third tenant may use the same id.
    let of = |field: &str| {
        let mut thing = apply[field].as_array().unwrap().last().unwrap().clone();
        thing[if field == "tenants" { "id" } else { "tenant" }] = json!("third");
        thing
    };
    env.file("third.json", json!({ "tenants": [of("tenants")], "campaigns": [of("campaigns")] }).to_string());
    let answer = env.run(&["apply", "third.json"]).assert_success();
    assert!(!answer.stdout.contains("acme") && !answer.stdout.contains("rival"), "{}", answer.stdout);
    assert_eq!(env.list(&["campaigns", "--campaign", ALWAYS_ON]).len(), 3);
}

#[test]
fn a_table_has_columns_and_a_hint_for_the_next_page() {
    let (env, contacts) = test_env();
    let shown = env.run(&["contacts", "--limit", "2"]).assert_success();
    let lines: Vec<_> = shown.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    let column = lines[0].find("NAME").unwrap();
    assert!(lines[1][column..].starts_with("Ana") && lines[2][column..].starts_with("Ana"), "{}", shown.stdout);
    assert!(shown.stderr.contains(&format!("--after '{}'", contacts[1].as_str().unwrap())), "{}", shown.stderr);
    let none = env.run(&["records", "--tenant", "rival"]).assert_success();
    assert_eq!((none.stdout.as_str(), none.stderr.trim()), ("", "no records"));
    assert_eq!(env.run(&["records", "--tenant", "rival", "--json"]).assert_success().stdout, "[]\n");
}
