//! Tests of budgets: evaluations spend the steps of their caller and call its hook.

use flowhost_error::ErrorCode;
use std::cell::Cell;

use super::super::limits::MAX_STEPS;
use super::super::{Budget, Expression, ExpressionError, TextExpression, Value};
use super::{entities, with_scope};

fn evaluate(source: &str, budget: &mut Budget<'_>) -> Result<Value, ExpressionError> {
    let expression = Expression::parse(source).unwrap();
    with_scope(&entities(), |scope| expression.evaluate(scope, budget))
}

const COSTLY: &str = "lists.range(9000).map(x, x + x).size()";
const UNBOUNDED: &str =
    "lists.range(10000).map(x, [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x]).size()";

#[test]
fn an_evaluation_spends_its_steps() {
    let mut budget = Budget::new(MAX_STEPS);
    evaluate("1 + 1", &mut budget).unwrap();
    let cheap = MAX_STEPS - budget.steps_left();
    assert!((3..20).contains(&cheap), "{cheap}");
    evaluate(COSTLY, &mut budget).unwrap();
    assert!(budget.steps_left() < MAX_STEPS - 9_000 * 3);
    let before = budget.steps_left();
    evaluate("1 / 0", &mut budget).unwrap_err();
    assert!(budget.steps_left() < before);
}

#[test]
fn one_evaluation_spends_at_most_its_limit() {
    let mut budget = Budget::new(3 * MAX_STEPS);
    let error = evaluate(UNBOUNDED, &mut budget).unwrap_err();
    assert_eq!((error.code, error.limit), (ErrorCode::ExpressionTooLarge, Some("steps")));
    assert_eq!(budget.steps_left(), 2 * MAX_STEPS);
}

#[test]
fn evaluations_share_a_budget() {
    let mut budget = Budget::new(MAX_STEPS);
    let error = (0..10).find_map(|_| evaluate(COSTLY, &mut budget).err()).unwrap();
    assert_eq!((error.code, error.limit), (ErrorCode::ExpressionTooLarge, Some("steps")));
    let alone = evaluate(UNBOUNDED, &mut Budget::new(MAX_STEPS)).unwrap_err();
    assert_ne!(error.message, alone.message);
    assert_eq!(budget.steps_left(), 0);
    assert_eq!(evaluate("1", &mut budget).unwrap_err().code, "expression-too-large");
    let text = TextExpression::parse("{{ contact_name }}").unwrap();
    let error = with_scope(&entities(), |scope| text.evaluate(scope, &mut budget)).unwrap_err();
    assert_eq!(error.code, "expression-too-large");
    let boolean = Expression::parse("true").unwrap();
    let error = with_scope(&entities(), |scope| boolean.evaluate_boolean(scope, &mut budget)).unwrap_err();
    assert_eq!(error.code, "expression-too-large");
}

#[test]
fn a_small_budget_ends_an_evaluation_early() {
    let mut budget = Budget::new(2_000);
    assert_eq!(evaluate(COSTLY, &mut budget).unwrap_err().limit, Some("steps"));
    assert_eq!(budget.steps_left(), 0);
    assert_eq!(evaluate("1 + 1", &mut Budget::new(2_000)), Ok(Value::Integer(2)));
}

#[test]
fn the_hook_is_called_once_per_thousand_steps_over_all_evaluations() {
    let calls = Cell::new(0_u32);
    let pause = || calls.set(calls.get() + 1);
    let mut budget = Budget::with_pause(MAX_STEPS, &pause);
    for _ in 0..1_000 {
        evaluate("1 + 1 + 1 + 1 + 1", &mut budget).unwrap();
    }
    let taken = MAX_STEPS - budget.steps_left();
    assert!((taken / 1_100..=taken / 900).contains(&calls.get()), "{} {taken}", calls.get());
    calls.set(0);
    let before = budget.steps_left();
    evaluate(COSTLY, &mut budget).unwrap();
    let taken = before - budget.steps_left();
    // One charge covers the whole range, and calls the hook only once.
    assert!(calls.get() + 12 >= taken / 1_000, "{} {taken}", calls.get());
}

#[test]
fn an_evaluation_spends_the_same_steps_each_time() {
    for source in ["'aaa'.matches('a+$')", "'aaa'.matches(r'^\\w{2,3}(x|\\pL)$')", "codes.sort()", "missing"] {
        let taken: Vec<u32> = (0..3)
            .map(|_| {
                let mut budget = Budget::new(MAX_STEPS);
                let _ = evaluate(source, &mut budget);
                budget.steps_left()
            })
            .collect();
        assert!(taken.windows(2).all(|pair| pair[0] == pair[1]), "{source}: {taken:?}");
    }
}
