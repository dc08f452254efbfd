//! Tests that any source gives a result within its time limit on a small stack.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::{Expression, TextExpression, to_json_result};
use super::cost::thread_cpu_time;
use super::{entities, full_budget, with_scope, with_small_stack};

/// Parts of expressions for random concatenation.
#[rustfmt::skip]
const PARTS: &[&str] = &[
    "1", "0", "-", "+", "*", "/", "%", "!", "==", "<", "&&", "||",
    "?", ":", ".", ",", "(", ")", "[", "]", "{", "}", "{{", "}}",
    "'a'", "\"ñ\"", "b'\\xff'", "1u", "0.5", "1e308", "9223372036854775807", "null", "true", "x", "in", "[1, 2, 3]",
    "{'a': 1}", "contact_name", "order", ".lines", ".?id", "[0]", "[?0]", "entities", "session", "now", "missing", ".map(x, ",
    ".filter(x, ", ".all(x, ", ".exists(x, ", ".exists_one(x, ", ".sortBy(x, ", ".optMap(x, ", "has(", "size(", "string(", "int(", "double(", "timestamp(",
    "duration(", "type(", "dyn(", "optional.of(", "optional.none()", ".orValue(", ".or(", "lists.range(", ".flatten(", ".sort()", ".distinct()", ".reverse()",
    ".slice(", ".join(", ".split(", ".replace(", ".substring(", ".charAt(", ".indexOf(", ".lastIndexOf(", ".format(", ".matches(", "math.greatest(", "math.bitShiftLeft(",
    "formatDate(", "parseDate(", "phone(", "base64.encode(", "base64.decode(", "strings.quote(", "'%s %d %.3f %x'", "'dd/MM'", "'(a|b)*'", ".value()", ".hasValue()", ".getFullYear(",
    "'1h'", " // ", "\n", " ",
];

/// Maximum CPU time in a debug build.
const TIME_LIMIT: Duration = Duration::from_millis(500);

fn evaluate_both_kinds(source: &str) {
    let entities = entities();
    with_scope(&entities, |scope| {
        let start = thread_cpu_time();
        let _ = to_json_result(
            Expression::parse(source).and_then(|expression| expression.evaluate(scope, &mut full_budget())),
        );
        if let Err(error) =
            TextExpression::parse(source).and_then(|expression| expression.evaluate(scope, &mut full_budget()))
        {
            assert!(!error.message.is_empty() && !error.message.ends_with('.'), "{source:?}: {error}");
        }
        assert!(thread_cpu_time() - start < TIME_LIMIT, "{source:?}: {:?}", thread_cpu_time() - start);
    });
}

/// Evaluates many generated sources on a small stack.
fn check<S: Strategy<Value = String>>(sources: impl FnOnce() -> S + Send + 'static) {
    with_small_stack(move || {
        let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&sources(), |source| {
                evaluate_both_kinds(&source);
                Ok(())
            })
            .unwrap();
    });
}

#[test]
fn any_text_is_evaluated_in_time() {
    check(|| "\\PC{0,200}");
}

#[test]
fn any_parts_of_expressions_are_evaluated_in_time() {
    check(|| prop::collection::vec(prop::sample::select(PARTS), 0..60).prop_map(|parts| parts.concat()));
}

#[test]
fn well_formed_expressions_are_evaluated_in_time() {
    check(well_formed);
}

/// Methods with two arguments, of which the first may be a variable.
#[rustfmt::skip]
const METHODS: &[&str] = &[
    "map", "filter", "all", "exists", "exists_one", "sortBy", "optMap", "replace", "split", "join", "slice", "or",
];

/// Generates expressions that parse, with operands of any types.
fn well_formed() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(
        &["1", "0", "'a'", "'ñu'", "[1, 2]", "x", "order.lines", "total", "now", "null", "true"][..],
    )
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 3, |inner| {
        let operator = prop::sample::select(&["+", "-", "*", "/", "%", "==", "<", "in", "&&", "||"][..]);
        let method = prop::sample::select(METHODS);
        let function =
            prop::sample::select(&["size", "string", "int", "double", "optional.of", "lists.range", "type"][..]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (inner.clone(), method, inner.clone())
                .prop_map(|(left, method, right)| format!("{left}.{method}(x, {right})")),
            (function, inner.clone()).prop_map(|(function, argument)| format!("{function}({argument})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (inner.clone(), inner).prop_map(|(list, index)| format!("{list}[{index}]")),
        ]
    })
}

/// The calls with the highest known costs.
#[rustfmt::skip]
const COSTLIEST_CALLS: &[&str] = &[
    "double('2.470328229206232720882843964341106861825299013071623822127e-324')", "double('1.797693134862315807937289714053e308')", "int('0000000000000000000000000000000000000000000000000000000000000001')",
    "duration('1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1h1')", r"'a'.matches(string(x) + r'\w{12}')", r"'a'.matches(string(x) + r'(?i)[\w.-]+\pL')", "'%.100e'.format([5e-324])",
    "'%.6f'.format([1e300])", "string(2.2471380756716504e-256)", "'aaaaaaaaaaaaaaaa'.contains('aaaaaaaab')", "x + 'a'", "[[x], [x], [x]]", "{'a': {'b': [x]}}", "lists.range(1000).sort()", "entities", "order.lines.map(l, l)",
];

#[test]
fn the_costliest_calls_are_evaluated_in_time() {
    with_small_stack(|| {
        for call in COSTLIEST_CALLS {
            let calls = vec![format!("{call} == 1"); 20].join(" || ");
            evaluate_both_kinds(&format!("lists.range(10000).exists(x, {calls})"));
            evaluate_both_kinds(&format!("lists.range(10000).map(x, [{}])", vec![*call; 20].join(", ")));
            evaluate_both_kinds(&format!("{{{{ lists.range(10000).map(x, {call}).size() }}}}"));
        }
    });
}

#[test]
fn evaluation_is_deterministic() {
    for source in ["lists.range(9000).map(x, [x, x, x])", "codes.sort()", "'a'.matches(r'\\w{9}')", "missing"] {
        let entities = entities();
        let results: Vec<_> = (0..3)
            .map(|_| {
                with_scope(&entities, |scope| {
                    to_json_result(
                        Expression::parse(source).and_then(|parsed| parsed.evaluate(scope, &mut full_budget())),
                    )
                })
            })
            .collect();
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{source}");
    }
}
