//! Every deed: what it does, the bound that it meets, how it ends, and the proof. The README's matrix comes from here.

use crate::plugins;
use crate::proofs::{self, ends, ends_with, not_loaded, refused, stops, too_much};
use crate::world::World;
use flowhost::invocation::codes::CODES;
use std::time::Duration;

/// A row a deed: the name of its test, what the plugin does, the bound or rule, the code or words of its end, the proof.
macro_rules! deeds {
    ($($test:ident: $does:literal, $bound:literal, $ends:literal => $proof:expr;)*) => {
        const DEEDS: &[(&str, &str, &str, &str)] = &[$((stringify!($test), $does, $bound, $ends)),*];

        $(#[tokio::test]
        async fn $test() {
            ($proof)($ends).await;
        })*
    };
}

deeds! {
    computes: "computes for ever", "time of computing", "limit-cpu" => |code| ends("computes", code);
    computes_a_while: "computes for a while beside processes that take the processors", "time of computing",
        "it ends as if it were alone" => |_| proofs::computes_a_while();
    computes_in_calls: "computes for ever, host calls in between", "time of computing", "limit-cpu"
        => |code| ends_with(|limits| limits.host_calls = u64::MAX, "computes-in-calls", code);
    computes_while_writing: "computes for ever in the middle of writes", "time of computing", "limit-cpu"
        => |code| ends("computes-while-writing", code);
    waits: "waits for ever in a host call", "whole run", "limit-deadline" => proofs::waits;
    sleeps: "sleeps for a day", "whole run", "limit-deadline" => crate::wasi::sleeps;
    calls_often: "makes a million host calls", "host calls", "limit-host-calls" => |code| ends("calls-often", code);
    recurses_natively: "recurses for ever", "stack", "limit-stack" => |code| stops("recurses-natively", code);
    recurses: "recurses for ever on a stack that its compiler made", "its own memory", "plugin-trap"
        => |code| ends("recurses", code);
    hoards_bit_by_bit: "hoards memory bit by bit", "memory", "limit-memory" => |code| ends("hoards-bit-by-bit", code);
    hoards_at_once: "hoards 100 MiB at once", "memory", "limit-memory" => |code| ends("hoards-at-once", code);
    starts_large: "begins with more memory than there is", "memory", "limit-memory" => |code| refused("starts-large", code);
    grows_a_table: "grows a table for ever", "elements of a table", "limit-tables" => |code| stops("grows-a-table", code);
    has_many_tables: "has 33 tables", "tables", "limit-tables" => |code| refused("has-many-tables", code);
    hoards_tables: "has all the tables it may have, in every place of a worker", "time of computing", "limit-cpu"
        => proofs::hoards_tables;
    sends_much_at_once: "sends 20 MiB to a host function", "bytes of one host call", "limit-host-bytes"
        => |code| ends("sends-much-at-once", code);
    sends_much_in_all: "sends 10 MiB, and 10 MiB again", "bytes of all host calls", "limit-host-bytes"
        => |code| ends("sends-much-in-all", code);
    names_parameters_at_length: "warns of parameters with names of 12 MiB", "bytes of all host calls", "limit-host-bytes"
        => |code| ends("names-parameters-at-length", code);
    returns_much: "returns 20 MiB", "bytes of one host call", "limit-host-bytes" => |code| ends("returns-much", code);
    returns_one_text_often: "returns the same 60 KB two thousand times", "bytes of one host call", "limit-host-bytes"
        => |code| stops("returns-one-text-often", code);
    sets_many_entities: "sets 2,000 entities", "entities", "limit-entities" => |code| ends("sets-many-entities", code);
    sets_a_large_value: "sets an entity of 2 MiB", "value of an entity", "limit-value-size"
        => |code| ends("sets-a-large-value", code);
    nests_an_expression: "composes an expression of 4,000 parentheses", "expression", "expression-too-large"
        => |code| ends("nests-an-expression", code);
    chains_an_expression: "composes an expression of 4,500 sums", "expression", "expression-too-large"
        => |code| ends("chains-an-expression", code);
    evaluates_often: "evaluates 2,000 expressions that are at their limit", "steps of all expressions", "expression-too-large"
        => |code| ends("evaluates-often", code);
    evaluates_large_texts: "evaluates 1,000 texts of 1 MB", "steps of all expressions", "expression-too-large"
        => |code| ends("evaluates-large-texts", code);
    repeats_a_failure: "asks 9,000 times for a parameter that fails after long work", "steps of all expressions",
        "expression-too-large" => proofs::repeats_a_failure;
    sets_many_nodes: "sets entities to lists of 500,000 numbers", "bytes of all host calls", "limit-host-bytes"
        => |code| ends("sets-many-nodes", code);
    logs_often: "logs 5,000 lines", "log lines", "1,000 are kept, the rest is counted" => |_| proofs::logs_often();
    logs_at_length: "logs 1,000 lines of 4 KB", "bytes of log", "64 KiB are kept, the rest is counted"
        => |_| proofs::logs_at_length();
    prints_often: "prints 2,000 lines", "log lines", "1,000 are kept, the rest is counted" => |_| crate::wasi::prints_often();
    forges_a_line: "logs a line that holds another one", "log lines", "the other one is set in"
        => |_| proofs::forges_a_line();
    warns_often: "warns 1,000 times", "warnings", "100 are kept, the rest is counted" => |_| proofs::warns_often();
    warns_at_length: "warns in 1 MiB", "warnings", "the beginning is kept" => |_| proofs::warns_at_length();

    panics: "panics", "—", "plugin-trap" => proofs::panics;
    traps_while_writing: "traps in the middle of writes", "—", "plugin-trap" => |code| ends("traps-while-writing", code);
    refuses_while_writing: "refuses in the middle of writes", "—", "acme/changed-its-mind"
        => |code| ends("refuses-while-writing", code);
    writes_and_tells: "logs, warns and writes what others write at that moment", "running again when stale",
        "one effect, one warning, one line" => |_| crate::stale::writes_and_tells();
    reads_two: "reads two contacts, of which others change the first in between", "running again when stale",
        "both as they are at one moment" => |_| crate::stale::reads_two();
    is_always_too_late: "finds each time that others were first", "running again when stale", "store-conflict"
        => crate::stale::is_always_too_late;
    is_overtaken_by_a_rule: "finds that a rule refuses now what it wrote", "running again when stale", "contact-in-dnd"
        => crate::stale::is_overtaken_by_a_rule;
    takes_much_chance: "asks for 1 MiB of random bytes", "64 KiB a call", "plugin-trap"
        => crate::wasi::takes_much_chance;
    takes_chance_often: "asks for 64 MB of random bytes", "bytes of all host calls", "limit-host-bytes"
        => crate::wasi::takes_chance_often;
    asks_often: "makes a million calls of WASI", "host calls", "limit-host-calls" => crate::wasi::asks_often;
    holds_many_resources: "holds 5,000 resources of WASI", "resources of WASI", "limit-tables"
        => crate::wasi::holds_many_resources;
    exits: "exits", "—", "plugin-trap" => crate::wasi::exits;
    returns_from_nowhere: "returns a text outside its memory", "—", "plugin-trap" => |code| stops("returns-from-nowhere", code);
    returns_no_text: "returns bytes that are no text", "—", "plugin-trap" => |code| stops("returns-no-text", code);
    leaves_by_no_port: "leaves by a port that it doesn't have", "manifest", "plugin-contract"
        => |code| ends("leaves-by-no-port", code);
    leaves_by_error: "leaves by `error` as if all were well", "manifest", "plugin-contract"
        => |code| ends("leaves-by-error", code);
    refuses_without_slash: "refuses with a code of its own without a slash", "codes", "plugin-contract"
        => |code| ends("refuses-without-slash", code);
    refuses_with_a_fault: "refuses with the code of a fault", "codes", "plugin-contract"
        => |code| ends("refuses-with-a-fault", code);
    refuses_with_an_escape: "refuses with a code that a terminal obeys", "codes", "plugin-contract"
        => |code| ends("refuses-with-an-escape", code);
    warns_with_an_escape: "warns with a code that reads from right to left", "codes", "plugin-contract"
        => |code| ends("warns-with-an-escape", code);
    hides_characters: "logs characters that a terminal obeys", "log lines", "they are escaped"
        => |_| proofs::hides_characters();
    reads_what_is_undeclared: "reads a parameter that it doesn't declare", "manifest", "plugin-contract"
        => |code| ends("reads-what-is-undeclared", code);
    sets_an_input: "sets a parameter that is no entity-out", "manifest", "plugin-contract"
        => |code| ends("sets-an-input", code);
    calls_what_it_does_not_use: "calls a function outside its `uses`", "manifest", "plugin-contract"
        => |code| ends("calls-what-it-does-not-use", code);
    sets_no_number: "sets an entity to NaN", "types", "entity-type" => |code| ends("sets-no-number", code);
    sets_no_json: "sets an entity to broken JSON", "types", "entity-type" => |code| ends("sets-no-json", code);
    sets_nested_json: "sets an entity to 500,000 brackets", "bytes of all host calls", "limit-host-bytes" => |code| ends("sets-nested-json", code);
    sets_a_large_integer: "sets an entity to JSON with an integer beyond 64 bits", "types", "entity-type"
        => |code| ends("sets-a-large-integer", code);
    sets_another_type: "sets an entity-out to another type", "manifest", "entity-type"
        => |code| ends("sets-another-type", code);

    reads_anothers_contact: "reads another tenant's contact", "tenant", "contact-not-found" => proofs::reads_anothers_contact;
    blocks_anothers_contact: "blocks another tenant's contact", "tenant", "contact-not-found"
        => proofs::blocks_anothers_contact;
    uses_anothers_campaign: "uses another tenant's campaign", "tenant", "campaign-not-found" => proofs::uses_anothers_campaign;
    cancels_anothers_record: "cancels another tenant's record", "tenant", "nothing is cancelled"
        => |_| proofs::cancels_anothers_record();
    looks_around: "looks for clocks, chance, files, environment and network", "capabilities", "nothing is found"
        => |_| crate::wasi::looks_around();

    describes_by_calling: "calls the host from `describe`", "contract", "plugin-contract"
        => |code| refused("describes-by-calling", code);
    describes_by_chance: "describes itself by clock and chance", "capabilities", "it is the same each time"
        => |_| crate::wasi::describes_by_chance();
    describes_for_ever: "computes for ever in `describe`", "time of computing", "limit-cpu"
        => |code| refused("describes-for-ever", code);
    describes_by_waiting: "sleeps for a day in `describe`", "whole run", "limit-deadline" => proofs::describes_by_waiting;
    describes_at_length: "describes itself in 20 MiB", "bytes of one host call", "limit-host-bytes"
        => |code| refused("describes-at-length", code);
    describes_in_nonsense: "describes itself with no manifest", "contract", "plugin-contract"
        => |code| refused("describes-in-nonsense", code);
    tests_a_reference: "tests the type of a function reference", "—", "component-invalid"
        => |code| refused("tests-a-reference", code);
    calls_by_a_subtype: "calls a function by a type that others extend", "—", "component-invalid"
        => |code| refused("calls-by-a-subtype", code);
    waits_for_an_address: "waits until another thread wakes it", "—", "component-invalid"
        => |code| refused("waits-for-an-address", code);
    traps_at_start: "traps when it is instantiated", "—", "plugin-trap" => |code| refused("traps-at-start", code);
    computes_at_start: "computes for ever when it is instantiated", "time of computing", "limit-cpu"
        => |code| refused("computes-at-start", code);
    is_for_another_world: "is a component of another world", "contract", "component-contract"
        => |code| not_loaded(b"\0asm\x0d\0\x01\0", code);
    is_a_core_module: "is no component but a core module", "—", "component-invalid"
        => |code| not_loaded(b"\0asm\x01\0\0\0", code);
    is_no_webassembly: "is no WebAssembly", "—", "component-invalid" => |code| not_loaded(b"#!/bin/sh", code);
    is_cut_short: "is half a component", "—", "component-invalid" => proofs::cut_short;
    is_large: "is larger than a component may be", "size of a component", "limit-component-size"
        => |code| too_much(|limits| limits.component_bytes = 1_000, code);
    compiles_slowly: "takes too long to compile", "time to compile", "limit-compile-time"
        => |code| too_much(|limits| limits.compile_time = Duration::from_nanos(1), code);

    floods: "comes 50 times at once, from one tenant", "invocations of a tenant", "overloaded" => proofs::floods;
    queues_too_long: "waits behind what waits for ever", "time to wait for its turn", "overloaded"
        => proofs::queues_too_long;
    is_left_alone: "is left by its caller while it waits", "—", "nothing happened" => |_| proofs::is_left_alone();
    meets_a_broken_store: "meets a store that fails", "—", "store-unavailable" => proofs::meets_a_broken_store;
    brings_much: "brings a session of 5 MB", "session and parameters", "request-too-large" => proofs::brings_much;
    brings_many_entities: "brings a session of 1,001 entities", "entities", "session-invalid" => proofs::brings_many_entities;
}

