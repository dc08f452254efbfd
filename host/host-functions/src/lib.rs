//! The host functions that plugins can import, one module for each WIT interface.
//!
//! Each instance has its own [`HostState`]. It exists as long as the run, and shares only read-only data with other
//! runs.

mod abort;
mod campaigns;
mod capture;
mod contacts;
mod dnd;
mod evaluation;
mod expressions;
mod formats;
mod grants;
mod instance_limiter;
mod json_text;
mod locale;
mod log;
mod log_quota;
mod lookup;
mod missing;
mod outcome;
pub mod parameters;
mod records;
mod run_log;
#[cfg(feature = "testing")]
mod run_trace;
mod session;
mod tenant;
mod timestamp;
mod value;
mod wasi;
mod wasi_interfaces;

pub use abort::Abort;
pub use capture::{Capture, Comparison, Recorder, Replayer, RunRecord, error_to_json, link_captured};
pub use grants::{Grants, HostFunction};
pub use log_quota::LogQuota;
pub use lookup::IdGenerator;
pub use missing::link_missing;
pub use outcome::Warning;
pub use run_log::{LogLevel, LogOrigin, RunLog};
#[cfg(feature = "testing")]
pub use run_trace::{RunTrace, TraceContent};
pub use session::{EntityWrites, SeededRng, Session, SessionError, SessionOverlay};
pub use wasi::{MAX_RESOURCES, is_exit};
pub use wasi_interfaces::wasi_result;

use bindings::flow::action::types::Error as WitError;
use flowhost_domain::{Refusal, Tenant};
use flowhost_engine::Limits;
use flowhost_engine::memory_budget::MemoryBudget;
use flowhost_error::ErrorCode;
use flowhost_store::Transaction;
use std::sync::Arc;
use wasmtime::component::{HasSelf, Linker};

/// The bindings of the contract.
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/outbound",
        world: "flow:outbound/outbound-action",
        imports: {
            "flow:outbound/contacts": async | trappable,
            "flow:outbound/campaigns": async | trappable,
            "flow:outbound/records": async | trappable,
            "flow:outbound/dnd": async | trappable,
            "flow:action/parameters": async | trappable,
            "flow:action/session.get-entity": async | trappable,
            "flow:action/session.set-entity": async | trappable,
            "flow:action/expressions": async | trappable,
            default: trappable,
        },
        exports: { default: async },
    });
}

/// The result of a host function: a value, a refusal for the guest, or an error that ends the run.
type HostResult<T> = wasmtime::Result<Result<T, WitError>>;

/// The data of one instance's wasmtime store.
pub struct HostState {
    /// The parameters of the node.
    pub parameters: parameters::ParameterValues,
    /// The session with the entities that the run wrote.
    pub session: session::SessionOverlay,
    /// `None` during `describe`, which has no grants.
    transaction: Option<Transaction>,
    id_generator: IdGenerator,
    warnings: Vec<Warning>,
    /// The log and the counters of the run.
    pub run_log: Arc<RunLog>,
    grants: Grants,
    limits: Arc<Limits>,
    /// The limiter of the instance's memory and tables.
    pub instance_limiter: instance_limiter::InstanceLimiter,
    /// Steps that the run's expressions have left.
    steps: u32,
    wasi: Option<Box<wasi::Wasi>>,
    /// The capture of the calls; the linker of an ordinary run does not use it.
    capture: Option<Capture>,
}

/// The input of one run.
pub struct RunInput {
    /// The parameters of the node.
    pub parameters: parameters::ParameterValues,
    /// The session with the entities that the run wrote.
    pub session: session::SessionOverlay,
    /// The transaction; `None` while a component describes itself.
    pub transaction: Option<Transaction>,
    /// The generator of ids for new objects.
    pub id_generator: IdGenerator,
    /// The functions that the action may call.
    pub grants: Grants,
}

/// The output of a run whose action returned.
pub struct RunOutput {
    /// The transaction with its reads and staged writes.
    pub transaction: Option<Transaction>,
    /// The entities that it wrote.
    pub writes: EntityWrites,
    /// Warnings for the designer.
    pub warnings: Vec<Warning>,
}

impl HostState {
    /// Creates the state of a run.
    pub fn new(input: RunInput, limits: Arc<Limits>, run_log: Arc<RunLog>, memory: Arc<MemoryBudget>) -> Self {
        let RunInput { parameters, session, transaction, id_generator, grants } = input;
        let memory =
            instance_limiter::InstanceLimiter::new(&limits, Arc::clone(&run_log), memory, Arc::clone(&session.session));
        let (warnings, steps) = (Vec::new(), limits.evaluation_steps);
        Self {
            parameters,
            session,
            transaction,
            id_generator,
            warnings,
            run_log,
            grants,
            limits,
            instance_limiter: memory,
            steps,
            wasi: None,
            capture: None,
        }
    }

    /// Creates the state for `describe`: every function of the contract rejects the call.
    pub fn for_describe(limits: Arc<Limits>, run_log: Arc<RunLog>) -> Self {
        let session = session::SessionOverlay::for_describe();
        let run = RunInput {
            parameters: parameters::ParameterValues::default(),
            transaction: None,
            id_generator: IdGenerator::new(0, "", 0, session.now),
            session,
            grants: Grants::none(),
        };
        let memory = MemoryBudget::new(limits.host_memory_bytes);
        Self::new(run, limits, run_log, memory)
    }

