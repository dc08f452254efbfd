//! Tests that steps limit the CPU time of an evaluation and the time between two pauses.

use std::cell::Cell;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value as Json, json};

use super::super::limits::MAX_STEPS;
use super::super::{Budget, Expression, TextExpression};
use super::with_scope;

/// Maximum CPU time of one evaluation.
const MAX_EVALUATION_TIME: Duration = Duration::from_millis(15);
/// Maximum CPU time between two calls of the hook.
const MAX_PAUSE_GAP: Duration = Duration::from_millis(1);

/// Further rounds that measure the slow sources again.
const SLOW_ROUNDS: usize = 20;
/// Maximum CPU time of parsing a source.
const MAX_PARSE_TIME: Duration = Duration::from_millis(1);
/// Evaluations of each expression. The fastest one counts, because other processes may slow down the others.
const RUNS: usize = 5;

/// Returns the CPU time of this thread, which does not advance while the thread waits.
pub(super) fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

#[derive(Clone, Copy)]
struct Cost {
    total: Duration,
    gap: Duration,
    steps: u32,
}

/// Measures the CPU time of an evaluation, and the longest time between two calls of the hook.
fn cost(expression: &Expression, entities: &Map<String, Json>) -> Cost {
    let (last, gap) = (Cell::new(thread_cpu_time()), Cell::new(Duration::ZERO));
    let pause = || {
        gap.set(gap.get().max(thread_cpu_time() - last.get()));
        last.set(thread_cpu_time());
    };
    let mut budget = Budget::with_pause(MAX_STEPS, &pause);
    let before = thread_cpu_time();
    last.set(before);
    let result = with_scope(entities, |scope| expression.evaluate(scope, &mut budget));
    let total = thread_cpu_time() - before;
    pause();
    drop(result);
    Cost { total, gap: gap.get(), steps: MAX_STEPS - budget.steps_left() }
}

/// Returns the least cost of several evaluations. The entity `run` differs in each, so that a pattern with it is not
/// yet cached.
fn least_cost(source: &str, entities: &mut Map<String, Json>) -> Cost {
    let expression = Expression::parse(source).unwrap_or_else(|error| panic!("{source:.80}: {error}"));
    let costs: Vec<Cost> = (0..RUNS)
        .map(|run| {
            entities.insert("run".to_owned(), json!((run + 1) * 1_000_000));
            cost(&expression, entities)
        })
        .collect();
    let least = |of: fn(&Cost) -> Duration| costs.iter().map(of).min().unwrap_or_default();
    Cost { total: least(|cost| cost.total), gap: least(|cost| cost.gap), steps: costs[0].steps }
}

/// Returns the operands with the highest costs.
fn operands() -> Map<String, Json> {
    let mebibyte = 1 << 20;
    let entities = json!({
        "sub": "2.470328229206232720882843964341106861825299013071623822127e-324",
        "big": "1.797693134862315807937289714053e308",
        "near": "4.450147717014402272114819593418263951869639092703291296046e-308",
        "half": "9007199254740993.00000000000000000000000000000000000000000001",
        "digits": "9".repeat(1_000),
        "zeros": format!("{}1", "0".repeat(63)),
        "spans": "1h".repeat(500),
        "span": format!("{}.{}h", "1".repeat(5), "9".repeat(50)),
        "instant": "2027-02-01T10:00:00.123456789123456789123456789123456789+03:00",
        "ten": "1234567890",
        "hard": 2.247_138_075_671_650_4e-256,
        "huge": f64::MAX,
        "least": 5e-324,
        "t": "a".repeat(12 * 1_024),
        "ab": "ab".repeat(6 * 1_024),
        "aab": "aab".repeat(4 * 1_024),
        "p": format!("{}b", "a".repeat(59)),
        "q": format!("b{}", "a".repeat(59)),
        "r": format!("{}b{}", "a".repeat(29), "a".repeat(29)),
        "s": format!("{}aa", "ab".repeat(29)),
        "u": format!("{}b{}", "a".repeat(700), "a".repeat(700)),
        "m": "a".repeat(mebibyte),
        "spaces": "\u{2003}".repeat(mebibyte / 3),
        "accents": "é".repeat(mebibyte / 2),
        "quotes": "\"".repeat(mebibyte / 2 - 2),
        "mixed": "aé€😀".repeat(mebibyte / 10),
        "base": "QUJD".repeat(mebibyte / 4),
        "zone": "America/Argentina/ComodRivadavia",
        "letters": "ñ".repeat(5_000),
        "words": "word ".repeat(2_400),
        "numbers": (0..50_000).map(|id| f64::from(id) / 7.0).collect::<Vec<f64>>(),
    });
    let mut entities = entities.as_object().unwrap().clone();
    let more = [
        ("texts", (0..10_000).map(|id| json!(format!("a text {}", id * 7_919 % 10_000))).collect::<Json>()),
        ("records", (0..50_000).map(|id| json!(id)).collect()),
        ("keys", (0..100_000).map(|id| (format!("a rather long key {id}"), json!(id))).collect()),
        ("long_keys", (0..40).map(|id| (format!("{}{id}", "k".repeat(100_000)), json!(id))).collect()),
        ("long_key", json!("k".repeat(mebibyte))),
        ("objects", (0..3_000).map(|id| json!({"a": id, "b": [id], "c": {"d": "x"}})).collect()),
    ];
    entities.extend(more.map(|(name, value)| (name.to_owned(), value)));
    entities.extend((0..900).map(|id| (format!("entity with quite a long name, number {id:04}"), json!(id))));
    entities.extend((0..100).map(|id| (format!("unset {id}"), Json::Null)));
    entities
}

