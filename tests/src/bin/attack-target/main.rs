//! A host as a process, for tests that attack it: it reads a command a line and writes an answer a line, as soon as it has
//! one, in whatever order.
//!
//! A command has an `id`, which its answer repeats, and one of these members:
//! - `invoke`: a request as in a batch; the answer has `outcome` or `failure`, and `micros`, from the command to its end.
//! - `measure`: a list of such requests, each of which is invoked `times` times, one after the other, beside those of
//!   the others; the answer has `micros`, a list of all latencies.
//! - `attack`: an attack that goes on until it is stopped; see [`Attack`].
//! - `stop`: the id of an attack; the answer has `ends`, the number of invocations by their code or port.

#![allow(clippy::indexing_slicing, reason = "a test program")]
#![expect(clippy::print_stdout, reason = "the answers")]

mod attack;
#[allow(dead_code, reason = "the command line uses all of it")]
#[path = "../../../../host/cli/src/stderr.rs"]
mod stderr;
#[allow(dead_code, reason = "the command line uses all of it")]
#[path = "../../../../host/cli/src/terminal.rs"]
mod terminal;

use attack::Attack;
use flowhost::{Failure, Host, Limits, Outcome, Request, Session, store};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Time between two invocations of a neighbour.
const PAUSE: Duration = Duration::from_micros(500);

/// The host, and the attacks on it.
struct Target {
    host: Arc<Host>,
    attacks: Mutex<HashMap<String, Attack>>,
    /// The thread of all attacks. One thread leaves most of the processors to the host.
    attack_runtime: Runtime,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: attack-target APPLY.json CACHE [PLUGINS]";
    let (Some(apply), Some(cache)) = (arguments.next(), arguments.next()) else { return Err(usage.into()) };
    init_log()?;
    let store = store::MemoryStore::new();
    store::apply(&store, &std::fs::read_to_string(apply)?).await?;
    let mut builder = Host::builder().cache(cache).limits(limits());
    if let Some(plugins) = arguments.next() {
        builder = builder.plugins(plugins);
    }
    let attack_runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let host = Arc::new(builder.open(store).await?);
    let target = Arc::new(Target { host, attacks: Mutex::default(), attack_runtime });
    println!("{}", json!({ "id": "ready" }));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let target = Arc::clone(&target);
        tokio::spawn(async move {
            let answer = target.answer(&line).await;
            println!("{}", answer.unwrap_or_else(|error| json!({ "error": error.to_string() })));
        });
    }
    Ok(())
}

/// Writes the log as the command line does, if `FLOWHOST_LOG` has a filter.
fn init_log() -> Result<()> {
    let Ok(filter) = std::env::var("FLOWHOST_LOG") else { return Ok(()) };
    let filter = tracing_subscriber::EnvFilter::try_new(filter)?;
    let writer = || stderr::LogWriter(terminal::Style::default());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
    log.with_ansi(false).without_time().init();
    Ok(())
}

/// The defaults, except for the memory that `FLOWHOST_TARGET_MEMORY` sets, in bytes.
fn limits() -> Limits {
    let mut limits = Limits::default();
    let memory = std::env::var("FLOWHOST_TARGET_MEMORY").ok().and_then(|bytes| bytes.parse().ok());
    limits.host_memory_bytes = memory.unwrap_or(limits.host_memory_bytes);
    limits
}

impl Target {
    async fn answer(&self, line: &str) -> Result<Json> {
        let began = Instant::now();
        let command: Json = serde_json::from_str(line)?;
        let id = &command["id"];
        if let Some(request) = command.get("invoke") {
            let result = self.host.invoke(prepare(&self.host, request)?).await;
            let micros = micros(began.elapsed());
            return Ok(match result {
                Ok(outcome) => json!({ "id": id, "micros": micros, "outcome": outcome }),
                Err(failure) => json!({ "id": id, "micros": micros, "failure": failure }),
            });
        }
        let name = || id.as_str().unwrap_or_default().to_owned();
        if let Some(attack) = command.get("attack") {
            let attack = Attack::start(&self.host, self.attack_runtime.handle(), attack).await?;
            self.attacks.lock().unwrap_or_else(PoisonError::into_inner).insert(name(), attack);
            return Ok(json!({ "id": id }));
        }
        if let Some(attack) = command["stop"].as_str() {
            let attack = self.attacks.lock().unwrap_or_else(PoisonError::into_inner).remove(attack);
            return Ok(json!({ "id": id, "ends": attack.ok_or("no such attack")?.stop().await }));
        }
        let requests = command["measure"].as_array().ok_or("a command is missing")?;
        let times = command["times"].as_u64().unwrap_or(1);
        let requests = requests.iter().map(|request| prepare(&self.host, request)).collect::<Result<Vec<_>>>()?;
        Ok(json!({ "id": id, "micros": measure(&self.host, requests, times).await? }))
    }
}

/// Invokes each request so many times, on a thread of its own: no other task of a runtime delays a neighbour there.
async fn measure(host: &Arc<Host>, requests: Vec<Request>, times: u64) -> Result<Vec<u64>> {
    let mut measurements = Vec::new();
    for request in requests {
        let (host, (sender, measured)) = (Arc::clone(host), oneshot::channel());
        let measure = move || -> Result<Vec<u64>> {
            Builder::new_current_thread().enable_time().build()?.block_on(async {
                let mut all = Vec::new();
                for _ in 0..times {
                    tokio::time::sleep(PAUSE).await;
                    let began = Instant::now();
                    host.invoke(request.clone()).await?;
                    all.push(micros(began.elapsed()));
                }
                Ok(all)
            })
        };
        std::thread::Builder::new().spawn(move || drop(sender.send(measure())))?;
        measurements.push(measured);
    }
    let mut all = Vec::new();
    for measured in measurements {
        all.extend(measured.await??);
    }
    Ok(all)
}

fn prepare(host: &Host, request: &Json) -> Result<Request> {
    let parameters = request["parameters"].as_object().ok_or("no parameters")?;
    let node = host.prepare(request["action"].as_str().ok_or("no action")?, parameters)?;
    let prepared = Request::new(node, Session::from_value(request["session"].clone())?);
    Ok(request["key"].as_str().into_iter().fold(prepared, Request::with_key))
}

/// The code or port with which an invocation ended.
fn code_or_port(result: &std::result::Result<Outcome, Failure>) -> String {
    match result {
        Ok(Outcome { error: Some(error), .. }) => error.code.clone(),
        Ok(outcome) => outcome.port.clone(),
        Err(failure) => failure.code.clone(),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
