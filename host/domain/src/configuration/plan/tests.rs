#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use proptest::prelude::*;
use serde_json::json;

const ID: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";
const OTHER_ID: &str = "b47be8af-d40d-452c-9a3e-bcf668fcd1dc";

type Stored = Vec<(Tenant, Vec<Campaign>)>;

fn complete_file() -> Value {
    json!({
        "tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
            "default_intention": "menu", "channels": ["whatsapp", "voice", "messenger", "widget"]}],
        "campaigns": [{"tenant": "acme", "id": ID, "name": "Demo", "type": "simple", "mode": "always-on",
            "category": "Test", "valid_until": "2027-01-31", "validity_hours": 24, "intention": "pay",
            "starts_at": null, "ends_at": null, "grace_minutes": 60}],
    })
}

/// Returns the complete file with changed fields: (JSON pointer of an object, field, value).
fn file_with(changes: &[(&str, &str, Value)]) -> Value {
    let mut file = complete_file();
    for (place, field, value) in changes {
        file.pointer_mut(place).unwrap().as_object_mut().unwrap().insert((*field).to_owned(), value.clone());
    }
    file
}

fn try_apply(stored: &Stored, file: &Value) -> Result<Plan, Refusal> {
    plan(stored, &ApplyFile::parse(&file.to_string())?)
}

/// Applies a file to the stored configuration, as a store would.
fn apply(stored: &mut Stored, file: &Value) -> Plan {
    let plan = try_apply(stored, file).unwrap();
    for change in &plan.changes {
        let place = stored.iter().position(|(tenant, _)| tenant.id == change.tenant.id).unwrap_or_else(|| {
            stored.push((change.tenant.clone(), vec![]));
            stored.len() - 1
        });
        let (tenant, campaigns) = &mut stored[place];
        *tenant = change.tenant.clone();
        campaigns.retain(|campaign| change.campaigns.iter().all(|changed| changed.id != campaign.id));
        campaigns.extend(change.campaigns.iter().cloned());
    }
    plan
}

fn applied_state() -> Stored {
    let mut stored = vec![];
    apply(&mut stored, &complete_file());
    stored
}

fn actions(plan: &Plan) -> Vec<(ObjectKind, ChangeAction, Vec<&'static str>)> {
    plan.report.iter().map(|report| (report.kind, report.action, report.fields.clone())).collect()
}

/// Returns the path in the refusal of this file on an empty store.
fn refusal_path(file: &Value) -> String {
    let refusal = try_apply(&vec![], file).unwrap_err();
    assert_eq!(refusal.code, "apply-invalid");
    let path = refusal.details.into_iter().find(|(name, _)| name == "path").unwrap().1;
    assert!(refusal.message.starts_with(&format!("{path}: ")), "{}", refusal.message);
    path
}

#[test]
fn the_first_apply_creates_everything() {
    let mut stored = vec![];
    let plan = apply(&mut stored, &complete_file());
    assert_eq!(
        actions(&plan),
        [(ObjectKind::Tenant, ChangeAction::Created, vec![]), (ObjectKind::Campaign, ChangeAction::Created, vec![])]
    );
    let (tenant, campaigns) = &stored[0];
    assert_eq!((tenant.time_zone, tenant.channels.len()), (Tz::America__Santiago, 4));
    assert_eq!(campaigns[0].valid_until, NaiveDate::from_ymd_opt(2027, 1, 31).map(Validity::Day));
}

#[test]
fn a_second_apply_changes_nothing() {
    let plan = apply(&mut applied_state(), &complete_file());
    assert!(plan.changes.is_empty());
    assert_eq!(
        actions(&plan),
        [
            (ObjectKind::Tenant, ChangeAction::Unchanged, vec![]),
            (ObjectKind::Campaign, ChangeAction::Unchanged, vec![])
        ]
    );
}

#[test]
fn listed_configuration_can_be_applied() {
    let mut stored = applied_state();
    apply(
        &mut stored,
        &file_with(&[
            ("/tenants/0", "channels", json!(["sms", {"name": "kiosk", "identifier": "phone", "can_send": false}])),
            ("/campaigns/0", "valid_until", json!("2027-01-31T10:00:00.5-03:00")),
            ("/campaigns/0", "starts_at", json!("2026-01-31T10:00:00+01:00")),
        ]),
    );
    let (tenant, campaigns) = &stored[0];
    let listed = json!({"tenants": [tenant], "campaigns": campaigns});
    assert_eq!(listed["tenants"][0]["channels"][1], json!({"name": "kiosk", "identifier": "phone", "can_send": false}));
    assert_eq!(listed["campaigns"][0]["valid_until"], "2027-01-31T13:00:00Z");
    assert!(try_apply(&stored, &listed).unwrap().changes.is_empty());
    assert_eq!(
        apply(&mut vec![], &listed).changes[0],
        TenantChange { tenant: tenant.clone(), campaigns: campaigns.clone() }
    );
}

