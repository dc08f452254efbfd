//! Every attack: what the plugin does, the limit or rule that it exceeds, its result, and the assertion. The table of
//! `tests/docs/hostile.md` comes from here.

use crate::assertions::{
    self, assert_attack_ends, assert_attack_ends_with_limits, assert_component_rejected, assert_plugin_rejected,
    assert_plugin_stopped, assert_rejected_with_limits,
};
use crate::fixture::Fixture;
use crate::generated::assert_section;
use crate::plugins;
use flowhost::ErrorCode;
use std::time::Duration;

/// One row for each attack: test name, what the plugin does, limit or rule, code or text of its result, assertion.
macro_rules! cases {
    ($($test:ident: $attack:literal, $limit:literal, $expected:literal => $assertion:expr;)*) => {
        const CASES: &[(&str, &str, &str, &str)] = &[$((stringify!($test), $attack, $limit, $expected)),*];

        $(#[tokio::test]
        async fn $test() {
            ($assertion)($expected).await;
        })*
    };
}

cases! {
    infinite_loop: "runs an infinite loop", "CPU time", "limit-cpu" => |code| assert_attack_ends("infinite-loop", code);
    compute_for_a_while: "computes for a while beside processes that use all processors", "CPU time",
        "it ends as without these processes" => |_| assertions::compute_for_a_while();
    infinite_loop_with_calls: "runs an infinite loop with host calls in it", "CPU time", "limit-cpu"
        => |code| assert_attack_ends_with_limits(|limits| limits.host_calls = u64::MAX, "infinite-loop-with-calls", code);
    infinite_loop_while_writing: "runs an infinite loop between its writes", "CPU time", "limit-cpu"
        => |code| assert_attack_ends("infinite-loop-while-writing", code);
    waits: "waits forever in a host call", "time of the run", "limit-deadline" => assertions::waits;
    sleeps: "sleeps for a day", "time of the run", "limit-deadline" => crate::wasi::sleeps;
    calls_often: "makes 1,000,000 host calls", "host calls", "limit-host-calls" => |code| assert_attack_ends("calls-often", code);
    recurses_natively: "recurses without end", "stack", "limit-stack" => |code| assert_plugin_stopped("recurses-natively", code);
    recurses: "recurses without end on a stack in its own memory", "its own memory", "plugin-trap"
        => |code| assert_attack_ends("recurses", code);
    grow_memory_in_steps: "grows its memory in steps without end", "memory", "limit-memory" => |code| assert_attack_ends("grow-memory-in-steps", code);
    allocate_at_once: "allocates 100 MiB at once", "memory", "limit-memory" => |code| assert_attack_ends("allocate-at-once", code);
    reserves_memory: "reserves 4 MiB of memory that it does not use", "memory of all invocations", "the memory is released"
        => |_| assertions::reserves_memory();
    starts_large: "declares more initial memory than the limit", "memory", "limit-memory" => |code| assert_plugin_rejected("starts-large", code);
    grows_a_table: "grows a table without end", "elements of a table", "limit-tables" => |code| assert_plugin_stopped("grows-a-table", code);
    has_many_tables: "has 33 tables", "tables", "limit-tables" => |code| assert_plugin_rejected("has-many-tables", code);
    fills_tables: "has as many tables as permitted, in every instance slot of a worker", "CPU time", "limit-cpu"
        => assertions::fills_tables;
    sends_much_at_once: "sends 20 MiB to a host function", "bytes of one host call", "limit-host-bytes"
        => |code| assert_attack_ends("sends-much-at-once", code);
    sends_much_in_all: "sends 10 MiB to a host function twice", "bytes of all host calls", "limit-host-bytes"
        => |code| assert_attack_ends("sends-much-in-all", code);
    names_parameters_at_length: "warns about parameters whose names have 12 MiB", "bytes of all host calls", "limit-host-bytes"
        => |code| assert_attack_ends("names-parameters-at-length", code);
    returns_much: "returns 20 MiB", "bytes of one host call", "limit-host-bytes" => |code| assert_attack_ends("returns-much", code);
    returns_one_text_often: "returns the same 60 KB 2,000 times", "bytes of one host call", "limit-host-bytes"
        => |code| assert_plugin_stopped("returns-one-text-often", code);
    takes_random_bytes_at_once: "takes 65,537 random bytes in one call", "64 KiB a call", "limit-host-bytes"
        => |code| assert_attack_ends("takes-random-bytes-at-once", code);
    takes_random_bytes_often: "takes 64 MB of random bytes in many calls", "bytes of all host calls", "limit-host-bytes"
        => |code| assert_attack_ends("takes-random-bytes-often", code);
    reads_escapes_as_json: "reads a text of 300,000 control characters as JSON 100 times", "bytes of all host calls", "limit-host-bytes"
        => assertions::reads_escapes_as_json;
    sets_large_json_text: "sets an entity to a JSON string of 2 MiB", "value of an entity", "limit-value-size"
        => |code| assert_attack_ends("sets-large-json-text", code);
    passes_large_variables: "passes a list of 500,000 numbers to an expression 100 times", "bytes of all host calls", "limit-host-bytes"
        => |code| assert_attack_ends("passes-large-variables", code);
    sets_many_entities: "sets 2,000 entities", "entities", "limit-entities" => |code| assert_attack_ends("sets-many-entities", code);
    sets_a_large_value: "sets an entity of 2 MiB", "value of an entity", "limit-value-size"
        => |code| assert_attack_ends("sets-a-large-value", code);
    nests_an_expression: "composes an expression of 4,000 parentheses", "expression", "expression-too-large"
        => |code| assert_attack_ends("nests-an-expression", code);
    chains_an_expression: "composes an expression of 4,500 sums", "expression", "expression-too-large"
        => |code| assert_attack_ends("chains-an-expression", code);
    evaluates_often: "evaluates 2,000 expressions that are at their limit", "steps of all expressions", "expression-too-large"
        => |code| assert_attack_ends("evaluates-often", code);
    evaluates_large_texts: "evaluates 1,000 texts of 1 MB", "steps of all expressions", "expression-too-large"
        => |code| assert_attack_ends("evaluates-large-texts", code);
    repeats_a_failure: "reads 9,000 times a parameter that fails after long work", "steps of all expressions",
        "expression-too-large" => assertions::repeats_a_failure;
    sets_many_nodes: "sets entities to lists of 500,000 numbers", "bytes of all host calls", "limit-host-bytes"
        => |code| assert_attack_ends("sets-many-nodes", code);
    logs_often: "logs 5,000 lines", "log lines", "at most 1,000 are kept, the rest is counted" => |_| assertions::logs_often();
    logs_at_length: "logs 1,000 lines of 4 KB", "bytes of log", "at most 64 KiB are kept, the rest is counted"
        => |_| assertions::logs_at_length();
    logs_short_lines: "logs 1,000 lines of one byte", "bytes of log, with the names on each line", "at most 64 KiB are kept, the rest is counted"
        => |_| assertions::log_is_counted("logs-short-lines", 1_000);
    logs_control_characters: "logs 1,000 lines of 4 KB of control characters", "bytes of log, when they are escaped",
        "at most 64 KiB are kept, the rest is counted" => |_| assertions::log_is_counted("logs-control-characters", 1_000);
    logs_line_breaks: "logs 1,000 lines of 4,000 line breaks", "bytes of log, with the marks of continued lines",
        "at most 64 KiB are kept, the rest is counted" => |_| assertions::log_is_counted("logs-line-breaks", 1_000);
    prints_lines_at_once: "prints 32,768 lines in one call on each stream", "log lines", "at most 1,000 are kept, the rest is counted"
        => |_| crate::wasi::prints_lines_at_once();
    prints_often: "prints 2,000 lines", "log lines", "at most 1,000 are kept, the rest is counted" => |_| crate::wasi::prints_often();
    forge_log_line: "logs a line that contains a forged line", "log lines", "the forged line is indented"
        => |_| assertions::forge_log_line();
    warns_often: "warns 1,000 times", "warnings", "100 are kept, the rest is counted" => |_| assertions::warns_often();
    warns_at_length: "sends a warning of 1 MiB", "warnings", "the beginning is kept" => |_| assertions::warns_at_length();

    panics: "panics", "—", "plugin-trap" => assertions::panics;
    traps_while_writing: "traps between its writes", "—", "plugin-trap" => |code| assert_attack_ends("traps-while-writing", code);
    refuses_while_writing: "returns an error between its writes", "—", "acme/changed-its-mind"
        => |code| assert_attack_ends("refuses-while-writing", code);
    write_and_log: "logs, warns and writes while another invocation writes the same data", "retries after a conflict",
        "one effect, one warning, one line" => |_| crate::retries::retry_has_one_effect();
    reads_two: "reads two contacts, of which another invocation changes the first in between", "retries after a conflict",
        "both are of one snapshot" => |_| crate::retries::reads_are_consistent();
    exceeds_retry_limit: "conflicts with another invocation in every run", "retries after a conflict", "store-conflict"
        => crate::retries::exceeds_retry_limit;
    retry_meets_new_rule: "is retried after a change that forbids its write", "retries after a conflict", "contact-in-dnd"
        => crate::retries::retry_meets_new_rule;
    request_much_randomness: "requests 1 MiB of random bytes at once", "64 KiB a call", "plugin-trap"
        => crate::wasi::request_much_randomness;
    request_randomness_often: "requests 64 MB of random bytes in many calls", "bytes of all host calls", "limit-host-bytes"
        => crate::wasi::request_randomness_often;
    call_wasi_often: "makes 1,000,000 calls of WASI", "host calls", "limit-host-calls" => crate::wasi::call_wasi_often;
    holds_many_resources: "holds 5,000 resources of WASI", "resources of WASI", "limit-tables"
        => crate::wasi::holds_many_resources;
    exits: "exits", "—", "plugin-trap" => crate::wasi::exits;
    returns_out_of_bounds: "returns a text outside its memory", "—", "plugin-trap" => |code| assert_plugin_stopped("returns-out-of-bounds", code);
    returns_invalid_utf8: "returns bytes that are not UTF-8", "—", "plugin-trap" => |code| assert_plugin_stopped("returns-invalid-utf8", code);
    exit_through_unknown_port: "exits through a port that its manifest does not declare", "manifest", "plugin-contract"
        => |code| assert_attack_ends("exit-through-unknown-port", code);
    exit_through_error: "exits through port `error` with an ok result", "manifest", "plugin-contract"
        => |code| assert_attack_ends("exit-through-error", code);
    refuses_without_slash: "returns an error code of its own without a slash", "codes", "plugin-contract"
        => |code| assert_attack_ends("refuses-without-slash", code);
    refuses_with_a_fault: "returns the code of a fault", "codes", "plugin-contract"
        => |code| assert_attack_ends("refuses-with-a-fault", code);
    refuses_with_an_escape: "returns a code with terminal control characters", "codes", "plugin-contract"
        => |code| assert_attack_ends("refuses-with-an-escape", code);
    warns_with_an_escape: "warns with a code that has bidirectional controls", "codes", "plugin-contract"
        => |code| assert_attack_ends("warns-with-an-escape", code);
    hides_characters: "logs terminal control characters", "log lines", "they are escaped"
        => |_| assertions::hides_characters();
    reads_undeclared_parameter: "reads a parameter that its manifest does not declare", "manifest", "plugin-contract"
        => |code| assert_attack_ends("reads-undeclared-parameter", code);
    sets_an_input: "sets a parameter that is not an entity-out", "manifest", "plugin-contract"
        => |code| assert_attack_ends("sets-an-input", code);
    calls_undeclared_function: "calls a function outside its `uses`", "manifest", "plugin-contract"
        => |code| assert_attack_ends("calls-undeclared-function", code);
    sets_nan: "sets an entity to NaN", "types", "entity-type" => |code| assert_attack_ends("sets-nan", code);
    sets_broken_json: "sets an entity to broken JSON", "types", "entity-type" => |code| assert_attack_ends("sets-broken-json", code);
    sets_nested_json: "sets an entity to 500,000 brackets", "bytes of all host calls", "limit-host-bytes" => |code| assert_attack_ends("sets-nested-json", code);
    sets_a_large_integer: "sets an entity to JSON with an integer beyond 64 bits", "types", "entity-type"
        => |code| assert_attack_ends("sets-a-large-integer", code);
    sets_another_type: "sets an entity-out to another type", "manifest", "entity-type"
        => |code| assert_attack_ends("sets-another-type", code);

    reads_anothers_contact: "reads another tenant's contact", "tenant", "contact-not-found" => assertions::reads_anothers_contact;
    blocks_anothers_contact: "blocks another tenant's contact", "tenant", "contact-not-found"
        => assertions::blocks_anothers_contact;
    uses_anothers_campaign: "uses another tenant's campaign", "tenant", "campaign-not-found" => assertions::uses_anothers_campaign;
    cancels_anothers_record: "cancels another tenant's record", "tenant", "nothing is cancelled"
        => |_| assertions::cancels_anothers_record();
    probe_environment: "looks for clocks, random numbers, files, environment and network", "capabilities", "nothing is found"
        => |_| crate::wasi::probe_environment();

    describes_by_calling: "calls the host from `describe`", "contract", "plugin-contract"
        => |code| assert_plugin_rejected("describes-by-calling", code);
    describes_randomly: "describes itself with clock and random numbers", "capabilities", "the manifest is the same each time"
        => |_| crate::wasi::describes_randomly();
    describes_for_ever: "runs an infinite loop in `describe`", "CPU time", "limit-cpu"
        => |code| assert_plugin_rejected("describes-for-ever", code);
    describes_by_waiting: "sleeps for a day in `describe`", "time of the run", "limit-deadline" => assertions::describes_by_waiting;
    describes_by_printing: "prints 1,000 lines of 4 KB in `describe`", "bytes of log", "at most 64 KiB are kept, the rest is counted"
        => |_| assertions::describes_by_printing();
    describes_at_length: "describes itself with 20 MiB", "bytes of one host call", "limit-host-bytes"
        => |code| assert_plugin_rejected("describes-at-length", code);
    describes_in_nonsense: "describes itself with a text that is not a manifest", "contract", "plugin-contract"
        => |code| assert_plugin_rejected("describes-in-nonsense", code);
    tests_a_reference: "tests the type of a function reference", "—", "component-invalid"
        => |code| assert_plugin_rejected("tests-a-reference", code);
    calls_by_a_subtype: "calls a function by a type that others extend", "—", "component-invalid"
        => |code| assert_plugin_rejected("calls-by-a-subtype", code);
    waits_for_an_address: "waits until another thread wakes it", "—", "component-invalid"
        => |code| assert_plugin_rejected("waits-for-an-address", code);
    traps_at_start: "traps when it is instantiated", "—", "plugin-trap" => |code| assert_plugin_rejected("traps-at-start", code);
    computes_at_start: "runs an infinite loop when it is instantiated", "CPU time", "limit-cpu"
        => |code| assert_plugin_rejected("computes-at-start", code);
    is_for_another_world: "is a component of another world", "contract", "component-contract"
        => |code| assert_component_rejected(b"\0asm\x0d\0\x01\0", code);
    is_a_core_module: "is a core module and not a component", "—", "component-invalid"
        => |code| assert_component_rejected(b"\0asm\x01\0\0\0", code);
    is_not_webassembly: "is not WebAssembly", "—", "component-invalid" => |code| assert_component_rejected(b"#!/bin/sh", code);
    is_truncated: "is a truncated component", "—", "component-invalid" => assertions::truncated_component;
    is_large: "is larger than the limit for components", "size of a component", "limit-component-size"
        => |code| assert_rejected_with_limits(|limits| limits.component_bytes = 1_000, code);
    compiles_slowly: "takes too long to compile", "time to compile", "limit-compile-time"
        => |code| assert_rejected_with_limits(|limits| limits.compile_time = Duration::from_nanos(1), code);

    floods: "is invoked 50 times at once by one tenant", "invocations of a tenant", "overloaded" => assertions::floods;
    queues_too_long: "waits behind an invocation that waits forever", "time that an invocation waits", "overloaded"
        => assertions::queues_too_long;
    is_cancelled_while_waiting: "is cancelled by its caller while it waits", "—", "it has no effect" => |_| assertions::is_cancelled_while_waiting();
    store_fails: "uses a store that fails", "—", "store-unavailable" => assertions::store_fails;
    session_too_large: "receives a session of 5 MB", "session and parameters", "request-too-large" => assertions::session_too_large;
    session_with_many_entities: "receives a session of 1,001 entities", "entities", "session-invalid" => assertions::session_with_many_entities;
}