/// Returns a source that repeats a call until the steps end. A failed call does not end the evaluation.
fn repeat_call(call: &str) -> String {
    let call = |index: i32| format!("{} == 1", call.replace("x + run", &format!("20 * x + run + {index}")));
    format!("lists.range(10000).exists(x, {})", (0..20).map(call).collect::<Vec<String>>().join(" || "))
}

/// Calls with a high CPU time per step.
#[rustfmt::skip]
const CALLS: &[&str] = &[
    "double(sub)", "double(big)", "double(near)", "double(half)", "double(digits)", "double(ten)", "int(digits)", "int(zeros)", "uint(zeros)", "int(ten)",
    "int('x')", "duration(spans)", "duration(span)", "timestamp(instant)", "timestamp(digits)", "string(hard)", "string(huge)", "string(least)", "string(x)",
    "'%.100f'.format([huge])", "'%.100e'.format([least])", "'%.6f'.format([huge])", "'%s'.format([hard])", "'%b'.format([x])", "'%x'.format([b'abc'])",
    "t.contains(p)", "t.contains(q)", "t.contains(r)", "ab.contains(s)", "aab.contains(p)", "t.contains(u)", "t.indexOf(r)", "t.lastIndexOf(r)", "t.lastIndexOf(u)", "ab.lastIndexOf(s)",
    "'a'.contains('b')", "t.split(p)", "t.split('a')", "t.split('')", "'abc'.split('')", "t.replace('a', 'b')", "t.replace(p, '')", "'abc'.replace('', '')", "m.contains(u)", "m.contains(m)",
    "m.lastIndexOf('b')", "m.indexOf('b')", "m.lowerAscii()", "m.upperAscii()", "m.reverse()", "accents.reverse()", "spaces.trim()", "m.trim()", "(' ' + m + ' ').trim()", "accents.size()",
    "accents.charAt(500000)", "accents.substring(500000)", "accents.substring(1, 500000)", "strings.quote(quotes)", "strings.quote('a')", "bytes(m)", "string(bytes(spaces))", "string(bytes(mixed))",
    "'%s'.format([bytes(spaces)])", "'%s'.format([base64.decode(base)])", "base64.encode(bytes(m))", "base64.decode(base)", "base64.decode(m)", "base64.encode(b'abc')", "'%x'.format([m])", "'%x'.format([bytes(t)])",
    "now.getHours(zone)", "now.getHours('-03:00')", "now.getHours(m)", "now.getFullYear('x')", "formatDate(now, 'dd/MM/yyyy HH:mm:ss')", "formatDate(now, m)", "formatDate(now, letters)",
    "formatDate(now, '                                                                                                          ')", "parseDate('01/02/2027', 'dd/MM/yyyy')", "parseDate('x', 'dd')", "parseDate(m, m)", "phone(ten)", "phone(digits)",
    "'a'.matches('a')", "'a'.matches(string(x + run) + '.' + r'\\w{12}')", "'a'.matches(string(x + run) + r'[\\w.-]+@[\\w.-]+\\.\\w{2,20}')", "'a'.matches(string(x + run) + r'(?i)[\\w.-]+')", "'a'.matches(string(x + run) + r'(?i)\\pL')",
    "'a'.matches(string(x + run) + r'[a-z]{2000}')", "'a'.matches(string(x + run) + r'(?i)[\\x{0}-\\x{5000}]')", "'a'.matches(string(x + run) + r'\\p{age=15.0}')", r"'a'.matches(string(x + run) + r'(?i)[\x{0}-\x{6000}]')", r"'a'.matches(string(x + run) + r'[\pL\w\pN\pL\w\pN\pL\w\pN\pL\w\pN\pL\w\pN\pL\w\pN]')", r"'a'.matches(string(x + run) + r'(?i)[\w.-][\pL.-]')",
    r"'a'.matches(string(x + run) + r'\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w\w')", r"'a'.matches(string(x + run) + r'[\w~~\pL][\w&&\pN][\w--\d][\pL~~\pN][\w~~\pL][\w&&\pN][\w--\d][\pL~~\pN]')", "'a'.matches(string(x + run) + '[ab]{9}(a|b|c|d|e|f|g){900}')", "'a'.matches(string(x + run) + '(?i)aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
    "'a'.matches('(')", "'a'.matches('(a')",
    "t.matches('b')", "t.matches('(a|aa)+b')", "t.matches('a{50}b')", "t.matches('(a?){50}b')", "letters.matches(r'(\\w+\\s*)*x')", "letters.matches(r'\\bx')", "letters.matches('[^x]{100}x')", "t.matches('^b')", "m.matches('b')",
    "words.matches(r'(\\w+\\s*)*x')", "words.matches(r'\\b\\w+\\b\\d')",
    "keys['a rather long key 77777']", "keys['none'] ", "long_keys[long_key]", "long_key in long_keys", "has(long_keys.k)", "entities['entity with quite a long name, number 0777']", "entities[long_key]", "size(entities)",
    "optional.ofNonZeroValue(entities)", "optional.of(x)", "records.size()", "math.greatest(records)", "math.least(1, 2, 3)", "numbers.first()", "records.slice(0, 10000)", "lists.range(10000)",
    "records == records", "keys == keys", "objects == objects", "m == m + ''", "texts.sort()", "texts.join()", "texts.join(m)", "records.flatten()", "objects.distinct()", "texts.distinct()", "texts.reverse()", "lists.range(1000).distinct()",
    "objects.sortBy(o, o.a)", "'%s'.format([objects])", "'%s'.format([keys])", "'%s'.format([numbers])", "'%s'.format([records])", "[1, 2, 3, 4]", "[[[[[[x]]]]]]", "{'a': {'b': {'c': x}}}", "{x: x, 'b': 2, 'c': 3}",
    "1 / 0", "x + 'a'", "missing", "entities.missing", "keys.missing", "x.f()", "int(x, x)", "f(x)", "x ? 1 : 2", "-x", "!x", "m + ''", "'a' + 'b'", "t + t", "[x] + [x]", "records + records", "texts + []", "type(x)", "now + duration('1h')",
    "optional.of(x).optMap(y, y).orValue(1)", "entities.?missing.orValue(1)", "objects[7].c.d", "x > 5 && x < 3", "x in records", "x in texts", "'a' in keys", "string(now)", "string(duration('1.5s'))", "math.sqrt(2.0)",
];

