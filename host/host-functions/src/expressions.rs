//! `flow:action/expressions`: evaluation of expressions that a plugin composes itself.

use super::abort::Abort;
use super::bindings::flow::action::expressions::Host;
use super::bindings::flow::action::types::{Error, Value};
use super::evaluation::{Allowance, BytesExceeded, try_inline};
use super::locale::TenantLocale;
use super::parameters::to_guest_error;
use super::session::SessionOverlay;
use super::value::{from_json, refusal};
use super::{HostFunction, HostResult, HostState, value};
use flowhost_domain::Tenant;
use flowhost_error::ErrorCode;
use flowhost_expression::{Expression, Scope};
use flowhost_store::Transaction;
use std::sync::Arc;

/// Bytes of a source that are parsed for one step of the budget.
const SOURCE_BYTES_PER_STEP: usize = 4;

impl Host for HostState {
    async fn evaluate(&mut self, source: String) -> HostResult<Option<Value>> {
        self.begin_call(HostFunction::ExpressionsEvaluate, source.len())?;
        let bytes = self.bytes_left();
        let Self { session, transaction, steps, .. } = self;
        let Some((tenant, _)) = transaction.as_ref().and_then(Transaction::configured_tenant) else {
            return Err(
                Abort::fault(ErrorCode::PluginContract, "host functions are not available during `describe`").into()
            );
        };
        // Parsing is charged, too. If it exhausts the budget, the evaluation reports that.
        let parsing = u32::try_from(source.len() / SOURCE_BYTES_PER_STEP).unwrap_or(u32::MAX);
        *steps = steps.saturating_sub(parsing);
        // The cache is not used: expressions of a plugin would evict those of designers.
        let expression = match Expression::parse(&source) {
            Ok(expression) => expression,
            Err(error) => return self.charge_result(Err(to_guest_error("the expression", &error)), 0),
        };
        let inline = try_inline(steps, bytes, |allowance| evaluate(&expression, session, tenant, allowance));
        let evaluated = match inline {
            Some(evaluated) => evaluated,
            None => {
                let tenant = Arc::clone(tenant);
                let work = move |session: &SessionOverlay, tenant: &Tenant, allowance: &mut Allowance<'_>| {
                    evaluate(&expression, session, tenant, allowance)
                };
                self.evaluate_in_slices(tenant, work).await?
            }
        };
        let Ok(result) = evaluated else { return Err(Abort::host_byte_limit(self.limits.host_call_bytes).into()) };
        let bytes = result.as_ref().ok().and_then(Option::as_ref).map_or(0, value::bytes);
        self.charge_result(result, bytes)
    }
}

fn evaluate(
    expression: &Expression,
    session: &SessionOverlay,
    tenant: &Tenant,
    allowance: &mut Allowance<'_>,
) -> Result<Result<Option<Value>, Error>, BytesExceeded> {
    let scope = Scope {
        entities: session,
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
