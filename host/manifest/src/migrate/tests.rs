#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A manifest of major version `major` with these parameters, ports and migrations.
fn manifest(major: u64, parameters: &[&str], ports: &[&str], migrations: Json) -> Manifest {
    let words = json!({"en": "x"});
    let parameter = |name: &&str| {
        let mut parameter = json!({"name": name, "title": words, "help": words, "kind": "text", "required": false});
        if name.contains("<CHANNEL>") {
            parameter["per-channel"] = json!({});
        }
        parameter
    };
    let text = json!({
        "manifest": 1, "id": "acme-hours", "version": format!("{major}.0.0"), "category": "Test", "title": words,
        "description": words, "parameters": parameters.iter().map(parameter).collect::<Vec<_>>(), "ports": ports,
        "locales": ["en"], "migrations": migrations, "uses": [],
    });
    let checked = Manifest::parse(&text.to_string());
    checked.unwrap_or_else(|found| panic!("{found:?}")).manifest
}

fn migrate_all(
    manifest: &Manifest,
    node: Json,
    allow_loss: bool,
) -> Result<(Json, Vec<MigrationLoss>), MigrationError> {
    let node = node.as_object().unwrap();
    let target = MigrationTarget { major: manifest.version.major, allow_loss };
    let migrated = manifest.migrate(node, node_major(node).unwrap(), target)?;
    Ok((Json::Object(migrated.node), migrated.lost))
}

#[track_caller]
fn migrates(manifest: &Manifest, before: Json, after: Json) {
    let (node, lost) = migrate_all(manifest, before, false).unwrap();
    assert_eq!((node, lost), (after, Vec::new()));
}

fn code(manifest: &Manifest, node: Json) -> ErrorCode {
    migrate_all(manifest, node, false).unwrap_err().code
}

/// The manifest of the documentation.
fn hours() -> Manifest {
    let migration = json!([{
        "from": "1", "to": "2", "ports": ["open", null, "error"],
        "steps": [
            {"rename": "HOURS", "to": "OPENING_HOURS"}, {"map": "STYLE", "values": {"UPPER": "upper"}},
            {"set": "OPENS", "expression": "old.HOURS.split('-')[0]"}, {"set": "MODE", "value": "strict"},
            {"drop": "LEGACY"},
        ],
    }]);
    manifest(2, &["OPENING_HOURS", "STYLE", "OPENS", "MODE"], &["open", "error"], migration)
}

#[test]
fn the_steps_run_in_order() {
    let before = json!({"id": "n1", "type": "acme-hours@1", "x": 1, "name": "", "HOURS": "8-12", "STYLE": "UPPER",
                        "wires": [["a"], [], ["b"]]});
    let after = json!({"id": "n1", "type": "acme-hours@2", "x": 1, "name": "", "OPENING_HOURS": "8-12", "STYLE": "upper",
                       "OPENS": "8", "MODE": "strict", "wires": [["a"], ["b"]]});
    migrates(&hours(), before, after);
}

#[test]
fn existing_values_stay() {
    for style in [json!("lower"), json!(true), json!(["UPPER"]), json!("")] {
        let before = json!({"type": "acme-hours@1", "HOURS": "8-12", "STYLE": style, "MODE": "own", "LEGACY": ""});
        let after =
            json!({"type": "acme-hours@2", "OPENING_HOURS": "8-12", "STYLE": style, "MODE": "own", "OPENS": "8"});
        migrates(&hours(), before, after);
    }
}

#[test]
fn values_and_wires_are_lost_with_permission_only() {
    for (member, value, loss, expected) in [
        ("LEGACY", json!("x"), MigrationLoss::Parameter("LEGACY".into()), "migration-left-over"),
        ("OTHER", json!(false), MigrationLoss::Parameter("OTHER".into()), "migration-left-over"),
        ("OPENING_HOURS", json!("9-10"), MigrationLoss::Parameter("HOURS".into()), "migration-left-over"),
        ("wires", json!([[], ["a"]]), MigrationLoss::Port(2), "migration-port-lost"),
        ("wires", json!([[], [], [], ["a"]]), MigrationLoss::Port(4), "migration-port-lost"),
    ] {
        let mut node = json!({"id": "n1", "type": "acme-hours@1", "HOURS": "8-12"});
        node[member] = value;
        assert_eq!(code(&hours(), node.clone()), expected, "{node}");
        assert_eq!(migrate_all(&hours(), node, true).unwrap().1, [loss]);
    }
}

