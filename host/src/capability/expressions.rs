//! `flow:action/expressions`: expressions that a plugin composes itself.

use super::bindings::flow::action::expressions::Host;
use super::bindings::flow::action::types::Value;
use super::halt::Halt;
use super::parameters::failed;
use super::regional::Regional;
use super::value::{from_json, refusal};
use super::{Answer, Function, State, value};
use crate::expression::{self, Expression, Scope};
use crate::store::View;

impl Host for State {
    fn evaluate(&mut self, source: String) -> Answer<Option<Value>> {
        self.enter(Function::ExpressionsEvaluate, source.len())?;
        let Some((tenant, _)) = self.view.as_ref().and_then(View::configuration) else {
            return Err(Halt::fault("plugin-contract", "the plugin evaluated an expression too early").into());
        };
        let scope = Scope {
            entities: &self.session,
            session: self.session.view(),
            now: self.session.now,
            region: &Regional(tenant),
        };
        // Not through the cache: what a plugin composes would push out what designers wrote.
        let result = match Expression::parse(&source).and_then(|expression| expression.evaluate(&scope)) {
            Ok(expression::Value::Null) => Ok(None),
            Ok(expression::Value::Timestamp(_)) => Err(refusal(
                "expression-type",
                format!("the expression yields a timestamp; {}", expression::TIMESTAMP_HINT),
            )),
            Ok(value) => Ok(Some(from_json(&value.into_json()))),
            Err(error) => Err(failed("the expression", &error)),
        };
        let bytes = result.as_ref().ok().and_then(Option::as_ref).map_or(0, value::bytes);
        self.answer(result, bytes)
    }
}
