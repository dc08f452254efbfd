//! Runs the flows in `diagrams/` with the commands of their README files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv};
use serde_json::{Value as Json, json};

/// Applies the tenants of a folder and runs its flow with a session.
fn run(env: &TestEnv, diagram: &str, session: &str) -> CommandOutput {
    let file = |name: &str| format!("{}/diagrams/{diagram}/{name}", env!("CARGO_MANIFEST_DIR"));
    env.run(&["run", &file("flow.json"), "--session", &file(session), "--apply", &file("apply.json")]).assert_success()
}

fn check(env: &TestEnv, diagram: &str, tenant: &str) -> Vec<Json> {
    let file = format!("{}/diagrams/{diagram}/flow.json", env!("CARGO_MANIFEST_DIR"));
    let findings = env.run(&["check", &file, "--tenant", tenant, "--json"]).assert_success().json();
    findings.as_array().unwrap().iter().filter(|found| found["code"] != "port-unwired").cloned().collect()
}

#[test]
fn from_the_web_chat_to_whatsapp() {
    let env = TestEnv::new();
    let session = run(&env, "web-chat-to-whatsapp", "session.json").json();
    let entities = &session["entities"];
    assert_eq!(entities["operacion"], "NEW");
    assert_ne!(entities["contacto_chat"], entities["contacto_whatsapp"]);

    let linked = env.list(&["contacts", "--linked", entities["contacto_chat"].as_str().unwrap()]);
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0]["id"], entities["contacto_whatsapp"]);
    assert_eq!(linked[0]["addresses"], json!([{ "channel": "whatsapp", "identifier": "+56987654321" }]));

    let records = env.list(&["records", "--tenant", "andina"]);
    assert_eq!(records.len(), 1);
    assert_eq!((&records[0]["state"], &records[0]["scheduled_at"]), (&json!("ready"), &Json::Null));
    assert_eq!(records[0]["template"]["mtm_data"], json!(["Ana Rojas", "40713"]));
    assert_eq!(records[0]["template"]["namespace"], Json::Null);
    assert_eq!(records[0]["data"], json!({ "caso": 40713, "rut": "12.345.678-5" }));
    assert_eq!(check(&env, "web-chat-to-whatsapp", "andina"), Vec::<Json>::new());
}

#[test]
fn collections_schedule_an_external_and_an_internal_record() {
    let env = TestEnv::new();
    let session = run(&env, "collections", "session.json").json();
    let entities = &session["entities"];
    assert_eq!(entities["bloqueado"], false);
    assert_eq!((&entities["operacion_recordatorio"], &entities["operacion_revision"]), (&json!("NEW"), &json!("NEW")));
    assert_eq!(entities["pendientes"][0]["RecordId"], entities["recordatorio"]);
    assert!(entities["pendientes"][0]["ScheduledStartDate"].as_str().unwrap().ends_with(" 10:30:00"));

    let records = env.list(&["records", "--state", "ready"]);
    let internal: Vec<_> = records.iter().map(|record| &record["internal"]).collect();
    assert_eq!(internal, [false, true]);
    assert_eq!(records[0]["template"]["body_data"], json!(["Pedro Soto", "$45990", "05"]));
    assert_eq!(records[1]["data"]["recordatorio"], entities["recordatorio"]);
    assert_eq!(check(&env, "collections", "finanzas-sur"), Vec::<Json>::new());
}

#[test]
fn collections_honour_do_not_disturb() {
    let env = TestEnv::new();
    let answer = run(&env, "collections", "session-do-not-disturb.json");
    assert!(answer.stderr.contains("contact-in-dnd"), "{}", answer.stderr);
    let session = answer.json();
    let entities = &session["entities"];
    assert_eq!((&entities["bloqueado"], &entities["operacion_recordatorio"]), (&json!(true), &json!("ERROR")));
    assert_eq!((entities.get("recordatorio"), &entities["pendientes"]), (None, &json!([])));
    assert_eq!(env.list(&["records"]), Vec::<Json>::new());
    assert_eq!(
        env.list(&["dnd"]),
        [json!({ "tenant": "finanzas-sur", "contact": entities["contacto"], "category": "Cobranza" })]
    );
}

#[test]
fn a_patient_cancels_a_scheduled_record() {
    let env = TestEnv::new();
    let session = run(&env, "cancel-what-is-scheduled", "session.json").json();
    let entities = &session["entities"];
    assert_eq!(entities["cancelado"], true);
    let ids =
        |list: &Json| list.as_array().unwrap().iter().map(|record| record["RecordId"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&entities["agendado"]), [entities["aviso"].clone(), entities["aviso_control"].clone()]);
    assert_eq!(ids(&entities["quedan"]), [entities["aviso_control"].clone()]);

    let records = env.list(&["records"]);
    let states: Vec<_> = records.iter().map(|record| record["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["cancelled", "ready"]);
    assert_eq!(records[1]["message"], "Hola Lucía Pereira, se acerca su control de dermatología");
    assert_eq!(check(&env, "cancel-what-is-scheduled", "clinica-norte"), Vec::<Json>::new());
}

#[test]
fn running_a_flow_again_changes_nothing() {
    for (diagram, session) in [
        ("web-chat-to-whatsapp", "session.json"),
        ("collections", "session.json"),
        ("collections", "session-do-not-disturb.json"),
        ("cancel-what-is-scheduled", "session.json"),
    ] {
        let env = TestEnv::new();
        let contents = || ["contacts", "records", "dnd"].map(|list| env.list(&[list]));
        let first = run(&env, diagram, session);
        let before = contents();
        assert_eq!(run(&env, diagram, session).json(), first.json(), "{diagram}");
        assert_eq!(contents(), before, "{diagram}");
    }
}
