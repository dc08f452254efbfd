//! The table of limits, with the defaults that the code has.

use crate::generated::assert_section;
use flowhost::Limits;
use std::collections::BTreeMap;

/// A row of the table.
struct Row {
    limit: &'static str,
    /// `{field}` stands for the default of this field of `Limits`.
    default: &'static str,
    beyond: &'static str,
    /// The fields of `Limits` that set the limit. Empty: the limit is a constant.
    settings: &'static [&'static str],
}

const fn row(
    limit: &'static str,
    default: &'static str,
    beyond: &'static str,
    settings: &'static [&'static str],
) -> Row {
    Row { limit, default, beyond, settings }
}

const ROWS: &[Row] = &[
    row("memory of an instance", "{memory_bytes}", "`limit-memory`", &["memory_bytes"]),
    row("memories of an instance", "{memories}", "`limit-memory`", &["memories"]),
    row("tables of an instance", "{tables}", "`limit-tables`", &["tables"]),
    row("core instances of a component", "{core_instances}", "`limit-tables`", &["core_instances"]),
    row("elements of a table", "{table_elements}", "`limit-tables`", &["table_elements"]),
    row("CPU time of a run", "{cpu_time}", "`limit-cpu`", &["cpu_time"]),
    row(
        "whole run, until its writes enter the commit queue",
        "{invocation_timeout}",
        "`limit-deadline`",
        &["invocation_timeout"],
    ),
    row("host calls of a run", "{host_calls}", "`limit-host-calls`", &["host_calls"]),
    row("bytes of one host call, and of all together", "{host_call_bytes}", "`limit-host-bytes`", &["host_call_bytes"]),
    row("resources of WASI at once", "1,000", "`limit-tables`", &[]),
    row("random bytes of one WASI call", "64 KiB", "`plugin-trap`", &[]),
    row("random bytes of one call of `session#random-bytes`", "64 KiB", "`limit-host-bytes`", &[]),
    row("ids or records that one call lists", "1,000", "`parameter-invalid`", &[]),
    row("variables of one call of `expressions#evaluate-with`", "100", "`parameter-invalid`", &[]),
    row("stack of the guest", "{stack_bytes}", "`limit-stack`", &["stack_bytes"]),
    row("steps of one expression", "200,000", "`expression-too-large`", &[]),
    row("steps of all expressions of a run", "{evaluation_steps}", "`expression-too-large`", &["evaluation_steps"]),
    row("value of an entity", "{value_bytes}", "`limit-value-size`, `session-invalid`", &["value_bytes"]),
    row("entities of a session", "{entities}", "`limit-entities`, `session-invalid`", &["entities"]),
    row("session and parameters", "{request_bytes}", "`request-too-large`", &["request_bytes"]),
    row("memory of a request's lists and objects", "64 MiB", "`request-too-large`", &[]),
    row("lists and objects in a node's parameters", "10,000", "`request-too-large`", &[]),
    row("elements of a list parameter", "100", "`parameter-invalid`", &[]),
    row("parameters of a node", "200", "`parameter-invalid`", &[]),
    row("tokens of a node's expressions together", "about 150,000", "`parameter-invalid`", &[]),
    row("component", "{component_bytes}", "`limit-component-size`", &["component_bytes"]),
    row("time to compile a component", "{compile_time}", "`limit-compile-time`", &["compile_time"]),
    row(
        "memory to compile a component, in a child process",
        "{compile_memory_bytes}",
        "`limit-component-size`",
        &["compile_memory_bytes"],
    ),
    row("manifest; its parameters; its ports", "256 KiB; 200; 32", "`plugin-contract`", &[]),
    row("log lines of a run", "{log_lines}", "dropped and counted", &["log_lines"]),
    row(
        "bytes of a log line, and of a run's log, escaped and with the names on each line",
        "4 KiB, {log_bytes}",
        "the line is cut; further lines are dropped and counted",
        &["log_bytes"],
    ),
    row(
        "log of a tenant in a second, with a burst of four seconds",
        "{log_lines_per_second} lines, {log_bytes_per_second}",
        "dropped and counted",
        &["log_lines_per_second", "log_bytes_per_second"],
    ),
    row("warnings of a run", "{warnings}", "dropped and counted", &["warnings"]),
    row("code and parameter of a warning; its message", "128 bytes; 4 KiB", "it is cut", &[]),
    row("running invocations of a tenant", "{in_flight_per_tenant}", "the invocation waits", &["in_flight_per_tenant"]),
    row("waiting invocations of a tenant", "{queued_per_tenant}", "`overloaded`", &["queued_per_tenant"]),
    row("time that an invocation waits", "{queue_timeout}", "`overloaded`", &["queue_timeout"]),
    row("live instances of a worker", "{instances_per_worker}", "the invocation waits", &["instances_per_worker"]),
    row(
        "instance permits and memory of a tenant, beside others and alone",
        "an eighth, a half; and no more permits than are free",
        "the invocation waits",
        &[],
    ),
    row(
        "memory of all invocations",
        "half of the machine's, or of its control group's",
        "the invocation waits, or `overloaded`",
        &["host_memory_bytes"],
    ),
    row(
        "memory of all requests that wait; of those of one tenant",
        "a quarter of the memory of all invocations; a quarter of the tenant's part",
        "`overloaded`",
        &[],
    ),
    row("retries after a conflict", "{max_retries}", "`store-conflict`", &["max_retries"]),
    row("idempotency key", "1 to 256 bytes without NUL", "`request-invalid`", &[]),
    row(
        "lifetime of an idempotency key, by the store's clock",
        "{idempotency_key_ttl}",
        "the key can be used again",
        &["idempotency_key_ttl"],
    ),
    row("outcome under an idempotency key", "{outcome_bytes}", "`limit-value-size`", &["outcome_bytes"]),
    row(
        "stored bytes of a tenant: contacts, records, do-not-disturb entries, keys",
        "{stored_bytes}",
        "`quota`",
        &["stored_bytes"],
    ),
    row("steps of a flow", "1,000", "`limit-steps`", &[]),
    row("flow file; its nodes; its wires", "16 MiB; 10,000; 20,000", "`request-invalid`", &[]),
    row("apply file", "64 MiB", "`apply-invalid`", &[]),
    row("name, identifier, correlator, reason of a do-not-disturb entry", "256 characters", "`value-too-large`", &[]),
    row("message of a record", "64 KiB", "`value-too-large`", &[]),
    row("additional data of a record", "256 KiB", "`value-too-large`", &[]),
    row("name of a channel", "64 characters", "`apply-invalid`", &[]),
];

