//! What plugins can ask of the host: one module a WIT interface, each with its host functions, state and errors.
//!
//! What one instance sees is its state. It lives as long as the run that it belongs to, and shares nothing with
//! another run but read-only things.

mod campaigns;
mod contacts;
mod dnd;
mod evaluation;
mod expressions;
mod grants;
mod halt;
mod journal;
mod log;
mod log_quota;
mod memory;
mod outbound;
pub(crate) mod parameters;
mod records;
mod regional;
mod session;
mod value;
mod wasi;

pub(crate) use grants::{Function, Grants};
pub(crate) use halt::Halt;
pub(crate) use journal::{Journal, Origin};
pub use journal::{LogLevel, LogLine};
pub use log::Warning;
pub(crate) use log_quota::LogQuota;
pub(crate) use outbound::Ids;
pub(crate) use session::{Generator, SessionState, Written};
pub use session::{Session, SessionError};
pub(crate) use value::json_type;
pub(crate) use wasi::MAX_RESOURCES;

use crate::domain::{self, Refusal};
use crate::engine::Limits;
use crate::engine::memory_budget::MemoryBudget;
use crate::store::View;
use bindings::flow::action::types::Error as WitError;
use std::sync::Arc;
use wasmtime::component::{HasSelf, Linker};

/// The contract as the host implements it.
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit/outbound",
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

/// What a host function answers: a value, a refusal for the guest, or the end of the run.
type Answer<T> = wasmtime::Result<Result<T, WitError>>;

/// What one instance sees of the world.
pub(crate) struct State {
    pub(crate) parameters: parameters::Evaluated,
    pub(crate) session: session::SessionState,
    /// `None` while a component describes itself: it is granted nothing then.
    view: Option<View>,
    ids: Ids,
    warnings: Vec<Warning>,
    pub(crate) journal: Arc<Journal>,
    grants: Grants,
    limits: Arc<Limits>,
    pub(crate) memory: memory::Meter,
    /// Steps that the run's expressions may still take.
    steps: u32,
    wasi: Option<Box<wasi::Wasi>>,
}

/// What one run works on.
pub(crate) struct Run {
    pub(crate) parameters: parameters::Evaluated,
    pub(crate) session: session::SessionState,
    pub(crate) view: Option<View>,
    pub(crate) ids: Ids,
    pub(crate) grants: Grants,
}

/// What a run leaves behind when its action returned.
pub(crate) struct Remains {
    /// What it read and staged.
    pub(crate) view: Option<View>,
    /// The entities that it wrote.
    pub(crate) written: Written,
    /// What it has to say to the designer.
    pub(crate) warnings: Vec<Warning>,
}

impl State {
    /// The state of a run.
    pub(crate) fn new(run: Run, limits: Arc<Limits>, journal: Arc<Journal>, memory: Arc<MemoryBudget>) -> Self {
        let Run { parameters, session, view, ids, grants } = run;
        let memory = memory::Meter::new(&limits, Arc::clone(&journal), memory, Arc::clone(&session.session));
        let (warnings, steps) = (Vec::new(), limits.evaluation_steps);
        Self { parameters, session, view, ids, warnings, journal, grants, limits, memory, steps, wasi: None }
    }

    /// The state of a component that describes itself: every function of the contract refuses.
    pub(crate) fn describing(limits: Arc<Limits>, journal: Arc<Journal>) -> Self {
        let session = session::SessionState::nobody();
        let run = Run {
            parameters: parameters::Evaluated::default(),
            view: None,
            ids: Ids::new(0, "", 0, session.now),
            session,
            grants: Grants::none(),
        };
        let memory = MemoryBudget::new(limits.host_memory_bytes);
        Self::new(run, limits, journal, memory)
    }

    /// Lends it WASI: no files, no network, no environment; clocks and random numbers fixed by the invocation.
    pub(crate) fn lend_wasi(&mut self) {
        self.wasi = Some(Box::new(wasi::Wasi::new(&self.session, &self.journal)));
    }

    pub(crate) fn take_remains(&mut self) -> Remains {
        let (written, warnings) = (std::mem::take(&mut self.session.written), std::mem::take(&mut self.warnings));
        Remains { view: self.view.take(), written, warnings }
    }

    /// Every host function begins here: is it granted, and is there room for the call and the `bytes` it brings?
    fn enter(&mut self, function: Function, bytes: usize) -> wasmtime::Result<()> {
        if !self.grants.hold(function) {
            let message = format!(
                "the plugin called {}, which its manifest doesn't list in `uses` or which it may not call now",
                function.name()
            );
            return Err(Halt::fault("plugin-contract", message).into());
        }
        if self.journal.count_host_call() > self.limits.host_calls {
            return Err(Halt::host_calls(self.limits.host_calls).into());
        }
        self.carry(bytes)
    }

    /// Charges bytes that cross between guest and host.
    fn carry(&mut self, bytes: usize) -> wasmtime::Result<()> {
        if self.journal.charge_bytes(bytes) > self.limits.host_bytes {
            return Err(Halt::host_bytes(self.limits.host_bytes).into());
        }
        Ok(self.memory.cover()?)
    }

    /// The limit of host calls or bytes that the run has exceeded. Calls of WASI can't fail by themselves.
    pub(crate) fn exceeded(&self) -> Option<Halt> {
        if self.journal.host_calls() > self.limits.host_calls {
            return Some(Halt::host_calls(self.limits.host_calls));
        }
        (self.journal.bytes() > self.limits.host_bytes).then(|| Halt::host_bytes(self.limits.host_bytes))
    }

    fn view(&mut self) -> wasmtime::Result<&mut View> {
        self.view.as_mut().ok_or_else(|| Halt::fault("plugin-contract", "the plugin called the store too early").into())
    }

    /// Who does what is done: action and session.
    fn by(&self) -> String {
        format!("{} in session {}", self.parameters.action(), self.session.session.id)
    }

    /// A rule's refusal as the guest gets it.
    fn refuse(&self, refusal: Refusal) -> WitError {
        let Refusal { code, message, argument, mut details } = refusal;
        if let Some(argument) = argument {
            details.push(("argument".to_owned(), argument.to_owned()));
        }
        WitError { code: code.to_owned(), message, parameter: None, details }
    }

    /// A rule's warnings. `values` says what was passed for the arguments: the parameter that yielded it is named, or
    /// the argument where that is not known.
    fn warn(&mut self, warnings: Vec<domain::Warning>, values: &[(&str, &str)]) {
        for domain::Warning { code, message, argument } in warnings {
            let value = argument.and_then(|argument| values.iter().find(|(name, _)| *name == argument));
            let origin = value.and_then(|(name, value)| self.parameters.origin_of(name, value));
            let parameter = origin.map(str::to_owned);
            let message = match (argument, &parameter) {
                (Some(argument), None) => format!("{argument}: {message}"),
                _ => message,
            };
            self.add_warning(Warning { code: code.to_owned(), message, parameter });
        }
    }

    fn add_warning(&mut self, warning: Warning) {
        if self.warnings.len() < self.limits.warnings {
            self.warnings.push(warning);
        } else {
            self.journal.drop_warning();
        }
    }
}

/// Links every function of the contract and of WASI. What a component may call of the contract, its grants decide.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    bindings::OutboundAction::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    wasi::link(linker)
}

impl bindings::flow::action::types::Host for State {}