#[test]
fn a_failing_step_names_itself_and_its_node() {
    let error = migrate_all(&hours(), json!({"id": "n7", "type": "acme-hours@1"}), false).unwrap_err();
    assert_eq!(error.code, "migration-failed");
    assert!(error.message.contains("n7") && error.message.contains("step 3"), "{}", error.message);
    for expression in ["1", "null", "now", "{'a': 1}", "HOURS", "1 / 0 == 1", "phone('1')", "session.id.map(x, x)"] {
        let steps = json!([{"set": "OPENS", "expression": expression}]);
        let manifest = manifest(2, &["OPENS"], &["next", "error"], json!([{"from": "1", "to": "2", "steps": steps}]));
        assert_eq!(code(&manifest, json!({"type": "acme-hours@1"})), "migration-failed", "{expression}");
    }
    assert_eq!(code(&hours(), json!({"type": "acme-hours@1", "HOURS": "8", "wires": "a"})), "migration-failed");
}

#[test]
fn expressions_share_the_steps_of_one_evaluation() {
    let list = format!("[{}].map(x, [{}].map(y, 'a')).size() > 0", "1,".repeat(90) + "1", "1,".repeat(90) + "1");
    let names: Vec<_> = (0..40).map(|index| format!("P{index}")).collect();
    let steps: Vec<_> = names.iter().map(|name| json!({"set": name, "expression": list})).collect();
    let with = |count: usize| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let migrations = json!([{"from": "1", "to": "2", "steps": steps[..count]}]);
        migrate_all(&manifest(2, &names, &["next", "error"], migrations), json!({"type": "acme-hours@1"}), false)
    };
    assert!(with(1).is_ok());
    assert_eq!(with(40).unwrap_err().code, "migration-failed");
}

#[test]
fn a_parameter_per_channel_changes_in_each_channel() {
    let steps = json!([{"rename": "TEXT_<CHANNEL>", "to": "MESSAGE_<CHANNEL>"}, {"set": "KIND_<CHANNEL>", "value": "k"},
                       {"map": "MESSAGE_<CHANNEL>", "values": {"a": "b"}}]);
    let migrations = json!([{"from": "1", "to": "2", "steps": steps}]);
    let manifest = manifest(2, &["MESSAGE_<CHANNEL>", "KIND_<CHANNEL>", "TEXT_SIZE"], &["next", "error"], migrations);
    migrates(
        &manifest,
        json!({"type": "acme-hours@1", "TEXT_SMS": "a", "TEXT_FACEBOOK_WALL": "c", "TEXT_SIZE": "12"}),
        json!({"type": "acme-hours@2", "MESSAGE_SMS": "b", "MESSAGE_FACEBOOK_WALL": "c", "KIND_SMS": "k",
               "KIND_FACEBOOK_WALL": "k", "TEXT_SIZE": "12"}),
    );
}

#[test]
fn a_value_that_the_migration_set_is_not_a_loss() {
    let steps = json!([{"set": "HELPER", "expression": "old.A + '!'"}, {"rename": "HELPER", "to": "OTHER"},
                       {"set": "B", "value": "b"}, {"drop": "OTHER"}]);
    let manifest = manifest(2, &["A", "B"], &["next", "error"], json!([{"from": "1", "to": "2", "steps": steps}]));
    let after = json!({"type": "acme-hours@2", "A": "a", "B": "b"});
    migrates(&manifest, json!({"type": "acme-hours@1", "A": "a"}), after);
}

#[test]
fn a_missing_migration_has_its_code() {
    let only = |majors: &[(&str, &str)]| {
        let migrations: Vec<_> = majors.iter().map(|(from, to)| json!({"from": from, "to": to, "steps": []})).collect();
        manifest(3, &[], &["next", "error"], json!(migrations))
    };
    for (manifest, from) in [(only(&[]), 1), (only(&[("2", "3")]), 1), (only(&[("2", "3")]), 4)] {
        assert_eq!(code(&manifest, json!({"type": format!("acme-hours@{from}")})), "migration-missing");
    }
    migrates(&only(&[("2", "3")]), json!({"type": "acme-hours@2.1"}), json!({"type": "acme-hours@3"}));
}