/// The default of each field of `Limits`, by the name of the field. The type is non-exhaustive: outside its crate, only
/// its `Debug` output lists the fields.
fn defaults() -> BTreeMap<String, String> {
    let text = format!("{:?}", Limits::default());
    let fields = text.strip_prefix("Limits { ").and_then(|fields| fields.strip_suffix(" }")).unwrap();
    let fields = fields.split(", ").map(|field| field.split_once(": ").unwrap());
    fields.map(|(name, value)| (name.to_owned(), readable(name, value))).collect()
}

/// A value of `Debug` output in readable form: `67108864` of `memory_bytes` as `64 MiB`.
fn readable(name: &str, value: &str) -> String {
    match value.parse() {
        Ok(number) if name.contains("bytes") => bytes(number),
        Ok(number) => with_separators(number),
        Err(_) => duration(value),
    }
}

fn bytes(number: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| number > 0 && number.is_multiple_of(1 << shift));
    unit.map_or_else(
        || format!("{} bytes", with_separators(number)),
        |(unit, shift)| format!("{} {unit}", number >> shift),
    )
}

fn with_separators(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration from its `Debug` output: `200ms` as `200 ms`, `604800s` as `7 days`.
fn duration(text: &str) -> String {
    const DAY_SECONDS: u64 = 24 * 60 * 60;
    let (number, unit) = text.split_at(text.find(char::is_alphabetic).unwrap());
    match number.parse::<u64>() {
        Ok(seconds) if unit == "s" && seconds.is_multiple_of(DAY_SECONDS) => format!("{} days", seconds / DAY_SECONDS),
        _ => format!("{number} {unit}"),
    }
}

#[test]
fn page_states_the_default_limits() {
    let defaults = defaults();
    let mut table = String::from("| limit | default | beyond it | setting |\n|---|---|---|---|\n");
    for Row { limit, default, beyond, settings } in ROWS {
        let mut default = (*default).to_owned();
        for name in *settings {
            let value = defaults.get(*name).unwrap_or_else(|| panic!("`Limits` has no field {name}"));
            default = default.replace(&format!("{{{name}}}"), value);
        }
        assert!(!default.contains('{'), "{limit}: {default}");
        let settings: Vec<_> = settings.iter().map(|name| format!("`{name}`")).collect();
        let settings = if settings.is_empty() { "–".to_owned() } else { settings.join(", ") };
        table += &format!("| {limit} | {default} | {beyond} | {settings} |\n");
    }
    assert_section("host/docs/limits.md", "limits", &table);
}

#[test]
fn page_lists_every_setting() {
    let mut listed: Vec<&str> = ROWS.iter().flat_map(|row| row.settings).copied().collect();
    listed.sort_unstable();
    let defaults = defaults();
    assert_eq!(listed, defaults.keys().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn values_are_readable() {
    assert_eq!(readable("memory_bytes", "67108864"), "64 MiB");
    assert_eq!(readable("memory_bytes", "1000000"), "1,000,000 bytes");
    assert_eq!(readable("entities", "1000"), "1,000");
    assert_eq!(readable("entities", "8"), "8");
    assert_eq!(readable("cpu_time", "200ms"), "200 ms");
    assert_eq!(readable("compile_time", "60s"), "60 s");
    assert_eq!(readable("idempotency_key_ttl", "604800s"), "7 days");
}
