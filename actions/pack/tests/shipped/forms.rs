//! The parameters in saved flows: names, kinds, required parameters and defaults. A change breaks saved flows.

use super::{ACTIONS, shipped};
use serde_json::Value;

/// One line for each parameter: `NAME kind`, the type of an entity, `!` if it is required, and the default.
fn form(id: &str) -> Vec<String> {
    let show = |parameter: &Value| {
        let mut line = format!("{} {}", parameter["name"].as_str().unwrap(), parameter["kind"].as_str().unwrap());
        for field in ["type", "refers-to"] {
            if let Some(value) = parameter.get(field) {
                line += &format!(" {}", value.as_str().unwrap());
            }
        }
        if parameter["required"] == true {
            line += " !";
        }
        if let Some(default) = parameter.get("default") {
            line += &format!(" = {default}");
        }
        if let Some(except) = parameter.pointer("/per-channel/except") {
            line += &format!(" but {except}");
        }
        line
    };
    let mut form: Vec<String> = shipped(id).parameters().iter().map(show).collect();
    form.sort();
    form
}

#[track_caller]
fn assert_form(id: &str, expected: &[&str]) {
    assert!(ACTIONS.contains(&id));
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(form(id), expected);
}

#[test]
fn contact_manager() {
    assert_form(
        "campaign-contact-manager",
        &[
            "CONTACT_NAME_EXPRESSION text-expression !",
            "UPDATE_CONTACT_NAME boolean = false",
            "CONTACT_IDENTIFIER_ENTITY entity-out text contact !",
        ],
    );
}

#[test]
fn whatsapp_voice_contact_manager() {
    assert_form(
        "campaign-whatsapp-voice-contact-manager",
        &[
            "CONTACT_NAME_EXPRESSION text-expression !",
            "CONTACT_NUMBER_EXPRESSION text-expression !",
            "UPDATE_CONTACT_NAME boolean = false",
            "CONTACT_IDENTIFIER_ENTITY entity-out text contact !",
        ],
    );
}

#[test]
fn dynamic_contact_manager() {
    assert_form(
        "campaign-dynamic-contact-manager",
        &[
            "CONTACT_CHANNEL channel !",
            "CONTACT_NAME_EXPRESSION text-expression !",
            "CONTACT_IDENTIFIER_EXPRESSION text-expression !",
            "CONTACT_IDENTIFIER_ENTITY entity-out text contact !",
            "UPDATE_CONTACT_NAME boolean = false",
            "CORRELATION_1_EXPRESSION text-expression",
            "CORRELATION_2_EXPRESSION text-expression",
            "CORRELATION_3_EXPRESSION text-expression",
            "UPDATE_CORRELATION_1 boolean = false",
            "UPDATE_CORRELATION_2 boolean = false",
            "UPDATE_CORRELATION_3 boolean = false",
        ],
    );
}

#[test]
fn record_administration() {
    assert_form(
        "campaign-record-administration",
        &[
            "CAMPAIGN_ID campaign !",
            "CONTACT_IDENTIFIER_ENTITY entity-in text contact !",
            "SCHEDULE_CONTACT_ENTITY text-expression",
            "IS_INTERNAL boolean-expression = false",
            "ALLOW_DND_CONTACT boolean = false",
            "MULTIPLE_ACTIVE_RECORDS boolean = false",
            "RECORD_ID_ENTITY entity-out text record !",
            "OPERATION_ENTITY entity-out text !",
            r#"OUTBOUND_MESSAGE_EXPRESSION_<CHANNEL> text-expression but ["whatsapp","voice"]"#,
            "<CHANNEL>_ADDITIONAL_DATA entity-list",
            "TEMPLATE text",
            "NAMESPACE text",
            "LOCALE text",
            "WHATSAPP_NUMBER text",
            "HSM_TYPE choice = \"MTM\"",
            "HSM_MTM_DATA expression-list = []",
            "HSM_MMT_HEADER_DATA expression-list = []",
            "HSM_MMT_BODY_DATA expression-list = []",
        ],
    );
}

#[test]
fn dnd_managers() {
    assert_form(
        "campaign-dnd-manager",
        &[
            "CAMPAIGN_ID campaign !",
            "CONTACT_IDENTIFIER_ENTITY entity-in text contact !",
            "DND_CONTACT_EXPRESSION boolean-expression !",
        ],
    );
    assert_form(
        "campaign-dnd-manager-by-category",
        &[
            "CAMPAIGN_CATEGORY category !",
            "CONTACT_IDENTIFIER_ENTITY entity-in text contact !",
            "DND_CONTACT_EXPRESSION boolean-expression !",
        ],
    );
}

#[test]
fn dnd_validators() {
    assert_form(
        "campaign-dnd-validator",
        &[
            "CONTACT_IDENTIFIER_ENTITY entity-in text contact !",
            "CAMPAIGN_ID campaign !",
            "DND_VALIDATION_RESULT entity-out boolean !",
        ],
    );
    assert_form(
        "campaign-dnd-validator-by-category",
        &[
            "CONTACT_IDENTIFIER_ENTITY entity-in text contact !",
            "CAMPAIGN_CATEGORY category !",
            "DND_VALIDATION_RESULT entity-out boolean !",
        ],
    );
}

#[test]
fn list_and_cancel() {
    assert_form(
        "list-campaign-records-by-contact",
        &[
            "CONTACT_IDENTIFIER_ENTITY entity-in text contact !",
            "CAMPAIGN_ID campaign !",
            "RECORDS_RESULT entity-out json !",
        ],
    );
    assert_form(
        "cancel-campaign-records-by-contact",
        &[
            "CONTACT_IDENTIFIER_ENTITY entity-in text contact !",
            "CAMPAIGN_RECORD_ID text-expression !",
            "CANCEL_RESULT entity-out boolean !",
        ],
    );
}