/// Complete expressions with a high CPU time.
#[rustfmt::skip]
const SOURCES: &[&str] = &[
    "numbers", "objects", "keys", "lists.range(10000).map(x, ['a' + 'b', 'a' + 'b', 'a' + 'b', 'a' + 'b'])", "lists.range(10000).map(x, [string(x), string(x), string(x)]) == []", "lists.range(10000).map(x, [[].reverse(), [].reverse()])", "lists.range(10000).map(x, ['a'.charAt(0), 'a'.charAt(0)])", "lists.range(10000).map(x, {x: [x]})", "texts.map(t, [t])", "entities", "[entities, entities]", "missing", "records.map(r, r)", "lists.range(10000).map(x, [[x], [x], [x]])", "lists.range(10000).map(x, [[x], [x], [x]]) != []",
    "lists.range(8000).map(x, [[], [], [], [], []]).size()", "lists.range(8000).map(x, {'a': {'b': [x]}}).size()", "lists.range(9000).map(x, optional.of(optional.of(x))).size()", "lists.range(100).map(x, lists.range(100).map(y, [[y], [y]])).size()",
    "lists.range(10000).map(x, string(x) + 'a').size()", "lists.range(10000).map(x, string(x) + 'a').sort().size()", "lists.range(10000).sortBy(x, -x).size()", "texts.sort().size()", "lists.range(10000).reverse().sort().size()",
    "lists.range(10000).map(x, texts[x]).sort().join(' ').split(' ').size()", "lists.range(19).map(x, m.lowerAscii() + '').size()", "lists.range(12).map(x, m.upperAscii())", "lists.range(60).map(x, '%x'.format([t + t + t]))",
    "lists.range(10000).map(x, bytes('abc')).size()", "objects.map(o, [o, o, o])", "lists.range(400).map(x, keys)", "numbers.map(n, n)", "records.map(r, string(r))",
];

