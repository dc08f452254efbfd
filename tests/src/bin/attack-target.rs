//! A host as a process, for tests that attack it. It reads one command per line and writes one answer per line, in the
//! order of completion.
//!
//! A command has an `id`, which its answer repeats, and one of these members:
//! - `invoke`: a request as in a batch. The answer has `outcome` or `failure`, and the elapsed time `micros`.
//! - `measure`: a request that is invoked `times` times, one after the other. The answer has the list `micros`.

#![expect(clippy::print_stdout, reason = "the answers")]

use flowhost::{Failure, Host, Limits, Outcome, Request, Session, store};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: attack-target APPLY.json CACHE [PLUGINS]";
    let (Some(apply), Some(cache)) = (arguments.next(), arguments.next()) else { return Err(usage.into()) };
    let store = store::MemoryStore::new();
    store::apply(&store, &std::fs::read_to_string(apply)?).await?;
    let mut builder = Host::builder().cache(cache).limits(limits());
    if let Some(plugins) = arguments.next() {
        builder = builder.plugins(plugins);
    }
    let host = Arc::new(builder.open(store).await?);
    println!("{}", json!({ "id": "ready" }));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let host = Arc::clone(&host);
        tokio::spawn(async move {
            let answer = answer(&host, &line).await;
            println!("{}", answer.unwrap_or_else(|error| json!({ "error": error.to_string() })));
        });
    }
    Ok(())
}

/// The default limits. `FLOWHOST_TARGET_MEMORY` replaces the limit for the memory of all invocations, in bytes.
fn limits() -> Limits {
    let mut limits = Limits::default();
    let memory = std::env::var("FLOWHOST_TARGET_MEMORY").ok().and_then(|bytes| bytes.parse().ok());
    limits.host_memory_bytes = memory.unwrap_or(limits.host_memory_bytes);
    limits
}

async fn answer(host: &Host, line: &str) -> Result<Json> {
    let began = Instant::now();
    let command: Json = serde_json::from_str(line)?;
    let id = command.get("id");
    if let Some(request) = command.get("invoke") {
        let result = invoke(host, request).await?;
        let micros = micros(began.elapsed());
        return Ok(match result {
            Ok(outcome) => json!({ "id": id, "micros": micros, "outcome": outcome }),
            Err(failure) => json!({ "id": id, "micros": micros, "failure": failure }),
        });
    }
    let request = command.get("measure").ok_or("a command has `invoke` or `measure`")?;
    let mut all = Vec::new();
    for _ in 0..command.get("times").and_then(Json::as_u64).unwrap_or(1) {
        let began = Instant::now();
        invoke(host, request).await??;
        all.push(micros(began.elapsed()));
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    Ok(json!({ "id": id, "micros": all }))
}

async fn invoke(host: &Host, request: &Json) -> Result<std::result::Result<Outcome, Failure>> {
    let parameters = request["parameters"].as_object().ok_or("no parameters")?;
    let node = host.prepare(request["action"].as_str().ok_or("no action")?, parameters)?;
    let request = Request::new(node, Session::from_value(request["session"].clone())?);
    Ok(host.invoke(request).await)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
