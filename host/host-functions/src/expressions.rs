//! `flow:action/expressions`: evaluation of expressions that a plugin composes itself.

use super::abort::Abort;
use super::bindings::flow::action::expressions::Host;
use super::bindings::flow::action::types::{Error, Value};
use super::evaluation::{Allowance, BytesExceeded, try_inline};
use super::locale::TenantLocale;
use super::parameters::to_guest_error;
use super::session::SessionOverlay;
use super::value::{from_json, refusal};
use super::{HostFunction, HostResult, HostState, unavailable_function, value};
use flowhost_domain::Tenant;
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use flowhost_expression::{Expression, Scope, is_variable_name};
use flowhost_store::Transaction;
use serde_json::{Map, Value as Json};
use std::collections::HashSet;
use std::sync::Arc;

/// Bytes of a source that are parsed for one step of the budget.
const SOURCE_BYTES_PER_STEP: usize = 4;

/// Maximum number of variables of an expression.
const MAX_VARIABLES: usize = 100;

impl Host for HostState {
    async fn evaluate(&mut self, source: String) -> HostResult<Option<Value>> {
        self.begin_call(HostFunction::ExpressionsEvaluate, source.len())?;
        self.evaluate_source(&source, None).await
    }

    async fn evaluate_with(&mut self, source: String, variables: Vec<(String, Value)>) -> HostResult<Option<Value>> {
        let bytes: usize = variables.iter().map(|(name, value)| name.len() + value::bytes(value)).sum();
        self.begin_call(HostFunction::ExpressionsEvaluateWith, source.len() + bytes)?;
        if let Err(refused) = check_names(&variables) {
            return Ok(Err(refused));
        }
        let mut by_name = Map::new();
        for (name, value) in variables {
            match self.convert_value(value).await? {
                Ok(value) => by_name.insert(name, value),
                Err(error) => {
                    let message = format!("variable {name}: {}", error.message);
                    return Ok(Err(Error { message, ..error }));
                }
            };
        }
        self.evaluate_source(&source, Some(by_name)).await
    }
}

impl HostState {
    async fn evaluate_source(
        &mut self,
        source: &str,
        variables: Option<Map<String, Json>>,
    ) -> HostResult<Option<Value>> {
        let bytes = self.bytes_left();
        let Self { session, transaction, steps, .. } = self;
        let Some((tenant, _)) = transaction.as_ref().and_then(Transaction::configured_tenant) else {
            return Err(unavailable_function().into());
        };
        // Parsing is charged, too. If it exhausts the budget, the evaluation reports that.
        let parsing = u32::try_from(source.len() / SOURCE_BYTES_PER_STEP).unwrap_or(u32::MAX);
        *steps = steps.saturating_sub(parsing);
        // The cache is not used: expressions of a plugin would evict those of designers.
        let expression = match Expression::parse(source) {
            Ok(expression) => expression,
            Err(error) => return self.charge_result(Err(to_guest_error("the expression", &error)), 0),
        };
        let inline = try_inline(steps, bytes, |allowance| {
            evaluate(&expression, variables.as_ref(), (session, tenant), allowance)
        });
        let evaluated = match inline {
            Some(evaluated) => evaluated,
            None => {
                let tenant = Arc::clone(tenant);
                let work = move |session: &SessionOverlay, tenant: &Tenant, allowance: &mut Allowance<'_>| {
                    evaluate(&expression, variables.as_ref(), (session, tenant), allowance)
                };
                self.evaluate_in_slices(tenant, work).await?
            }
        };
        let Ok(result) = evaluated else { return Err(Abort::host_byte_limit(self.limits.host_call_bytes).into()) };
        let bytes = result.as_ref().ok().and_then(Option::as_ref).map_or(0, value::bytes);
        self.charge_result(result, bytes)
    }
}

/// Checks that an expression can read each variable by its name.
fn check_names(variables: &[(String, Value)]) -> Result<(), Error> {
    let refused = |message: String| {
        let mut error = refusal(ErrorCode::ParameterInvalid, message);
        error.details.push(("argument".to_owned(), "variables".to_owned()));
        Err(error)
    };
    if variables.len() > MAX_VARIABLES {
        return refused(format!("{} variables are too many; at most {MAX_VARIABLES} are allowed", variables.len()));
    }
    let mut names = HashSet::new();
    for (name, _) in variables {
        let shown = quote(name);
        if !is_variable_name(name) {
            return refused(format!(
                "{shown} is not a name of a variable; use an identifier other than entities, session and now"
            ));
        }
        if !names.insert(name) {
            return refused(format!("the variable {shown} is given twice; remove one"));
        }
    }
    Ok(())
}

fn evaluate(
    expression: &Expression,
    variables: Option<&Map<String, Json>>,
    (session, tenant): (&SessionOverlay, &Tenant),
    allowance: &mut Allowance<'_>,
) -> Result<Result<Option<Value>, Error>, BytesExceeded> {
    let scope = Scope {
        entities: session,
        variables,
        session: session.expression_session(),
        now: session.now,
        locale: &TenantLocale(tenant),
    };
    Ok(match expression.evaluate(&scope, &mut allowance.budget) {
        Ok(flowhost_expression::Value::Null) => Ok(None),
        Ok(flowhost_expression::Value::Timestamp(_)) => Err(refusal(
            ErrorCode::ExpressionType,
            format!("the expression yields a timestamp; {}", flowhost_expression::TIMESTAMP_HINT),
        )),
        Ok(value) => Ok(Some(from_json(&value.into_json(), allowance)?)),
        Err(error) => Err(to_guest_error("the expression", &error)),
    })
}