#[test]
fn no_evaluation_exceeds_its_cpu_time() {
    if cfg!(debug_assertions) {
        return;
    }
    let mut entities = operands();
    let sources = CALLS.iter().map(|call| repeat_call(call)).chain(SOURCES.iter().map(|source| (*source).to_owned()));
    let mut measure = |source: String| {
        let Cost { total, gap, steps } = least_cost(&source, &mut entities);
        println!("{:8.2} ms {:6.0} µs {steps:7} {source:.90}", total.as_secs_f64() * 1e3, gap.as_secs_f64() * 1e6);
        (total > MAX_EVALUATION_TIME || gap > MAX_PAUSE_GAP).then_some((total, gap, source))
    };
    let mut slow: Vec<_> = sources.filter_map(&mut measure).collect();
    // Another process may slow down the machine for seconds, so the test fails only for a source that is slow in every
    // round.
    for _ in 0..SLOW_ROUNDS {
        slow = slow.into_iter().filter_map(|(_, _, source)| measure(source)).collect();
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

#[test]
fn no_source_exceeds_its_parse_time() {
    if cfg!(debug_assertions) {
        return;
    }
    let sources = [
        "2.4703282292062327208828439643411068618252990130716238221e-324+".repeat(30),
        "1e308+".repeat(40),
        format!("{}1", "1.5+".repeat(490)),
        format!("'{}'", "a".repeat(65_000)),
        format!("'{}'", "\\n".repeat(32_000)),
        format!("'{}'", "\r\n".repeat(32_000)),
        format!("b'{}'", "\\xff".repeat(16_000)),
        format!("'''{}'''", "''a".repeat(21_000)),
        format!("1{}", " ".repeat(9_990)),
        format!("1 // {}", "é".repeat(9_990)),
        "a.b(c)".to_owned() + &".size(a)".repeat(190),
        format!("{}1{}", "f(".repeat(50), ")".repeat(50)),
        format!("{}1", "a ? b : ".repeat(240)),
        format!("[{}]", "a,".repeat(490)),
        format!("{}1{}", "[".repeat(50), "]".repeat(50)),
        format!("[{}1", "unknownFunctionName(1),".repeat(190)),
        format!("{} {{{{ 1", "é".repeat(32_000)),
        "{{1}}".repeat(1_000),
        "x".repeat(4 << 20),
        " ".repeat(4 << 20),
        format!("'{}", "x".repeat(4 << 20)),
    ];
    for source in sources {
        let least = |parse: &dyn Fn()| {
            let runs = (0..RUNS).map(|_| {
                let before = thread_cpu_time();
                parse();
                thread_cpu_time() - before
            });
            runs.min().unwrap_or_default()
        };
        let expression = least(&|| drop(Expression::parse(&source)));
        let text = least(&|| drop(TextExpression::parse(&source)));
        println!("{:6} µs {:6} µs {source:.60}", expression.as_micros(), text.as_micros());
        assert!(expression.max(text) < MAX_PARSE_TIME, "{source:.80}: {expression:?} {text:?}");
    }
}
