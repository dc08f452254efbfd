//! The attacked process and its measurements.

use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

pub(crate) const CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";

/// Rounds of a measurement; the limit for the latency must hold in at least one. Another process may disturb a round,
/// but a host that violates the limit violates it in each.
const ROUNDS: usize = 12;

/// Tenants that attack, and tenants that are neighbours, beside the three by name.
const MORE_TENANTS: usize = 64;

/// One process at a time, so that none disturbs the others' measurements.
static EXCLUSIVE: Mutex<()> = Mutex::new(());

/// The process. It is killed on drop.
pub(crate) struct Target {
    _alone: MutexGuard<'static, ()>,
    child: Child,
    commands: ChildStdin,
    /// The log, if the process has one. Nobody reads it until a test takes it.
    log: Option<ChildStderr>,
    answers: Lines<BufReader<ChildStdout>>,
    other_answers: HashMap<String, Json>,
    next: u64,
    _folder: TempDir,
}

impl Target {
    pub(crate) fn start() -> Self {
        Self::with(None, None)
    }

    /// Starts the process with a folder of plugins and with a limit for the memory of all invocations, bytes.
    pub(crate) fn with(plugins: Option<&Path>, memory: Option<usize>) -> Self {
        Self::spawn(plugins, memory, None)
    }

    /// With the hostile plugins and a log of this filter. The log goes to a pipe.
    pub(crate) fn with_log(filter: &str) -> Self {
        Self::spawn(Some(&crate::plugins::FOLDER), None, Some(filter))
    }

