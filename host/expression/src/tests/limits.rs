//! Tests of the limits on sources, values and work.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::super::{Expression, ExpressionError, TextExpression, to_json_result};
use super::cost::thread_cpu_time;
use super::{entities, evaluate, full_budget, with_scope, with_small_stack};

/// Maximum CPU time in a debug build.
const TIME_LIMIT: Duration = Duration::from_secs(1);

fn limit(source: &str) -> Option<&'static str> {
    let start = thread_cpu_time();
    let result = evaluate(source);
    assert!(thread_cpu_time() - start < TIME_LIMIT, "{source:.80}: {:?}", thread_cpu_time() - start);
    result.err().and_then(|error| error.limit)
}

#[test]
fn sources_are_limited() {
    assert_eq!(limit(&format!("1 +{}1", " ".repeat(20_000))), Some("source"));
    assert_eq!(limit(&format!("'{}'", "x".repeat(60_000))), None);
    assert_eq!(limit(&format!("'{}'", "x".repeat(70_000))), Some("literals"));
    assert_eq!(limit(&format!("{}1", "1+".repeat(5_000))), Some("tokens"));
    assert_eq!(limit(&format!("{}1", "1+".repeat(499))), None);
    assert_eq!(limit(&format!("{}1{}", "(".repeat(50), ")".repeat(50))), None);
    assert_eq!(limit(&format!("{}1{}", "(".repeat(51), ")".repeat(51))), Some("nesting"));
    assert_eq!(limit(&format!("{}1{}", "(1+2*-".repeat(45), ")".repeat(45))), Some("nesting"));
}

#[test]
fn template_limits_apply_to_the_whole_source() {
    let parse = |source: String| TextExpression::parse(&source).err().and_then(|error: ExpressionError| error.limit);
    assert_eq!(parse("{{1}}".repeat(1_000)), None);
    assert_eq!(parse("{{1}}".repeat(1_001)), Some("tokens"));
    assert_eq!(parse(format!("{}{{{{1}}}}", "x".repeat(60_000))), None);
    assert_eq!(parse(format!("{}{{{{1}}}}", "x".repeat(70_000))), Some("literals"));
}

#[test]
fn comprehensions_are_limited() {
    assert_eq!(limit("[1].map(a, [1].map(b, [1].map(c, [1].map(d, [1].map(e, 1)))))"), Some("comprehensions"));
    assert_eq!(limit("lists.range(100).map(a, lists.range(100).map(b, a * b)).size()"), None);
    assert_eq!(limit("lists.range(101).map(a, [1].map(b, a * b))"), Some("list"));
    assert_eq!(limit("[1].map(a, lists.range(101).map(b, a * b))"), Some("list"));
    assert_eq!(limit("lists.range(10000).map(a, a + 1).size()"), None);
    assert_eq!(limit("lists.range(10001)"), Some("list"));
}

#[test]
fn one_comprehension_after_another_is_not_nested() {
    assert_eq!(limit("[1].map(a, a).map(b, b).map(c, c).filter(d, d > 0)"), None);
    assert_eq!(limit("lists.range(200).map(a, a).filter(b, b > 0)"), None);
}

#[test]
fn values_are_limited() {
    let doubling = ".map(x, [x, x])".repeat(30);
    assert_eq!(limit(&format!("[1]{doubling}")), Some("steps"));
    assert_eq!(limit(&format!("[1]{doubling} == [1]{doubling}")), Some("steps"));
    assert_eq!(limit(&format!("[1]{}", ".map(x, [x])".repeat(80))), Some("value"));
    let kilobyte = "x".repeat(1_024);
    assert_eq!(limit(&format!("lists.range(1025).map(x, '{kilobyte}')")), Some("value"));
    assert_eq!(limit(&format!("lists.range(1025).map(x, '{kilobyte}').join()")), Some("value"));
    assert_eq!(limit(&format!("'{kilobyte}'.replace('', '{kilobyte}')")), Some("value"));
}

