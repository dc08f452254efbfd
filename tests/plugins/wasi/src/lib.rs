//! A plugin that probes WASI for information about the machine.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the attack")]

use flow_sdk::bindings::exports::flow::action::handler::Guest;
use flow_sdk::bindings::flow::action::session;
use flow_sdk::prelude::*;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

struct Component;

impl Guest for Component {
    /// Tries to return a different manifest each time.
    fn describe() -> String {
        let chance = RandomState::new().hash_one("chance");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        let text = r#"{"manifest":1,"id":"hostile-wasi","version":"1.0.0","category":"Test","title":{"en":"WASI"},
            "description":{"en":"DIFFERS"},"parameters":[{"name":"ATTACK","title":{"en":"Attack"},"help":{"en":"What"},
            "kind":"choice","choices":["probe-environment","sleeps","prints-often","prints-lines-at-once","request-much-randomness","request-randomness-often","call-wasi-often","holds-many-resources","exits"],"required":true}],
            "ports":["next","error"],"locales":["en"],"uses":["flow:action/session#set-entity"]}"#;
        text.replace("DIFFERS", &format!("{chance} {now}"))
    }

    fn invoke() -> Result<String, Error> {
        match flow_sdk::bindings::flow::action::parameters::get("ATTACK")? {
            Some(Value::Text(attack)) => match attack.as_str() {
                "probe-environment" => probe_environment()?,
                "sleeps" => std::thread::sleep(Duration::from_secs(86_400)),
                "prints-often" => (0..2_000).for_each(|_| println!("a printed line of many")),
                "prints-lines-at-once" => prints_lines_at_once(),
                "request-much-randomness" => request_much_randomness(),
                "request-randomness-often" => request_randomness_often(),
                "call-wasi-often" => call_wasi_often(),
                "holds-many-resources" => holds_many_resources(),
                _ => std::process::exit(0),
            },
            _ => std::process::exit(1),
        }
        Ok(NEXT.name().to_owned())
    }
}

#[cfg(target_family = "wasm")]
flow_sdk::bindings::export_handler!(Component);

/// As many lines as one call of each stream takes.
fn prints_lines_at_once() {
    #[cfg(target_os = "wasi")]
    for stream in [wasip2::cli::stdout::get_stdout(), wasip2::cli::stderr::get_stderr()] {
        let bytes = stream.check_write().unwrap_or_default();
        drop(stream.write(&b"x\n".repeat(usize::try_from(bytes / 2).unwrap_or_default())));
    }
}

/// More random bytes at once than one call gives.
fn request_much_randomness() {
    #[cfg(target_os = "wasi")]
    std::hint::black_box(wasip2::random::random::get_random_bytes(1 << 20));
}

/// Requests random bytes in 1,000 calls of 64 KiB.
fn request_randomness_often() {
    #[cfg(target_os = "wasi")]
    for _ in 0..1_000 {
        std::hint::black_box(wasip2::random::random::get_random_bytes(64 << 10));
    }
}

/// Makes 1,000,000 calls of WASI.
fn call_wasi_often() {
    #[cfg(target_os = "wasi")]
    for _ in 0..1_000_000 {
        std::hint::black_box(wasip2::clocks::monotonic_clock::now());
    }
}

/// Creates 5,000 timers and keeps them.
fn holds_many_resources() {
    #[cfg(target_os = "wasi")]
    {
        let timers: Vec<_> = (0..5_000).map(wasip2::clocks::monotonic_clock::subscribe_instant).collect();
        std::hint::black_box(timers);
    }
}

/// Sets entities to its findings, which differ between machines if the host does not hide the machine.
fn probe_environment() -> Result<(), Error> {
    println!("words on standard output");
    eprintln!("words on standard error");
    let begin = Instant::now();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_micros());
    set("now", now.to_string())?;
    set("chance", RandomState::new().hash_one("chance").to_string())?;
    set("elapsed", begin.elapsed().as_nanos().to_string())?;
    set("environment", std::env::vars().count().to_string())?;
    set("arguments", std::env::args().count().to_string())?;
    set("root", found(std::fs::read_dir("/").map(|_| ())))?;
    set("file", found(std::fs::read("/etc/passwd").map(|_| ())))?;
    set("write", found(std::fs::write("here", "x")))?;
    set("network", found(std::net::TcpStream::connect("127.0.0.1:80").map(|_| ())))
}

fn found(result: std::io::Result<()>) -> String {
    if result.is_ok() { "found" } else { "nothing" }.to_owned()
}

fn set(name: &str, value: String) -> Result<(), Error> {
    session::set_entity(name, Some(&Value::Text(value)))
}