#[test]
fn ports_follow_a_chain() {
    let chain = |first: Json, second: Json| json!([{"from": "1", "to": "2", "steps": [], "ports": first}, {"from": "2", "to": "3", "steps": [], "ports": second}]);
    let swapped = chain(json!(["b", "a", "error"]), json!(["x", "y", "error"]));
    let node = json!({"type": "acme-hours@1", "wires": [["1"], ["2"], ["3"]]});
    // Version 2 has the ports b, a and error, in the order of the list.
    migrates(
        &manifest(3, &[], &["y", "x", "error"], swapped),
        node.clone(),
        json!({"type": "acme-hours@3", "wires": [["2"], ["1"], ["3"]]}),
    );
    // The wires of two ports join in one.
    migrates(
        &manifest(3, &[], &["y", "error"], chain(json!(["a", "a", "error"]), json!(["y", "error"]))),
        node.clone(),
        json!({"type": "acme-hours@3", "wires": [["1", "2"], ["3"]]}),
    );
    let unknown = chain(json!(["a", "b", "error"]), json!(["x", "y", null, "error"]));
    assert_eq!(code(&manifest(3, &[], &["x", "y", "error"], unknown), node), "migration-failed");
}

/// Returns a chain of migrations that rename P1 to P2, P2 to P3, …, up to the last major version.
fn renaming(last: u64) -> Manifest {
    let step = |from: u64| {
        let rename = json!({"rename": format!("P{from}"), "to": format!("P{}", from + 1)});
        let steps = json!([rename, {"set": format!("S{}", from + 1), "value": "s"}]);
        json!({"from": from.to_string(), "to": (from + 1).to_string(), "steps": steps})
    };
    let mut names: Vec<_> = (2..=last).map(|major| format!("S{major}")).collect();
    names.push(format!("P{last}"));
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    manifest(last, &names, &["next", "error"], (1..last).map(step).collect())
}

proptest! {
    #[test]
    fn a_chain_equals_its_single_migrations(last in 2_u64..7, from in 1_u64..7, value in ".{0,12}", wires in 0_usize..3) {
        let (manifest, from) = (renaming(last), from.min(last));
        let mut node = json!({"id": "n", "type": format!("acme-hours@{from}"), "wires": vec![vec!["m"]; wires]});
        node[format!("P{from}")] = json!(value);
        let node = node.as_object().unwrap();
        let target = |major| MigrationTarget { major, allow_loss: false };
        let whole = manifest.migrate(node, from, target(last)).unwrap();
        let mut single = node.clone();
        for major in from..last {
            single = manifest.migrate(&single, major, target(major + 1)).unwrap().node;
            prop_assert_eq!(node_major(&single), Some(major + 1));
        }
        prop_assert_eq!(&single, &whole.node);
        prop_assert_eq!(&whole.node[&format!("P{last}")], &json!(value));
        let again = manifest.migrate(&whole.node, last, target(last)).unwrap();
        prop_assert_eq!(again, whole);
    }

    #[test]
    fn any_node_gives_a_result_that_a_second_run_does_not_change(
        hours in prop::option::of(prop_oneof!["[0-9]{1,2}-[0-9]{1,2}", ".{0,6}"]),
        legacy in prop::option::of(prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::from), ".{0,3}".prop_map(Json::from)]),
        wires in prop::collection::vec(prop::collection::vec("[a-c]", 0..3), 0..5),
        allow_loss: bool,
    ) {
        let mut node = json!({"id": "n", "type": "acme-hours@1", "wires": wires});
        hours.into_iter().for_each(|hours| node["HOURS"] = json!(hours));
        legacy.into_iter().for_each(|legacy| node["LEGACY"] = legacy);
        if let Ok((after, lost)) = migrate_all(&hours_manifest(), node, allow_loss) {
            prop_assert!(allow_loss || lost.is_empty());
            prop_assert!(after.get("HOURS").is_none() && after.get("LEGACY").is_none());
            let (again, lost) = migrate_all(&hours_manifest(), after.clone(), false).unwrap();
            prop_assert_eq!((again, lost), (after, Vec::new()));
        }
    }
}

/// The manifest of the documentation, parsed once.
fn hours_manifest() -> Manifest {
    static MANIFEST: std::sync::LazyLock<Manifest> = std::sync::LazyLock::new(hours);
    MANIFEST.clone()
}

#[test]
fn a_type_without_a_version_is_pinned() {
    let node = json!({"type": "acme-hours", "OPENING_HOURS": "8-12"});
    let target = MigrationTarget { major: 2, allow_loss: false };
    let migrated = hours().migrate(node.as_object().unwrap(), 2, target).unwrap();
    assert_eq!(Json::Object(migrated.node), json!({"type": "acme-hours@2", "OPENING_HOURS": "8-12"}));
    for (kind, major) in [("a@1", Some(1)), ("a@12.3", Some(12)), ("a@2-rc.1", Some(2)), ("a", None), ("a@x", None)] {
        assert_eq!(node_major(json!({"type": kind}).as_object().unwrap()), major, "{kind}");
    }
}
