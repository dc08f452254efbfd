//! The run of cases on a host.

use crate::case_file::{Case, CaseFile, given_pointer};
use crate::case_store::CaseStore;
use crate::cases::Cases;
use crate::compare::find_differences;
use crate::coverage::Coverage;
use crate::error::{CaseError, RunError};
use crate::observation::Observation;
use crate::report::{CaseReport, LimitShares, PluginFacts, Report};
use crate::shape::{Place, Problem};
use crate::store_changes::Listing;
use flowhost_engine::Limits;
use flowhost_host_functions::{Recorder, RunTrace};
use flowhost_invocation::catalog::Action;
use flowhost_invocation::{Host, HostBuilder, OpenError, Request};
use flowhost_recording::{Recording, RecordingError};
use flowhost_store::MemoryStore;
use std::sync::Arc;
use std::time::Instant;

impl Cases {
    /// Runs the cases with a component, which is compiled in this process.
    ///
    /// # Errors
    /// The component was refused, or the contents that a case gives do not fit into a store. No case has run then.
    pub async fn run(&self, component: &[u8]) -> Result<Report, RunError> {
        self.run_on(Host::builder(), component).await
    }

    /// Runs the cases on a host with these settings, without its built-in actions.
    ///
    /// # Errors
    /// As [`Cases::run`].
    pub async fn run_on(&self, builder: HostBuilder, component: &[u8]) -> Result<Report, RunError> {
        self.run_with(builder, component, RecordingMode::Off).await
    }

    /// Runs the cases as [`Cases::run_on`] does. The report has the recordings that the mode selects.
    ///
    /// # Errors
    /// As [`Cases::run`].
    pub async fn run_with(
        &self,
        builder: HostBuilder,
        component: &[u8],
        mode: RecordingMode,
    ) -> Result<Report, RunError> {
        let mut stores = Vec::with_capacity(self.len());
        for (file, case) in self.all() {
            stores.push(fill_store(file, case).await?);
        }
        let store = CaseStore::default();
        let host = builder.without_built_in_actions().workers(1).open(store.clone()).await?;
        let runner = Runner { action: host.load(component)?, host, store };
        let started = Instant::now();
        if let Some((file, case)) = self.all().next() {
            // The first run also links the component and fills the caches of its worker.
            runner.run(case, fill_store(file, case).await?, RecordingMode::Off).await?;
        }
        let manifest = &runner.action.manifest;
        let mut coverage = Coverage::new(&runner.action);
        let mut cases = Vec::with_capacity(stores.len());
        for ((file, case), store) in self.all().zip(stores) {
            let (observation, recording) = runner.run(case, store, mode).await?;
            coverage.add(manifest, &case.given.parameters, &observation);
            let differences = find_differences(&case.expect, &observation);
            cases.push(CaseReport {
                file: file.name.clone(),
                name: case.name.clone(),
                differences,
                observation,
                recording,
            });
        }
        let limits = limit_shares(&cases, runner.host.limits());
        let golden =
            |file: &CaseFile| file.migrations.iter().map(|case| case.run(&file.name, manifest)).collect::<Vec<_>>();
        let migrations = self.files.iter().flat_map(golden).collect();
        Ok(Report { plugin: runner.plugin_facts(), cases, migrations, coverage, limits, duration: started.elapsed() })
    }
}

/// Whether a run of cases records them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingMode {
    /// It records nothing.
    Off,
    /// It records every case.
    Plain,
    /// It records every case and redacts the recordings.
    Redacted,
}

/// The recording of a case; `None`: nothing was recorded, or the invocation failed.
pub type CaseRecording = Option<Result<Recording, RecordingError>>;

async fn fill_store(file: &CaseFile, case: &Case) -> Result<MemoryStore, CaseError> {
    let place = Place::new(&case.given_json, given_pointer(case.index));
    case.given.fill_store(&place).await.map_err(|problem: Problem| file.error(problem))
}

/// A host with one action.
struct Runner {
    host: Host,
    store: CaseStore,
    action: Arc<Action>,
}

impl Runner {
    async fn run(
        &self,
        case: &Case,
        contents: MemoryStore,
        mode: RecordingMode,
    ) -> Result<(Observation, CaseRecording), RunError> {
        let unreadable = |error| RunError::Open(OpenError::Store(error));
        let before = Listing::read(&contents).await.map_err(unreadable)?;
        self.store.replace(contents.clone());
        let trace = Arc::new(RunTrace::default());
        let node = self.host.prepare_action(Arc::clone(&self.action), &case.given.parameters);
        let request = Request::new(node.clone(), case.given.session.clone()).with_trace(Arc::clone(&trace));
        let recorder = (mode != RecordingMode::Off).then(|| Arc::new(Recorder::default()));
        let request = recorder.iter().cloned().fold(request, Request::with_recorder);
        let result = self.host.invoke(request).await;
        let after = Listing::read(&contents).await.map_err(unreadable)?;
        let observation = Observation::new(result, before.changes(&after), trace.take());
        let recording = match recorder.and_then(|recorder| recorder.take_recording()) {
            Some(Ok(recording)) if mode == RecordingMode::Redacted => {
                Some(self.host.redact(&node, &recording).await.map_err(RecordingError::from))
            }
            recording => recording,
        };
        Ok((observation, recording))
    }

    fn plugin_facts(&self) -> PluginFacts {
        let Action { manifest, digest, bytes, .. } = &*self.action;
        PluginFacts {
            id: manifest.id.clone(),
            version: manifest.version.to_string(),
            digest: digest.clone(),
            contract: self.action.built_contract().to_owned(),
            bytes: *bytes,
        }
    }
}

/// Returns the highest shares among the cases.
fn limit_shares(cases: &[CaseReport], limits: &Limits) -> LimitShares {
    let share = |use_of: &dyn Fn(&Observation) -> f64, limit: f64| {
        let highest = cases.iter().map(|case| use_of(&case.observation)).fold(0.0, f64::max);
        if limit > 0.0 { highest / limit * 100.0 } else { 0.0 }
    };
    LimitShares {
        cpu: share(&|observation| observation.usage().cpu_us as f64, limits.cpu_time.as_micros() as f64),
        memory: share(&|observation| observation.usage().memory_bytes as f64, limits.memory_bytes as f64),
        host_calls: share(&|observation| observation.usage().host_calls as f64, limits.host_calls as f64),
        host_bytes: share(&|observation| observation.host_bytes as f64, limits.host_call_bytes as f64),
    }
}