/// The test of an attack has the name of the attack or of the component, with `_` for `-`.
#[tokio::test]
async fn every_attack_has_a_test() {
    let mut attacks = plugins::plugin_names();
    attacks.retain(|name| !name.starts_with("hostile") && name != "calls-functions");
    let host = Fixture::new().await.host;
    for plugin in ["hostile", "hostile-wasi"] {
        let action = host.load(&plugins::component(plugin)).unwrap();
        attacks.extend(action.manifest.parameter("ATTACK").unwrap().1.choices.iter().cloned());
    }
    assert!(attacks.len() > 40, "{attacks:?}");
    attacks.retain(|attack| !CASES.iter().any(|(test, ..)| attack.replace('-', "_") == *test));
    assert_eq!(attacks, Vec::<String>::new(), "these have no test");
}

#[test]
fn page_contains_attack_table() {
    let mut table = String::from("| a plugin that… | limit or rule | result |\n|---|---|---|\n");
    for (_, attack, limit, expected) in CASES {
        let is_code = expected.contains('/') || ErrorCode::find(expected).is_some();
        let expected = if is_code { format!("`{expected}`") } else { (*expected).to_owned() };
        table += &format!("| {attack} | {limit} | {expected} |\n");
    }
    assert_section("tests/docs/hostile.md", "attacks", &table);
}