    /// Adds WASI without files, network and environment. The invocation determines its clocks and random numbers.
    pub fn enable_wasi(&mut self) {
        self.wasi = Some(Box::new(wasi::Wasi::new(&self.session, &self.run_log)));
    }

    /// Captures the calls of the run, which has an instance from the linker of [`link_captured`].
    pub fn capture(&mut self, capture: Capture) {
        if let Some(transaction) = &mut self.transaction {
            transaction.note_uses();
        }
        self.capture = Some(capture);
    }

    /// Returns the bytes that the host calls of this run may transfer.
    pub fn host_call_bytes(&self) -> usize {
        self.limits.host_call_bytes
    }

    /// Notes the read set of a run that saw different versions of an entry, if the run is captured.
    pub fn note_conflict(&self) {
        if let (Some(Capture::Record(recorder)), Some(transaction)) = (&self.capture, &self.transaction) {
            recorder.set_conflict_reads(transaction.read_set());
        }
    }

    /// Takes the output of the run.
    pub fn take_output(&mut self) -> RunOutput {
        let (writes, warnings) = (std::mem::take(&mut self.session.writes), std::mem::take(&mut self.warnings));
        RunOutput { transaction: self.transaction.take(), writes, warnings }
    }

    /// Starts a host function: checks its grant and the limits, and charges the `bytes` of its arguments.
    fn begin_call(&mut self, function: HostFunction, bytes: usize) -> wasmtime::Result<()> {
        if !self.grants.allows(function) {
            let message = format!(
                "the plugin called {}, which its manifest doesn't list in `uses` or which is not available now",
                function.name()
            );
            return Err(Abort::fault(ErrorCode::PluginContract, message).into());
        }
        #[cfg(feature = "testing")]
        self.run_log.trace_call(function.name());
        if self.run_log.count_host_call() > self.limits.host_calls {
            return Err(Abort::host_call_limit(self.limits.host_calls).into());
        }
        self.charge_bytes(bytes)
    }

    /// Charges bytes that are transferred between guest and host.
    fn charge_bytes(&mut self, bytes: usize) -> wasmtime::Result<()> {
        if self.run_log.charge_bytes(bytes) > self.limits.host_call_bytes {
            return Err(Abort::host_byte_limit(self.limits.host_call_bytes).into());
        }
        Ok(self.instance_limiter.reserve()?)
    }

    /// Returns the limit of host calls or bytes that the run has exceeded. WASI calls can't fail themselves.
    pub fn exceeded_limit(&self) -> Option<Abort> {
        if self.run_log.host_calls() > self.limits.host_calls {
            return Some(Abort::host_call_limit(self.limits.host_calls));
        }
        (self.run_log.bytes() > self.limits.host_call_bytes)
            .then(|| Abort::host_byte_limit(self.limits.host_call_bytes))
    }

    fn transaction(&mut self) -> wasmtime::Result<&mut Transaction> {
        self.transaction.as_mut().ok_or_else(|| unavailable_function().into())
    }

    /// Returns the actor for do-not-disturb entries and notes of records: action and session.
    fn actor(&self) -> String {
        format!("{} in session {}", self.parameters.action(), self.session.session.id)
    }

    /// Converts a rule's refusal into the guest's error.
    fn guest_error(&self, refusal: Refusal) -> WitError {
        let Refusal { code, message, argument, mut details } = refusal;
        if let Some(argument) = argument {
            details.push(("argument".to_owned(), argument.to_owned()));
        }
        WitError { code: code.as_str().to_owned(), message, parameter: None, details }
    }

    /// Returns the tenant, as the invocation's first round trip read it.
    fn configured_tenant(&self) -> wasmtime::Result<&Arc<Tenant>> {
        match self.transaction.as_ref().and_then(Transaction::configured_tenant) {
            Some((tenant, _)) => Ok(tenant),
            None => Err(unavailable_function().into()),
        }
    }

    /// Adds a rule's warning. `value` is the value of the argument that the warning is about, if the plugin passed it.
    /// The warning names the parameter that yielded the value, or the argument if that parameter is unknown.
    fn add_rule_warning(&mut self, warning: flowhost_domain::Warning, value: Option<&str>) {
        let flowhost_domain::Warning { code, message, argument } = warning;
        let origin = argument.zip(value).and_then(|(name, value)| self.parameters.parameter_with_value(name, value));
        let parameter = origin.map(str::to_owned);
        let message = match (argument, &parameter) {
            (Some(argument), None) => format!("{argument}: {message}"),
            _ => message,
        };
        self.add_warning(Warning { code: code.as_str().to_owned(), message, parameter });
    }

    fn add_warning(&mut self, warning: Warning) {
        if self.warnings.len() < self.limits.warnings {
            self.warnings.push(warning);
        } else {
            self.run_log.count_dropped_warning();
        }
    }
}

fn unavailable_function() -> Abort {
    Abort::fault(ErrorCode::PluginContract, "host functions are not available during `describe`")
}

/// Links every function of the contract and of WASI. The grants determine which functions of the contract a component
/// may call.
pub fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    bindings::OutboundAction::add_to_linker::<HostState, HasSelf<HostState>>(linker, |state| state)?;
    wasi::link(linker)
}

impl bindings::flow::action::types::Host for HostState {}