/// A test has the name of its deed or component, with `_` for `-`.
#[tokio::test]
async fn every_deed_has_a_test() {
    let mut deeds = plugins::names();
    deeds.retain(|name| !name.starts_with("hostile"));
    let host = World::new().await.host;
    for plugin in ["hostile", "hostile-wasi"] {
        let action = host.load(&plugins::component(plugin)).unwrap();
        deeds.extend(action.manifest.parameter("DEED").unwrap().1.choices.iter().cloned());
    }
    assert!(deeds.len() > 40, "{deeds:?}");
    deeds.retain(|deed| !DEEDS.iter().any(|(test, ..)| deed.replace('-', "_") == *test));
    assert_eq!(deeds, Vec::<String>::new(), "these have no test");
}

#[test]
fn the_readme_holds_the_matrix() {
    let mut table = String::from("| a plugin that… | meets | and ends with |\n|---|---|---|\n");
    for (_, does, bound, ends) in DEEDS {
        let is_code = ends.contains('/') || CODES.iter().any(|(code, ..)| code == ends);
        let ends = if is_code { format!("`{ends}`") } else { (*ends).to_owned() };
        table += &format!("| {does} | {bound} | {ends} |\n");
    }
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&table), "put this table under Hostile plugins:\n\n{table}");
}
