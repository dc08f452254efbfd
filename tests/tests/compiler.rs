//! Components that exhaust a compiler: the host rejects them, stays small, and serves other requests.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost::store::MemoryStore;
use flowhost::{Host, Limits};
use flowhost_tests::command::{TestEnv, binary};
use flowhost_tests::components::{adding_body, body_with_locals, branching_body, plugin, with_functions};
use flowhost_tests::tenants::{self, ALWAYS_ON, contact_request, session};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::time::{Duration, Instant};

/// Limit for the peak resident memory of a host that rejects the components, KiB.
const MAX_HOST_KIB: u64 = 256 << 10;

/// Limit for the time of a process that has no work.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Components of 0.03 to 7 MB that exhaust a compiler, with file names.
fn bombs() -> [(&'static str, Vec<u8>); 4] {
    let bomb = |bodies: &[Vec<u8>]| with_functions(plugin("acme-bomb", "1.0.0"), bodies);
    [
        ("one-huge-function.wasm", bomb(&[adding_body(7_000_000)])),
        ("many-functions.wasm", bomb(&vec![adding_body(50); 100_000])),
        ("many-locals.wasm", bomb(&vec![body_with_locals(50_000); 1_000])),
        ("many-locals-and-branches.wasm", bomb(&vec![branching_body(50_000, 200_000); 20])),
    ]
}

/// A component whose compilation takes seconds and gigabytes, although each of its functions is within the limits.
fn slow_component() -> Vec<u8> {
    with_functions(plugin("acme-slow", "1.0.0"), &vec![branching_body(4_000, 1_000_000); 4])
}

#[test]
fn a_host_stays_small_and_serves_a_neighbour_while_it_rejects_components() {
    let env = TestEnv::with_configuration(&tenants::apply());
    std::fs::create_dir(env.path("plugins")).unwrap();
    for (name, bomb) in bombs() {
        env.file(&format!("plugins/{name}"), bomb);
    }
    env.file("plugins/neighbour.wasm", plugin("acme-neighbour", "1.0.0"));
    let mut host = env.command(&["--plugins", "plugins", "invoke", "--batch"]).spawn().unwrap();
    let (mut requests, answers) = (host.stdin.take().unwrap(), BufReader::new(host.stdout.take().unwrap()));
    let mut log = host.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        text
    });
    let mut answers = answers.lines();
    let mut ask = |request: &Json| -> Json {
        writeln!(requests, "{request}").unwrap();
        serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap()
    };
    let contact = ask(&contact_request("acme", "u-1"))["entities"]["contact_id"].clone();
    let answer = ask(&json!({
        "action": "acme-neighbour",
        "session": session("acme", "u-1", json!({ "contact_id": contact })),
        "parameters": {
            "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "blocked",
        },
    }));
    assert_eq!((&answer["port"], &answer["entities"]["blocked"]), (&json!("next"), &json!(false)), "{answer}");
    let most = peak_memory_kib(host.id());
    drop(requests);
    assert!(host.wait().unwrap().success());
    let log = log.join().unwrap();
    for (name, _) in bombs() {
        let line = log.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} isn't in {log}"));
        assert!(line.contains("limit-component-size"), "{line}");
    }
    assert!(most <= MAX_HOST_KIB, "the host had {most} KiB");
}

#[test]
fn check_rejects_each_component() {
    let env = TestEnv::new();
    for (name, bomb) in bombs() {
        env.file(name, bomb);
        env.run(&["check", name]).assert_failure(1, &[name, "limit-component-size"]);
    }
}

#[tokio::test]
async fn a_compiler_ends_at_its_limits_of_memory_and_time() {
    let mut limits = Limits::default();
    // The value identifies the child processes of this host.
    limits.compile_memory_bytes = 201 << 20;
    let host = open(limits.clone()).await;
    assert_eq!(host.load(&slow_component()).unwrap_err().code, "limit-component-size");
    assert_eq!(children_with_argument("--compile-memory-bytes=210763776"), Vec::<u32>::new());
    assert_eq!(host.load(&plugin("acme-greeting", "1.0.0")).unwrap().manifest.id, "acme-greeting");

    limits.compile_memory_bytes = 2_001 << 20;
    limits.compile_time = Duration::from_millis(500);
    let host = open(limits).await;
    let began = Instant::now();
    assert_eq!(host.load(&slow_component()).unwrap_err().code, "limit-compile-time");
    assert!(began.elapsed() < TIME_LIMIT);
    assert_eq!(children_with_argument("--compile-memory-bytes=2098200576"), Vec::<u32>::new());
    let most = peak_memory_kib(std::process::id());
    assert!(most <= MAX_HOST_KIB, "the host had {most} KiB");
}

#[tokio::test]
async fn a_compiler_that_does_not_work_is_a_refusal() {
    for program in ["/nonexistent/flowhost", "/bin/true", "/bin/cat"] {
        let host = Host::builder().workers(1).without_built_in_actions().compiler(program);
        let host = host.open(MemoryStore::new()).await.unwrap();
        assert_eq!(host.load(&plugin("acme-greeting", "1.0.0")).unwrap_err().code, "component-invalid", "{program}");
    }
}

#[test]
fn a_compiler_ends_with_its_host() {
    let env = TestEnv::new();
    env.file("slow.wasm", slow_component());
    let mut host = env.command(&["check", "slow.wasm"]).env("FLOWHOST_CACHE", env.path("cache")).spawn().unwrap();
    // The shipped actions are compiled first. A compiler with more than 20 ticks of CPU time has the slow component.
    let compiler = wait_until(|| {
        let child = children_of(host.id()).into_iter().next()?;
        (cpu_ticks(child)? > 20).then_some(child)
    });
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until(|| (state(compiler).is_none_or(|state| state == 'Z')).then_some(()));
}

async fn open(limits: Limits) -> Host {
    let host = Host::builder().workers(1).limits(limits).without_built_in_actions().compiler(binary());
    host.open(MemoryStore::new()).await.unwrap()
}

/// Calls `look` until it returns a value.
fn wait_until<T>(look: impl Fn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Some(found) => return found,
            None => assert!(began.elapsed() < TIME_LIMIT, "the condition does not hold within the time limit"),
        }
        std::thread::yield_now();
    }
}

/// The peak resident memory of a process, KiB.
fn peak_memory_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The fields of `/proc/PID/stat` after the name: the state, the parent, and so on.
fn stat(process: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

fn state(process: u32) -> Option<char> {
    stat(process)?[0].chars().next()
}

fn cpu_ticks(process: u32) -> Option<u64> {
    stat(process)?[11].parse().ok()
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let processes = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|process| stat(*process).is_some_and(|stat| stat[1] == parent.to_string())).collect()
}

/// The child processes of this process that have this argument.
fn children_with_argument(argument: &str) -> Vec<u32> {
    let mut children = children_of(std::process::id());
    children.retain(|child| {
        let arguments = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
        arguments.split('\0').any(|own| own == argument)
    });
    children
}