#[test]
fn regular_expressions_are_limited() {
    let words = format!("'{}'", "word ".repeat(10_000));
    assert_eq!(limit(r"'a'.matches('((a{50}){50}){50}')"), Some("steps"));
    assert_eq!(limit(r"'a'.matches(r'[\w\p{Greek}]{100}')"), None);
    assert_eq!(limit(r"'a'.matches('a{20000}')"), Some("steps"));
    assert_eq!(limit(r"'a'.matches('(^|b?){1000000}')"), Some("steps"));
    assert_eq!(limit(&format!("'a'.matches(r'[{}]')", r"\w\pL".repeat(100))), Some("steps"));
    assert_eq!(limit(r"'a'.matches(r'(?i)[\x{0}-\x{10ffff}]')"), Some("steps"));
    assert_eq!(limit(r"'a'.matches(r'(?i)^[\w.-]+@[\w.-]+\.\w{2,20}$')"), None);
    assert_eq!(limit(&format!(r"{words}.matches('([^y]{{50}}){{10}}y')")), Some("steps"));
    assert_eq!(limit(&format!("'a'.matches(r'{}')", r"(?i)\pL".repeat(100))), Some("steps"));
    assert_eq!(limit(&format!("'a'.matches('{}a{}')", "(".repeat(300), ")".repeat(300))), None);
}

#[test]
fn an_exceeded_limit_is_never_absorbed() {
    assert_eq!(limit("lists.range(10001).size() > 0 || true"), Some("list"));
    assert_eq!(limit("[1].exists(x, lists.range(10001) == []) || true"), Some("list"));
}

#[test]
fn deep_entities_exceed_the_depth_limit() {
    let mut scoped = entities();
    for (name, depth) in [("deep", 60), ("deeper", 120)] {
        scoped.insert(name.to_owned(), (0..depth).fold(json!(1), |inner, _| json!([inner])));
    }
    let limit = |source: &str| {
        let expression = Expression::parse(source).unwrap();
        with_scope(&scoped, |scope| expression.evaluate(scope, &mut full_budget()).err().and_then(|error| error.limit))
    };
    for source in ["{}", "{} == {}", "'%s'.format([{}])", "{}.flatten(1000)"] {
        assert_eq!(limit(&source.replace("{}", "deep")), None, "{source}");
        assert_eq!(limit(&source.replace("{}", "deeper")), Some("value"), "{source}");
    }
}

#[test]
fn large_entities_cost_only_the_parts_that_are_read() {
    let mut large: Map<String, Json> = entities();
    large.insert("records".to_owned(), (0..100_000).map(|id| json!({"id": id})).collect());
    let expression = TextExpression::parse("string(records[99999].id)").unwrap();
    let start = thread_cpu_time();
    let text =
        with_scope(&large, |scope| (0..1_000).map(|_| expression.evaluate(scope, &mut full_budget())).next_back());
    assert_eq!(text, Some(Ok(Some("99999".to_owned()))));
    assert!(thread_cpu_time() - start < TIME_LIMIT, "{:?}", thread_cpu_time() - start);
}

#[test]
fn deep_expressions_and_deep_values_fit_a_small_stack() {
    with_small_stack(|| {
        let sources = [
            format!("{}1{}", "[true ? 1 : false || true && 1 < 2 + 3 * -(".repeat(12), ")]".repeat(12)),
            format!("{}1{}", "size([".repeat(25), "])".repeat(25)),
            format!("{}1{}", "math.greatest(1, ".repeat(50), ")".repeat(50)),
            format!("{}1{}", "optional.of(1).optMap(x, ".repeat(25), ")".repeat(25)),
            format!("{}1{}", "true?-a.optMap(x,".repeat(50), "):1".repeat(50)),
            format!("{}1{}", "{1:true?-a.optMap(x,".repeat(25), ")}".repeat(25)),
            format!("{}1{}", "1*-math.abs(".repeat(50), ")".repeat(50)),
            format!("a{}", ".a".repeat(490)),
            format!("1{}", ".f()".repeat(240)),
            format!("{}1", "true ? 1 : ".repeat(240)),
            format!("{}true", "!".repeat(900)),
            format!("'%s'.format([[1]{}])", ".map(x, [x])".repeat(60)),
            "deep".to_owned(),
            "deep == deep".to_owned(),
            "'%s'.format([deep.flatten(1000)])".to_owned(),
        ];
        let mut scoped = entities();
        let deep = (0..120).fold(json!(1), |inner, _| json!([inner]));
        scoped.insert("deep".to_owned(), deep);
        for source in &sources {
            let start = thread_cpu_time();
            // Both success and an error are valid results.
            let parsed = Expression::parse(source);
            let _ = with_scope(&scoped, |scope| {
                to_json_result(parsed.and_then(|expression| expression.evaluate(scope, &mut full_budget())))
            });
            assert!(thread_cpu_time() - start < TIME_LIMIT, "{source:.80}");
        }
    });
}