#[test]
fn a_field_left_out_keeps_its_value_and_null_restores_the_default() {
    let mut stored = applied_state();
    let file = json!({
        "tenants": [{"id": "acme", "name": "ACME", "default_intention": null}],
        "campaigns": [{"tenant": "acme", "id": ID, "valid_until": null, "grace_minutes": 5}],
    });
    let plan = apply(&mut stored, &file);
    assert_eq!(
        actions(&plan),
        [
            (ObjectKind::Tenant, ChangeAction::Updated, vec!["name", "default_intention"]),
            (ObjectKind::Campaign, ChangeAction::Updated, vec!["valid_until", "grace_minutes"]),
        ]
    );
    let (tenant, campaigns) = &stored[0];
    assert_eq!((tenant.phone_region.as_str(), tenant.default_intention.as_str()), ("CL", ""));
    assert_eq!((campaigns[0].name.as_str(), campaigns[0].valid_until), ("Demo", None));
}

#[test]
fn new_objects_have_defaults() {
    let mut stored = vec![];
    apply(
        &mut stored,
        &json!({
            "tenants": [{"id": "a", "name": "A", "time_zone": "UTC", "phone_region": "CL", "channels": [{"name": "kiosk"}]}],
            "campaigns": [{"tenant": "a", "id": ID, "name": "n", "type": "multiple", "mode": "manual", "category": "c"}],
        }),
    );
    let (tenant, campaigns) = &stored[0];
    assert!(tenant.channels[0].can_send && tenant.quota_campaigns.is_none());
    assert_eq!((campaigns[0].validity_hours, campaigns[0].grace_minutes), (24, 60));
}

#[test]
fn a_custom_channel_is_kept_by_its_name() {
    let mut stored = applied_state();
    let kiosk = json!([{"name": "kiosk", "identifier": "phone", "can_send": false}]);
    apply(&mut stored, &file_with(&[("/tenants/0", "channels", kiosk)]));
    let plan = apply(&mut stored, &file_with(&[("/tenants/0", "channels", json!(["kiosk"]))]));
    assert!(plan.changes.is_empty());
}

#[test]
fn an_invalid_field_is_rejected_with_its_path() {
    for (place, field, value) in [
        ("tenants", "name", json!("")),
        ("tenants", "name", json!(1)),
        ("tenants", "name", json!("x".repeat(257))),
        ("tenants", "time_zone", json!("Chile")),
        ("tenants", "phone_region", json!("cl")),
        ("tenants", "channels", json!("whatsapp")),
        ("tenants", "channels", json!(null)),
        ("tenants", "quota_campaigns", json!(-1)),
        ("campaigns", "tenant", json!("nobody")),
        ("campaigns", "id", json!("1")),
        ("campaigns", "type", json!("Simple")),
        ("campaigns", "mode", json!("always")),
        ("campaigns", "category", json!(" ")),
        ("campaigns", "valid_until", json!("31/01/2027")),
        ("campaigns", "valid_until", json!("2027-02-31")),
        ("campaigns", "valid_until", json!("2027 -01-1")),
        ("campaigns", "valid_until", json!("2027-01-31T10:00:00")),
        ("campaigns", "validity_hours", json!(0)),
        ("campaigns", "grace_minutes", json!(1.5)),
        ("campaigns", "starts_at", json!("2027-01-31")),
    ] {
        let file = file_with(&[(&format!("/{place}/0"), field, value.clone())]);
        assert_eq!(refusal_path(&file), format!("{place}[0].{field}"), "{value}");
    }
}

#[test]
fn an_invalid_channel_is_rejected_with_its_path() {
    for channel in [
        json!("whatsap"),
        json!("messenger"),
        json!(1),
        json!({"name": "Kiosk"}),
        json!({"name": "kiosk", "identifier": "email"}),
        json!({"name": "kiosk", "sends": true}),
        json!({"name": "widget", "can_send": true}),
    ] {
        let file = file_with(&[("/tenants/0", "channels", json!(["messenger", channel]))]);
        assert!(refusal_path(&file).starts_with("tenants[0].channels[1]"), "{channel}");
    }
}

#[test]
fn hints_suggest_the_nearest_name() {
    let hint = |file: &Value| try_apply(&vec![], file).unwrap_err().message;
    assert!(hint(&file_with(&[("/tenants/0", "timezone", json!("UTC"))])).ends_with("did you mean time_zone"));
    assert!(hint(&file_with(&[("/tenants/0", "time_zone", json!("America/Santigo"))])).contains("America/Santiago"));
    assert!(hint(&file_with(&[("/tenants/0", "channels", json!(["whatsap"]))])).contains("did you mean whatsapp;"));
    assert!(hint(&file_with(&[("/campaigns/0", "mode", json!("allways-on"))])).ends_with("did you mean always-on"));
}