    fn spawn(plugins: Option<&Path>, memory: Option<usize>, log: Option<&str>) -> Self {
        let alone = EXCLUSIVE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = TempDir::new().unwrap();
        let apply = folder.path().join("apply.json");
        std::fs::write(&apply, configuration().to_string()).unwrap();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attacked-cache");
        let mut command = Command::new(env!("CARGO_BIN_EXE_attack-target"));
        command.arg(apply).arg(cache).args(plugins);
        command.envs(memory.map(|bytes| ("FLOWHOST_TARGET_MEMORY", bytes.to_string())));
        command.env_remove("FLOWHOST_LOG").envs(log.map(|filter| ("FLOWHOST_LOG", filter)));
        if log.is_some() {
            command.stderr(Stdio::piped());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let (commands, log) = (child.stdin.take().unwrap(), child.stderr.take());
        let other_answers = HashMap::new();
        let mut target = Self { _alone: alone, child, commands, log, answers, other_answers, next: 0, _folder: folder };
        target.wait("ready");
        // The first invocation initialises caches and pools.
        let id = target.invoke(&neighbour("other"));
        target.wait(&id);
        target
    }

    /// Sends a request and returns the id of its answer.
    pub(crate) fn invoke(&mut self, request: &Json) -> String {
        self.send(json!({ "invoke": request }))
    }

    /// Waits for the answer with this id.
    pub(crate) fn wait(&mut self, id: &str) -> Json {
        loop {
            if let Some(answer) = self.other_answers.remove(id) {
                return answer;
            }
            let line = self.answers.next().expect("the process goes on").unwrap();
            let answer: Json = serde_json::from_str(&line).unwrap();
            let id = answer["id"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned();
            self.other_answers.insert(id, answer);
        }
    }

    /// Sends a request and waits. Returns the code of its error or failure, otherwise its port.
    pub(crate) fn code_or_port_of(&mut self, request: &Json) -> String {
        let id = self.invoke(request);
        code_or_port(&self.wait(&id))
    }

    /// Latencies of neighbours that invoke so many times each, one after the other, in microseconds and in order.
    fn measure(&mut self, requests: &[Json], times: usize) -> Vec<u64> {
        let id = self.send(json!({ "measure": requests, "times": times }));
        let answer = self.wait(&id);
        let micros = answer["micros"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let mut micros: Vec<u64> = micros.iter().map(|micros| micros.as_u64().unwrap()).collect();
        micros.sort_unstable();
        micros
    }

    /// Asserts that a neighbour's 99th percentile beside `attack` is at most twice that without it, or 1 ms more. All
    /// attacks are answered before the next round.
    pub(crate) fn assert_neighbour_unharmed(&mut self, attack: &[Json], times: usize) {
        let request = [neighbour("third")];
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let alone = percentile_99(&self.measure(&request, times));
            let attacks: Vec<_> = attack.iter().map(|request| self.invoke(request)).collect();
            let beside = percentile_99(&self.measure(&request, times));
            attacks.iter().for_each(|id| drop(self.wait(id)));
            if is_within_promise(alone, beside) {
                return;
            }
            rounds.push((alone, beside));
        }
        panic!("99th percentiles in microseconds, alone and beside the attack: {rounds:?}");
    }

    /// Starts an attack; its id. Each of its callers has entered its first invocation into the host.
    pub(crate) fn start_attack(&mut self, attack: &Json) -> String {
        let id = self.send(json!({ "attack": attack }));
        let answer = self.wait(&id);
        assert_eq!(answer, json!({ "id": id }));
        id
    }

    /// Stops an attack; the number of its invocations by the code or port with which they ended.
    pub(crate) fn stop_attack(&mut self, attack: &str) -> Json {
        let id = self.send(json!({ "stop": attack }));
        self.wait(&id)["ends"].clone()
    }

    /// Asserts that the 99th percentile of neighbours beside these attacks is at most twice that without them, or 1 ms
    /// more, in one of [`ROUNDS`]. The attacks start in their order, and stop after each round. Returns the ends of each,
    /// see [`Target::stop_attack`].
    pub(crate) fn assert_neighbours_unharmed(&mut self, tenants: &[&str], attacks: &[Json], times: usize) -> Vec<Json> {
        let requests: Vec<_> = tenants.iter().map(|tenant| neighbour(tenant)).collect();
        let (mut least, mut rounds) = (u64::MAX, Vec::new());
        for _ in 0..ROUNDS {
            let alone = percentile_99(&self.measure(&requests, times));
            let started: Vec<_> = attacks.iter().map(|attack| self.start_attack(attack)).collect();
            let beside = percentile_99(&self.measure(&requests, times));
            let ends = started.iter().map(|attack| self.stop_attack(attack)).collect();
            rounds.push((alone, beside));
            // A disturbance of the measurement without the attack does not justify a higher latency beside it.
            least = least.min(alone);
            if is_within_promise(least, beside) {
                return ends;
            }
        }
        panic!("99th percentiles in microseconds, alone and beside the attack: {rounds:?}");
    }

    /// Asserts the same for an attack that begins with work which is not part of it, and cannot be stopped: one of the
    /// rounds comes after that work.
    pub(crate) fn assert_neighbour_unharmed_in_the_end(&mut self, attack: &Json, times: usize) {
        let request = [neighbour("third")];
        let alone = percentile_99(&self.measure(&request, times));
        self.start_attack(attack);
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let beside = percentile_99(&self.measure(&request, times));
            if is_within_promise(alone, beside) {
                return;
            }
            rounds.push(beside);
        }
        panic!("99th percentiles in microseconds, {alone} alone, and beside the attack: {rounds:?}");
    }

    /// The log, which nobody has read so far.
    pub(crate) fn take_log(&mut self) -> ChildStderr {
        self.log.take().expect("the process has a log")
    }

    /// The greatest resident memory so far, bytes.
    pub(crate) fn peak_memory(&self) -> usize {
        peak_memory(self.child.id())
    }

    fn send(&mut self, mut command: Json) -> String {
        let id = self.next.to_string();
        self.next += 1;
        command["id"] = json!(id);
        writeln!(self.commands, "{command}").unwrap();
        id
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The peak resident memory of a process, bytes.
pub(crate) fn peak_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// Whether a latency beside an attack is at most twice that without it, or 1 ms more, both in microseconds.
fn is_within_promise(alone: u64, beside: u64) -> bool {
    beside <= (2 * alone).max(alone + 1_000)
}

fn percentile_99(sorted: &[u64]) -> u64 {
    sorted[sorted.len() * 99 / 100]
}

/// The code of an answer's error or failure, otherwise its port.
pub(crate) fn code_or_port(answer: &Json) -> String {
    let code = answer.pointer("/outcome/error/code").or_else(|| answer.pointer("/failure/code"));
    let end = code.or_else(|| answer.pointer("/outcome/port")).and_then(Json::as_str);
    end.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The tenant of this number, below [`MORE_TENANTS`].
pub(crate) fn more_tenant(number: usize) -> String {
    format!("tenant-{number}")
}

/// A cheap request without writes: it checks whether an unknown contact is on a list.
pub(crate) fn neighbour(tenant: &str) -> Json {
    json!({
        "action": "campaign-dnd-validator",
        "session": { "id": "n", "tenant": tenant, "channel": "messenger", "user": "neighbour",
                     "entities": { "contact": CAMPAIGN } },
        "parameters": { "CONTACT_IDENTIFIER_ENTITY": "contact", "CAMPAIGN_ID": CAMPAIGN, "DND_VALIDATION_RESULT": "blocked" },
    })
}

/// A request that creates a contact.
pub(crate) fn contact_request(tenant: &str, channel: &str, user: &str) -> Json {
    json!({
        "action": "campaign-contact-manager",
        "session": { "id": "n", "tenant": tenant, "channel": channel, "user": user, "entities": {} },
        "parameters": { "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "contact" },
    })
}

/// A request that saves a record for a contact of the tenant `acme`, with additional parameters.
pub(crate) fn record_request(entities: &Json, more: &Json) -> Json {
    let mut parameters = json!({
        "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": "contact", "RECORD_ID_ENTITY": "record",
        "OPERATION_ENTITY": "operation",
    });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "action": "campaign-record-administration",
        "session": { "id": "a", "tenant": "acme", "channel": "messenger", "user": "attacker", "entities": entities },
        "parameters": parameters,
    })
}

/// Creates a contact of the tenant `acme` and returns its id.
pub(crate) fn contact(target: &mut Target, channel: &str, user: &str) -> String {
    let id = target.invoke(&contact_request("acme", channel, user));
    let answer = target.wait(&id);
    answer.pointer("/outcome/entities/contact").and_then(Json::as_str).unwrap_or_else(|| panic!("{answer}")).to_owned()
}

pub(crate) fn configuration() -> Json {
    let tenant = |id: &str| {
        json!({ "id": id, "name": id, "time_zone": "UTC", "phone_region": "CL", "default_intention": "menu",
                "channels": ["whatsapp", "messenger", "telegram"] })
    };
    let more: Vec<_> = (0..MORE_TENANTS).map(more_tenant).collect();
    let tenants: Vec<_> =
        ["acme", "other", "third"].into_iter().chain(more.iter().map(String::as_str)).map(tenant).collect();
    json!({
        "tenants": tenants,
        "campaigns": [{ "tenant": "acme", "id": CAMPAIGN, "name": "Recovery", "type": "simple", "mode": "always-on",
                        "category": "Collections", "valid_until": "2099-01-31" }],
    })
}
