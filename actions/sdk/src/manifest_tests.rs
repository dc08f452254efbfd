//! Tests of the manifest's JSON.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::prelude::*;
use serde_json::{Value as Read, json};

const MESSAGE: Group = Group { id: "message", title: LocalizedText { en: "Message", es: "Mensaje" } };

crate::parameters! {
    const CONTACT: Parameter<EntityIn<ContactId>> =
        Parameter::required("CONTACT_ENTITY").title("Contact", "Contacto").help("Who.", "Quién.");
    const TEXT: PerChannelParameter<TextExpression> = Parameter::per_channel("TEXT_<CHANNEL>").except(&["voice"]).group(&MESSAGE);
    const STYLE: Parameter<Choice> = Parameter::with_default("STYLE", Literal::Text("PLAIN")).choices(&["PLAIN", "RICH"]).group(&MESSAGE);
    const PARTS: OptionalParameter<ExpressionList> = Parameter::optional("PARTS")
        .required_when(Condition::Is("STYLE", &["RICH"]))
        .shown_when(Condition::Given("CONTACT_ENTITY"));
    const LIMIT: Parameter<IntegerExpression> = Parameter::with_default("LIMIT", Literal::Integer(-20))
        .placeholder("points * 2", "puntos * 2")
        .examples(&[
            Example::new(Literal::Integer(i64::MIN), "The least", "El menor"),
            Example::new(Literal::Text("points"), "The points", "Los puntos"),
        ]);
    const RATE: OptionalParameter<NumberExpression> = Parameter::optional("RATE");
    const RESULT: Parameter<EntityOut<String>> = Parameter::required("RESULT_ENTITY").on_error(Literal::Text("ERROR"));
}

const REFUSED: DeclaredError = DeclaredError::new("acme/refused").help("Refused.", "Rechazado.");

const MANIFEST: Manifest = Manifest {
    id: "send",
    version: "1.2.3",
    category: "Test",
    title: LocalizedText { en: "Send", es: "Enviar" },
    description: LocalizedText { en: "Sends \"now\",\n\\ later.\u{1f}", es: "Envía." },
    icon: "send",
    parameters: PARAMETERS,
    ports: &[NEXT, Port::new("later")],
    errors: &[REFUSED],
    uses: crate::capabilities![dnd::blocks_campaign, session::user, campaigns::type_],
};

fn manifest() -> Read {
    let mut json = vec![0; MANIFEST.write_json(&mut [])];
    MANIFEST.write_json(&mut json);
    serde_json::from_slice(&json).unwrap()
}

fn parameter(index: usize) -> Read {
    manifest()["parameters"][index].clone()
}

#[test]
fn a_short_buffer_truncates_the_text_but_not_its_length() {
    let mut start = [0; 5];
    assert_eq!(MANIFEST.write_json(&mut start), MANIFEST.write_json(&mut []));
    assert_eq!(&start, b"{\"man");
}

#[test]
fn the_header_describes_the_action() {
    let manifest = manifest();
    assert_eq!(manifest["manifest"], 1);
    assert_eq!(manifest["id"], "send");
    assert_eq!(manifest["title"], json!({"en": "Send", "es": "Enviar"}));
    assert_eq!(manifest["description"]["en"], "Sends \"now\",\n\\ later.\u{1f}");
    assert_eq!(manifest["locales"], json!(["en", "es"]));
}

#[test]
fn error_is_the_last_port() {
    assert_eq!(manifest()["ports"], json!(["next", "later", "error"]));
}

#[test]
fn capabilities_are_spelt_as_in_the_contract() {
    assert_eq!(
        manifest()["uses"],
        json!(["flow:outbound/dnd#blocks-campaign", "flow:action/session#user", "flow:outbound/campaigns#type"])
    );
}

#[test]
fn a_group_is_listed_once() {
    assert_eq!(manifest()["groups"], json!([{"id": "message", "title": {"en": "Message", "es": "Mensaje"}}]));
}

#[test]
fn the_rust_type_determines_entity_type_and_reference() {
    let contact = parameter(0);
    assert_eq!(contact["kind"], "entity-in");
    assert_eq!(contact["type"], "text");
    assert_eq!(contact["refers-to"], "contact");
    assert_eq!(contact["required"], true);
}

#[test]
fn a_parameter_per_channel_lists_its_exceptions() {
    let text = parameter(1);
    assert_eq!(text["per-channel"], json!({"except": ["voice"]}));
    assert_eq!(text["required"], false);
    assert_eq!(text["group"], "message");
}

#[test]
fn defaults_choices_and_on_error_are_values() {
    assert_eq!(parameter(2)["default"], "PLAIN");
    assert_eq!(parameter(2)["choices"], json!(["PLAIN", "RICH"]));
    assert_eq!(parameter(6)["on-error"], "ERROR");
}

#[test]
fn conditions_name_another_parameter() {
    assert_eq!(parameter(3)["required-when"], json!({"parameter": "STYLE", "is": ["RICH"]}));
    assert_eq!(parameter(3)["shown-when"], json!({"parameter": "CONTACT_ENTITY", "given": true}));
}

#[test]
fn each_parameter_has_its_name() {
    let names = [CONTACT.name(), TEXT.name(), STYLE.name(), PARTS.name(), LIMIT.name(), RATE.name(), RESULT.name()];
    let manifest = manifest();
    let listed: Vec<&str> =
        manifest["parameters"].as_array().unwrap().iter().map(|each| each["name"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
}

#[test]
fn declared_errors_have_their_help() {
    assert_eq!(manifest()["errors"], json!([{"code": "acme/refused", "help": {"en": "Refused.", "es": "Rechazado."}}]));
    assert_eq!(REFUSED.error("the value is refused").code, REFUSED.code());
}

#[test]
fn an_empty_list_of_errors_is_absent() {
    const OPEN: Manifest = Manifest { errors: &[], ..MANIFEST };
    let mut json = vec![0; OPEN.write_json(&mut [])];
    OPEN.write_json(&mut json);
    let manifest: Read = serde_json::from_slice(&json).unwrap();
    assert_eq!(manifest.get("errors"), None);
}

#[test]
fn placeholder_and_examples_are_in_the_form() {
    let limit = parameter(4);
    assert_eq!((&limit["kind"], &limit["default"]), (&json!("integer-expression"), &json!(-20)));
    assert_eq!(limit["placeholder"], json!({"en": "points * 2", "es": "puntos * 2"}));
    assert_eq!(limit["examples"][0], json!({"value": i64::MIN, "title": {"en": "The least", "es": "El menor"}}));
    assert_eq!(limit["examples"][1]["value"], "points");
    let rate = parameter(5);
    assert_eq!(rate["kind"], "number-expression");
    assert_eq!((rate.get("placeholder"), rate.get("examples")), (None, None));
}