#[test]
fn new_objects_need_their_required_fields() {
    for field in ["name", "time_zone", "phone_region", "channels"] {
        let mut file = complete_file();
        file["tenants"][0].as_object_mut().unwrap().remove(field);
        assert_eq!(refusal_path(&file), format!("tenants[0].{field}"));
    }
    for field in ["tenant", "id", "name", "type", "mode", "category"] {
        let mut file = complete_file();
        file["campaigns"][0].as_object_mut().unwrap().remove(field);
        assert_eq!(refusal_path(&file), format!("campaigns[0].{field}"));
    }
}

#[test]
fn the_structure_of_the_file_is_checked() {
    assert_eq!(refusal_path(&json!([])), "file");
    assert_eq!(refusal_path(&json!({"tenant": []})), "file");
    assert_eq!(refusal_path(&json!({"tenants": {}})), "tenants");
    assert_eq!(refusal_path(&json!({"campaigns": [1]})), "campaigns[0]");
    assert!(try_apply(&vec![], &json!({})).unwrap().report.is_empty());
}

#[test]
fn a_syntax_error_has_line_and_column() {
    let refusal = ApplyFile::parse("{\n  \"tenants\": [,]\n}").unwrap_err();
    assert!(refusal.message.ends_with("at line 2 column 15"), "{}", refusal.message);
    assert_eq!(refusal.details, [("line".into(), "2".into()), ("column".into(), "15".into())]);
    assert!(ApplyFile::parse(&"[".repeat(100_000)).is_err());
}

#[test]
fn duplicate_ids_are_rejected() {
    let mut file = complete_file();
    for list in ["tenants", "campaigns"] {
        let again = file[list][0].clone();
        file[list].as_array_mut().unwrap().push(again);
        assert_eq!(refusal_path(&file), format!("{list}[1].id"));
        file[list].as_array_mut().unwrap().pop();
    }
}

#[test]
fn names_are_unique_in_a_tenant() {
    let mut duplicate = complete_file();
    duplicate["campaigns"][0]["id"] = json!(OTHER_ID);
    let refusal = try_apply(&applied_state(), &duplicate).unwrap_err();
    assert_eq!(refusal.details, [("path".into(), "campaigns[0].name".into())]);
    assert!(refusal.message.contains(ID));

    let swapped = json!({"campaigns": [
        {"tenant": "acme", "id": ID, "name": "Second"},
        {"tenant": "acme", "id": OTHER_ID, "name": "Demo", "type": "simple", "mode": "manual", "category": "Test"},
    ]});
    assert_eq!(try_apply(&applied_state(), &swapped).unwrap().changes[0].campaigns.len(), 2);
}

#[test]
fn campaign_ids_are_unique_per_tenant() {
    let theirs = file_with(&[("/tenants/0", "id", json!("other")), ("/campaigns/0", "tenant", json!("other"))]);
    let mut stored = applied_state();
    let created = |plan: &Plan| plan.report.iter().filter(|line| line.action == ChangeAction::Created).count();
    assert_eq!(created(&try_apply(&stored, &theirs).unwrap()), 2);
    let mut both = complete_file();
    for list in ["tenants", "campaigns"] {
        let more = theirs[list][0].clone();
        both[list].as_array_mut().unwrap().push(more);
    }
    let plan = apply(&mut stored, &both);
    assert_eq!((created(&plan), plan.changes.len()), (2, 1));
    assert_eq!(plan.changes[0].campaigns[0].tenant, "other");
    assert_eq!(created(&try_apply(&vec![], &both).unwrap()), 4);
}

#[test]
fn the_quota_limits_campaigns() {
    let mut second = file_with(&[("/tenants/0", "quota_campaigns", json!(1))]);
    second["campaigns"][0]["id"] = json!(OTHER_ID);
    second["campaigns"][0]["name"] = json!("Second");
    assert!(try_apply(&vec![], &second).is_ok());
    assert_eq!(try_apply(&applied_state(), &second).unwrap_err().code, "quota");
    second["tenants"][0]["quota_campaigns"] = json!(2);
    assert!(try_apply(&applied_state(), &second).is_ok());
}

#[test]
fn a_campaign_ends_after_it_starts() {
    let file = file_with(&[
        ("/campaigns/0", "starts_at", json!("2027-01-02T00:00:00Z")),
        ("/campaigns/0", "ends_at", json!("2027-01-01T00:00:00Z")),
    ]);
    assert_eq!(refusal_path(&file), "campaigns[0].ends_at");
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "\\PC*|[\\[\\]{}\":,a-z0-9]{0,60}") {
        let _ = ApplyFile::parse(&text).map(|file| plan(&[], &file));
    }

    #[test]
    fn planning_never_panics(
        tenant in 0..TENANT_FIELDS.len(), campaign in 0..CAMPAIGN_FIELDS.len(), text in "\\PC{0,40}", number in any::<f64>(),
    ) {
        for value in [json!(text), json!(number), json!([text]), json!({"name": text})] {
            let file = file_with(&[
                ("/tenants/0", TENANT_FIELDS[tenant], value.clone()),
                ("/campaigns/0", CAMPAIGN_FIELDS[campaign], value),
            ]);
            let _ = try_apply(&applied_state(), &file);
        }
    }
}
