//! The report of a run of cases: as text for people, as JSON for programs.

use crate::coverage::{Coverage, write_line};
use crate::matcher::Difference;
use crate::migration_case::MigrationReport;
use crate::observation::Observation;
use crate::run::CaseRecording;
use flowhost_error::text::{escape, single_line};
use serde_json::{Value, json};
use std::fmt::{self, Write as _};
use std::time::Duration;

/// Characters of a digest in the text.
const DIGEST_CHARACTERS: usize = 12;

/// The tested component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFacts {
    /// The id of the action.
    pub id: String,
    /// The version of the action.
    pub version: String,
    /// The SHA-256 of the component, hexadecimal.
    pub digest: String,
    /// The version of the contract.
    pub contract: String,
    /// The size of the component, bytes.
    pub bytes: usize,
}

/// The result of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReport {
    /// The file.
    pub file: String,
    /// The name of the case.
    pub name: String,
    /// The differences; a case without any has passed.
    pub differences: Vec<Difference>,
    /// Everything that was observed.
    pub observation: Observation,
    /// The recording.
    pub recording: CaseRecording,
}

impl CaseReport {
    /// Returns whether the case has passed.
    pub fn has_passed(&self) -> bool {
        self.differences.is_empty()
    }
}

/// The highest use of the limits among the cases, percent of each limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LimitShares {
    /// CPU time.
    pub cpu: f64,
    /// Linear memory.
    pub memory: f64,
    /// Host calls.
    pub host_calls: f64,
    /// Bytes of host calls.
    pub host_bytes: f64,
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The tested component.
    pub plugin: PluginFacts,
    /// The results, in the order of files and cases.
    pub cases: Vec<CaseReport>,
    /// The results of the golden cases of migrations, in the order of files and cases.
    pub migrations: Vec<MigrationReport>,
    /// The parts of the manifest that the cases reached.
    pub coverage: Coverage,
    /// The highest use of the limits.
    pub limits: LimitShares,
    /// The time of the run.
    pub duration: Duration,
}

impl Report {
    /// Returns the number of cases that passed.
    pub fn passed(&self) -> usize {
        let migrations = self.migrations.iter().filter(|case| case.has_passed()).count();
        self.cases.iter().filter(|case| case.has_passed()).count() + migrations
    }

    /// Returns the number of cases that failed.
    pub fn failed(&self) -> usize {
        self.cases.len() + self.migrations.len() - self.passed()
    }

    /// Checks that every case has passed.
    ///
    /// # Panics
    /// A case failed. The message is the report.
    #[expect(clippy::panic, reason = "a test that uses the harness fails by a panic")]
    #[track_caller]
    pub fn assert_passed(&self) {
        if self.failed() > 0 {
            panic!("{self}");
        }
    }

    /// Returns the report for programs.
    pub fn to_json(&self) -> Value {
        let PluginFacts { id, version, digest, contract, bytes } = &self.plugin;
        let digest = format!("sha256:{digest}");
        let LimitShares { cpu, memory, host_calls, host_bytes } = self.limits;
        json!({
            "format": 1,
            "plugin": { "id": id, "version": version, "digest": digest, "contract": contract, "bytes": bytes },
            "cases": self.cases.iter().map(case_json).collect::<Vec<_>>(),
            "migrations": self.migrations.iter().map(migration_json).collect::<Vec<_>>(),
            "coverage": self.coverage,
            "limits": { "cpu": cpu, "memory": memory, "host_calls": host_calls, "host_bytes": host_bytes },
            "passed": self.passed(),
            "failed": self.failed(),
        })
    }

    fn write_text(&self, text: &mut String) -> fmt::Result {
        let PluginFacts { id, version, digest, contract, .. } = &self.plugin;
        let digest = digest.get(..DIGEST_CHARACTERS).unwrap_or(digest);
        writeln!(text, "{id} {version}  sha256:{digest}  contract {contract}")?;
        for case in &self.cases {
            write_case(text, case)?;
        }
        for case in &self.migrations {
            write_migration(text, case)?;
        }
        let (passed, failed) = (self.passed(), self.failed());
        writeln!(text, "{passed} passed, {failed} failed in {:.1} s", self.duration.as_secs_f64())?;
        self.coverage.write_lines(text);
        let LimitShares { cpu, memory, host_calls, host_bytes } = self.limits;
        let shares =
            format!("cpu {cpu:.1} %, memory {memory:.1} %, host calls {host_calls:.1} %, host bytes {host_bytes:.1} %");
        write_line(text, "limits", &shares);
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write_text(&mut text)?;
        f.write_str(&text)
    }
}

fn write_case(text: &mut String, case: &CaseReport) -> fmt::Result {
    let (file, name) = (escape(&case.file), escape(&case.name));
    if !case.has_passed() {
        writeln!(text, "FAIL  {file}: {name}")?;
        for difference in &case.differences {
            writeln!(text, "        {}", escape(&difference.to_string()))?;
        }
        for line in warnings(&case.observation).chain(case.observation.log_problems()) {
            writeln!(text, "        {line}")?;
        }
        return Ok(());
    }
    let usage = case.observation.usage();
    let wall = Duration::from_micros(usage.wall_us).as_secs_f64() * 1_000.0;
    let memory = usage.memory_bytes.div_ceil(1_024);
    let (cpu, calls) = (usage.cpu_us, usage.host_calls);
    writeln!(text, "ok    {file}: {name}  {wall:.1} ms, cpu {cpu} µs, {calls} calls, {memory} KiB")
}

fn write_migration(text: &mut String, case: &MigrationReport) -> fmt::Result {
    let status = if case.has_passed() { "ok  " } else { "FAIL" };
    writeln!(text, "{status}  {}: {}  migration", escape(&case.file), escape(&case.name))?;
    case.differences.iter().try_for_each(|found| writeln!(text, "        {}", escape(&found.to_string())))
}

/// Returns the warnings of the outcome and its error, one line each.
fn warnings(observation: &Observation) -> impl Iterator<Item = String> {
    let outcome = observation.result.as_ref().ok();
    let error = outcome.and_then(|outcome| outcome.error.as_ref());
    let error = error.map(|error| format!("error {}: {}", error.code, single_line(error.message.clone())));
    let warnings = outcome.map(|outcome| outcome.warnings.as_slice()).unwrap_or_default().iter();
    let warnings = warnings.map(|found| format!("warning {}: {}", found.code, single_line(found.message.clone())));
    error.into_iter().chain(warnings)
}

fn migration_json(case: &MigrationReport) -> Value {
    let error = case.error.as_ref().map(|error| json!({ "code": error.code, "message": error.message }));
    let passed = case.has_passed();
    json!({ "file": case.file, "name": case.name, "passed": passed, "differences": case.differences, "error": error })
}

fn case_json(case: &CaseReport) -> Value {
    let log = case.observation.log.iter();
    json!({
        "file": case.file,
        "name": case.name,
        "passed": case.has_passed(),
        "differences": case.differences,
        "outcome": case.observation.outcome_json(),
        "usage": case.observation.usage(),
        "log": log.map(|(level, message)| json!({"level": level.as_str(), "message": message})).collect::<Vec<_>>(),
    })
}
