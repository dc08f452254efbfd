use super::Fixture;
use flowhost_tests::tenants::ALWAYS_ON;
use serde_json::json;

#[test]
fn the_catalogue_has_manifests_schemas_texts_and_versions() {
    let fixture = Fixture::new();
    let get = |target: &str| fixture.service.call(&fixture.runtime, "GET", target, None);
    let listed = get("/v1/actions").json();
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["next"]), (10, &json!(null)));
    let action = get("/v1/actions/campaign-dnd-validator@1");
    assert_eq!(action.header("flowhost-action"), Some("campaign-dnd-validator@1.0.0"));
    assert!(action.header("flowhost-digest").unwrap().starts_with("sha256:"));
    assert_eq!(action.json()["id"], "campaign-dnd-validator");
    let schema = get("/v1/actions/campaign-dnd-validator/schema?lang=es");
    assert_eq!(schema.header("content-type"), Some("application/schema+json"));
    assert_eq!((schema.status, schema.header("content-language")), (200, Some("es")));
    assert_eq!(get("/v1/actions/campaign-dnd-validator/schema?lang=xx").header("content-language"), Some("en"));
    let preferred = [("Accept-Language", "fr, es-CL;q=0.8, en;q=0.3")];
    let target = "/v1/actions/campaign-dnd-validator/schema";
    let schema = fixture.service.call_with(&fixture.runtime, "GET", target, &preferred, None);
    assert_eq!(schema.header("content-language"), Some("es"));
    let texts = get("/v1/actions/campaign-dnd-validator/locales/es").json();
    assert!(texts["parameters"]["CAMPAIGN_ID"]["help"].is_string(), "{texts}");
    get("/v1/actions/campaign-dnd-validator/locales/fr").assert_problem(404, "not-found");
    let versions = get("/v1/actions/campaign-dnd-validator/versions").json();
    assert_eq!(
        (&versions["items"][0]["version"], &versions["items"][0]["source"]),
        (&json!("1.0.0"), &json!("built-in"))
    );
    for target in ["/v1/actions/nope", "/v1/actions/nope/schema", "/v1/actions/campaign-dnd-validator@9"] {
        get(target).assert_problem(404, "action-not-found");
    }
    get("/v1/actions?x=1").assert_problem(400, "request-invalid");
}

#[test]
fn checks_use_the_tenant_of_the_key() {
    let fixture = Fixture::new();
    let operator = fixture.env.key(&["--role", "operator"]);
    let check = |key: &str, target: &str, campaign: &str| {
        let parameters =
            json!({ "CONTACT_IDENTIFIER_ENTITY": "c", "CAMPAIGN_ID": campaign, "DND_VALIDATION_RESULT": "blocked" });
        let target = format!("/v1/actions/campaign-dnd-validator/check{target}");
        fixture.service.call(key, "POST", &target, Some(&json!({ "parameters": parameters }))).json()["diagnostics"]
            .clone()
    };
    let unknown = "00000000-0000-4000-8000-000000000000";
    assert_eq!(check(&fixture.runtime, "", ALWAYS_ON), json!([]));
    let found = check(&fixture.runtime, "", unknown);
    assert_eq!(
        (&found[0]["code"], &found[0]["path"]),
        (&json!("campaign-not-found"), &json!("CAMPAIGN_ID")),
        "{found}"
    );
    // An operator may check without a tenant.
    assert_eq!(check(&operator, "", unknown), json!([]));
    assert_eq!(check(&operator, "?tenant=acme", unknown)[0]["code"], "campaign-not-found");
    let body = json!({ "parameters": {} });
    let target = "/v1/actions/campaign-dnd-validator/check?tenant=nowhere";
    fixture.service.call(&operator, "POST", target, Some(&body)).assert_problem(404, "tenant-not-found");
    fixture.service.call(&fixture.runtime, "POST", target, Some(&body)).assert_problem(403, "forbidden");
}

#[test]
fn expressions_and_templates_are_evaluated() {
    let fixture = Fixture::new();
    let evaluate = |body| fixture.service.call(&fixture.runtime, "POST", "/v1/expressions/evaluate", Some(&body));
    let entities = json!({ "contact_name": "Ana" });
    let value = evaluate(json!({ "template": "Hola {{ contact_name }}", "entities": entities })).json();
    assert_eq!(value, json!({ "type": "text", "value": "Hola Ana" }));
    assert_eq!(evaluate(json!({ "template": "Hola" })).json(), json!({ "type": "text", "value": "Hola" }));
    let value = evaluate(json!({ "expr": "contact_name + \"!\"", "entities": entities })).json();
    assert_eq!(value, json!({ "type": "text", "value": "Ana!" }));
    // The phone region is that of the tenant.
    assert_eq!(evaluate(json!({ "expr": "phone('9 8765 4321')" })).json()["value"], "+56987654321");
    let error = evaluate(json!({ "expr": "1 +" })).json();
    assert_eq!((&error["error"]["code"], &error["error"]["line"]), (&json!("expression-syntax"), &json!(1)));
    for body in [json!({}), json!({ "expr": "1", "template": "1" }), json!({ "expr": 1 })] {
        evaluate(body).assert_problem(400, "request-invalid");
    }
}
