//! One run of an action in a fresh instance.

use super::burdens::Burdens;
use super::known::Known;
use super::node::Node;
use super::shared::Shared;
use crate::capability::bindings::OutboundActionPre;
use crate::capability::bindings::flow::action::types::Error as WitError;
use crate::capability::{self, Grants, Halt, Journal, MAX_RESOURCES, Remains, State};
use crate::catalog::Action;
use crate::domain::Tenant;
use crate::engine::memory_budget::MemoryBudget;
use crate::engine::undertaker::Burial;
use crate::engine::{self, Limits};
use crate::store::{Reader, StoreError, View};
use chrono::{DateTime, Utc};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use tokio::sync::Semaphore;
use uuid::Uuid;
use wasmtime::component::{Linker, ResourceTableError};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

/// What the jobs of one worker share.
pub(super) struct Workshop {
    engine: Engine,
    linker: Linker<State>,
    loaded: RefCell<Vec<Option<Rc<Loaded>>>>,
    pub(super) reader: Arc<dyn Reader>,
    /// A permit an instance.
    pub(super) slots: Arc<Semaphore>,
    burial: Option<Burial>,
    pub(super) burdens: Burdens,
    known: Known,
    /// Its own: to count the holders of one for all would keep the workers' processors busy with each other.
    pub(super) limits: Arc<Limits>,
    pub(super) shared: Arc<Shared>,
    pub(super) memory: Arc<MemoryBudget>,
}

/// A component as one worker has loaded it.
pub(super) struct Loaded {
    of: Weak<Action>,
    instance: OutboundActionPre<State>,
    pub(super) grants: Grants,
    wasi: bool,
}

/// How an action returned.
#[expect(clippy::large_enum_variant, reason = "there is one a run, and it is taken apart at once")]
pub(super) enum Returned {
    /// By this port, with everything that it did.
    Port(String, Remains),
    /// It refused.
    Error(WitError),
}

/// How a run ended that didn't return.
#[derive(Debug)]
pub(super) enum Ended {
    /// The plugin's fault, or a bound that it met.
    Fault {
        /// A stable code.
        code: &'static str,
        /// One sentence without a full stop.
        message: String,
    },
    /// The store failed.
    Store(StoreError),
    /// What it has read has changed, of these contacts or of others.
    Stale(Vec<Uuid>),
    /// There was no room for another instance.
    NoRoom,
}

impl Workshop {
    pub(super) fn new(
        engine: Engine,
        reader: Arc<dyn Reader>,
        (slots, burial): (Arc<Semaphore>, Option<Burial>),
        limits: Limits,
        (shared, memory): (Arc<Shared>, Arc<MemoryBudget>),
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&engine);
        capability::link(&mut linker)?;
        let (loaded, burdens, known, limits) =
            (RefCell::default(), Burdens::default(), Known::default(), Arc::new(limits));
        Ok(Self { engine, linker, loaded, reader, slots, burial, burdens, known, limits, shared, memory })
    }

    /// A view that nothing was read into yet.
    pub(super) fn view(&self, tenant: &str, now: DateTime<Utc>) -> View {
        View::new(Arc::clone(&self.reader), tenant, now, self.known.get(tenant))
    }

    /// A tenant as it was when it was last read, with its configuration's version.
    pub(super) fn known(&self, tenant: &str) -> Option<(Arc<Tenant>, u64)> {
        self.known.get(tenant)
    }

    /// Remembers the tenant as the view has found it, so that it needn't be sent again while it stays the same.
    pub(super) fn remember(&self, view: &View) {
        if let Some((tenant, version)) = view.news() {
            self.known.put(tenant, version);
        }
    }

    /// The node's component, loaded here if it wasn't yet.
    pub(super) fn load(&self, node: &Node) -> wasmtime::Result<Rc<Loaded>> {
        let index = node.action().index;
        if let Some(Some(loaded)) = self.loaded.borrow().get(index) {
            return Ok(Rc::clone(loaded));
        }
        let component = engine::code::deserialize(&self.engine, &node.action().code)?;
        let instance = OutboundActionPre::new(self.linker.instantiate_pre(&component)?)?;
        let grants = Grants::of(&node.action().imports, &node.action().manifest.uses);
        let loaded = Loaded { of: Arc::downgrade(node.action()), instance, grants, wasi: node.action().wants_wasi() };
        let loaded = Rc::new(loaded);
        let mut all = self.loaded.borrow_mut();
        // Those that have given way to others, once no node has them any more.
        for slot in all.iter_mut() {
            slot.take_if(|loaded| loaded.of.strong_count() == 0);
        }
        if all.len() <= index {
            all.resize(index + 1, None);
        }
        if let Some(slot) = all.get_mut(index) {
            *slot = Some(Rc::clone(&loaded));
        }
        Ok(loaded)
    }

    /// A fresh instance's place, with everything that it is to see.
    pub(super) fn instance(&self, loaded: &Loaded, mut state: State) -> Instance<'_> {
        if loaded.wasi {
            state.lend_wasi();
        }
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(self.limits.host_bytes);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| {
            store.data().journal.note_yield();
            match store.data().exceeded() {
                Some(halt) => Err(halt.into()),
                None => Ok(UpdateDeadline::Yield(1)),
            }
        });
        Instance { store: Some(store), burial: self.burial.as_ref() }
    }
}

