//! `POST /v1/expressions/evaluate`: evaluates an expression or a template for designers.

use crate::access::Caller;
use crate::answer::json;
use crate::app::App;
use crate::checks::existing_tenant;
use crate::json_body::{parse, read_text};
use crate::problem::Problem;
use crate::query::Query;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDateTime, Utc};
use flowhost::ErrorCode;
use flowhost::domain::{Tenant, phone, schedule};
use flowhost::expression::limits::MAX_STEPS;
use flowhost::expression::{
    Budget, Entities, Expression, Locale, Scope, SessionView, TextExpression, Value, to_json_result,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvaluationJson {
    expr: Option<String>,
    template: Option<String>,
    #[serde(default)]
    entities: Map<String, Json>,
    #[serde(default)]
    session: SessionJson,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SessionJson {
    #[serde(default)]
    id: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    user: String,
}

/// Evaluates an expression or a template.
pub(crate) async fn evaluate(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let query = Query::parse(request.uri(), &["tenant"])?;
    let tenant = existing_tenant(&app, &caller, query.get("tenant")).await?;
    let tenant = match tenant {
        Some(id) => app.host.store().configuration(&id).await?.map(|found| found.tenant),
        None => None,
    };
    let text = read_text(&app, request, app.settings.max_body).await?;
    let evaluation: EvaluationJson = parse(&text)?;
    if evaluation.expr.is_some() == evaluation.template.is_some() {
        return Err(Problem::invalid("give either expr or template"));
    }
    // An evaluation may take some milliseconds of CPU time.
    let evaluated = tokio::task::spawn_blocking(move || evaluate_now(&evaluation, tenant.as_ref())).await;
    let body = evaluated.map_err(|_| Problem::new(ErrorCode::Internal, "the evaluation did not end"))?;
    Ok(json(StatusCode::OK, &body))
}

fn evaluate_now(evaluation: &EvaluationJson, tenant: Option<&Tenant>) -> Json {
    let SessionJson { id, channel, user } = &evaluation.session;
    let scope = Scope {
        entities: &RequestEntities(&evaluation.entities),
        variables: None,
        session: SessionView { id, channel, user },
        now: Utc::now(),
        locale: &RequestLocale(tenant),
    };
    let mut budget = Budget::new(MAX_STEPS);
    let result = match (&evaluation.template, &evaluation.expr) {
        // A text without an expression stands for itself.
        (Some(template), _) if !template.contains("{{") => Ok(Value::Text(template.clone())),
        (Some(template), _) => TextExpression::parse(template)
            .and_then(|template| template.evaluate(&scope, &mut budget))
            .map(|text| text.map_or(Value::Null, Value::Text)),
        (None, source) => Expression::parse(source.as_deref().unwrap_or_default())
            .and_then(|expression| expression.evaluate(&scope, &mut budget)),
    };
    to_json_result(result)
}

/// Entities in which null is a value, because there is no session in which null means unset.
struct RequestEntities<'a>(&'a Map<String, Json>);

impl Entities for RequestEntities<'_> {
    fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().map(String::as_str))
    }

    fn null_is_a_value(&self) -> bool {
        true
    }
}

/// The zone and region of the tenant; UTC without a region if there is no tenant.
struct RequestLocale<'a>(Option<&'a Tenant>);

impl Locale for RequestLocale<'_> {
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        self.0.map_or_else(|| instant.naive_utc(), |tenant| schedule::to_local(tenant.time_zone, instant))
    }

    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        self.0.map_or_else(|| local.and_utc(), |tenant| schedule::to_utc(tenant.time_zone, local))
    }

    fn phone(&self, text: &str) -> Result<String, String> {
        let region = self.0.map(|tenant| tenant.phone_region.as_str());
        phone::normalise(text, region).map(|phone| phone.e164).map_err(|refusal| refusal.message)
    }
}