/// Memory that an instance gives back at once.
const LITTLE: u64 = 1 << 20;

/// An instance with its store, however it ends.
pub(super) struct Instance<'a> {
    store: Option<Store<State>>,
    burial: Option<&'a Burial>,
}

impl Instance<'_> {
    /// Runs the action once. Dropping the future ends it wherever it is.
    pub(super) async fn run(mut self, loaded: &Loaded, journal: &Journal) -> Result<Returned, Ended> {
        let Some(store) = &mut self.store else { return Err(Ended::NoRoom) };
        let returned = async {
            let action = loaded.instance.instantiate_async(&mut *store).await?;
            action.flow_action_handler().call_invoke(&mut *store).await
        };
        let returned = returned.await;
        // A function of WASI that exceeds a limit can't say so itself.
        let returned = match store.data().exceeded() {
            Some(halt) => Err(halt.into()),
            None => returned,
        };
        match returned {
            Ok(Ok(port)) => Ok(Returned::Port(port, store.data_mut().take_remains())),
            Ok(Err(error)) => Ok(Returned::Error(error)),
            Err(error) => {
                let mut ended = ended(&error);
                match &mut ended {
                    Ended::Fault { .. } => {
                        // Not its debug form, which may hold the host's own backtrace: to find its names takes 200 ms.
                        journal.write_fault(format!("{error:#}"));
                    }
                    Ended::Stale(read) => {
                        let view = store.data_mut().take_remains().view;
                        read.extend(view.iter().flat_map(View::contacts_read));
                    }
                    Ended::Store(_) | Ended::NoRoom => {}
                }
                Err(ended)
            }
        }
    }
}

impl Drop for Instance<'_> {
    fn drop(&mut self) {
        if let (Some(store), Some(burial)) = (self.store.take(), self.burial)
            && store.data().journal.memory_bytes() > LITTLE
        {
            burial.take(store);
        }
    }
}

/// What an error of wasmtime's means.
pub(super) fn ended(error: &wasmtime::Error) -> Ended {
    if let Some(halt) = error.downcast_ref::<Halt>() {
        return match halt.clone() {
            Halt::Fault { code, message } => Ended::Fault { code, message },
            Halt::Store(error) => Ended::Store(error),
            Halt::Stale => Ended::Stale(Vec::new()),
            Halt::NoRoom => Ended::NoRoom,
        };
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return Ended::NoRoom;
    }
    if matches!(error.downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full)) {
        let message = format!("the plugin holds more than {MAX_RESOURCES} resources of WASI at once");
        return Ended::Fault { code: "limit-tables", message };
    }
    let fault = |code, message: String| Ended::Fault { code, message };
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => fault("limit-stack", "the plugin's recursion is too deep".to_owned()),
        Some(Trap::Interrupt) => fault("limit-cpu", "the plugin computed for too long".to_owned()),
        Some(trap @ (Trap::MemoryOutOfBounds | Trap::HeapMisaligned)) => {
            fault("plugin-trap", format!("the plugin stopped: {trap}; a stack that is too small for it shows so, too"))
        }
        Some(trap) => fault("plugin-trap", format!("the plugin stopped: {trap}; the log says where")),
        None if is_hostcall_fuel(error) => {
            fault("limit-host-bytes", "the plugin passed too many bytes in one host call".to_owned())
        }
        None => fault("plugin-trap", format!("the plugin stopped: {}; the log says where", cause(error))),
    }
}

/// The longest cause in a message, in characters.
const CAUSE_CHARACTERS: usize = 200;

/// The cause of an error that is not a trap: its messages from the outside in, without the place in the plugin's code.
fn cause(error: &wasmtime::Error) -> String {
    let messages = error.chain().map(ToString::to_string).filter(|message| !message.contains(BACKTRACE));
    let lines: Vec<_> = messages.filter_map(|message| message.lines().next().map(str::to_owned)).collect();
    let cause = if lines.is_empty() { "its code failed".to_owned() } else { lines.join(": ") };
    cause.chars().take(CAUSE_CHARACTERS).collect()
}

/// How the engine's message about the place begins.
const BACKTRACE: &str = "error while executing at wasm backtrace";

/// The bound on what one host call may carry has an error that is known by its text only.
fn is_hostcall_fuel(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("fuel allocated for hostcalls has been exhausted")
}
