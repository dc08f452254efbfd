//! One run of an action in a fresh instance.

use super::cpu_history::CpuHistory;
use super::node::PreparedNode;
use super::shared::HostShared;
use super::tenant_cache::TenantCache;
use crate::catalog::Action;
use crate::domain::Tenant;
use crate::engine::memory_budget::MemoryBudget;
use crate::engine::reclaim::ReclaimHandle;
use crate::engine::{self, Limits};
use crate::host_functions::bindings::OutboundActionPre;
use crate::host_functions::bindings::flow::action::types::Error as WitError;
use crate::host_functions::{self, Abort, Grants, HostState, MAX_RESOURCES, RunLog, RunOutput};
use crate::store::{Reader, StoreError, Transaction};
use chrono::{DateTime, Utc};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use tokio::sync::Semaphore;
use uuid::Uuid;
use wasmtime::component::{Linker, ResourceTableError};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

/// The state that all tasks of one worker share.
pub(super) struct WorkerContext {
    engine: Engine,
    linker: Linker<HostState>,
    linked_components: RefCell<Vec<Option<Rc<LinkedComponent>>>>,
    pub(super) reader: Arc<dyn Reader>,
    /// A permit an instance.
    pub(super) instance_permits: Arc<Semaphore>,
    reclaim_handle: Option<ReclaimHandle>,
    pub(super) cpu_history: CpuHistory,
    tenant_cache: TenantCache,
    /// Its own: to count the holders of one for all would keep the workers' processors busy with each other.
    pub(super) limits: Arc<Limits>,
    pub(super) shared: Arc<HostShared>,
    pub(super) memory: Arc<MemoryBudget>,
}

/// A component as one worker has loaded it.
pub(super) struct LinkedComponent {
    action: Weak<Action>,
    instance_pre: OutboundActionPre<HostState>,
    pub(super) grants: Grants,
    imports_wasi: bool,
}

/// How an action returned.
#[expect(clippy::large_enum_variant, reason = "there is one a run, and it is taken apart at once")]
pub(super) enum GuestResult {
    /// By this port, with everything that it did.
    Port(String, RunOutput),
    /// It refused.
    Error(WitError),
}

/// How a run ended that didn't return.
#[derive(Debug)]
pub(super) enum RunError {
    /// The plugin's fault, or a bound that it met.
    Fault {
        /// A stable code.
        code: &'static str,
        /// One sentence without a full stop.
        message: String,
    },
    /// The store failed.
    Store(StoreError),
    /// Data that the run has read changed meanwhile; lists the contacts that it read.
    Conflict(Vec<Uuid>),
    /// There was no room for another instance.
    PoolExhausted,
}

impl WorkerContext {
    pub(super) fn new(
        engine: Engine,
        reader: Arc<dyn Reader>,
        (instance_permits, reclaim_handle): (Arc<Semaphore>, Option<ReclaimHandle>),
        limits: Limits,
        (shared, memory): (Arc<HostShared>, Arc<MemoryBudget>),
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&engine);
        host_functions::link(&mut linker)?;
        let (linked_components, cpu_history, tenant_cache, limits) =
            (RefCell::default(), CpuHistory::default(), TenantCache::default(), Arc::new(limits));
        Ok(Self {
            engine,
            linker,
            linked_components,
            reader,
            instance_permits,
            reclaim_handle,
            cpu_history,
            tenant_cache,
            limits,
            shared,
            memory,
        })
    }

    /// A view that nothing was read into yet.
    pub(super) fn new_transaction(&self, tenant: &str, now: DateTime<Utc>) -> Transaction {
        Transaction::new(Arc::clone(&self.reader), tenant, now, self.tenant_cache.get(tenant))
    }

    /// A tenant as it was when it was last read, with its configuration's version.
    pub(super) fn cached_tenant(&self, tenant: &str) -> Option<(Arc<Tenant>, u64)> {
        self.tenant_cache.get(tenant)
    }

    /// Remembers the tenant as the view has found it, so that it needn't be sent again while it stays the same.
    pub(super) fn cache_tenant(&self, transaction: &Transaction) {
        if let Some((tenant, version)) = transaction.newly_read_tenant() {
            self.tenant_cache.put(tenant, version);
        }
    }

    /// The node's component, loaded here if it wasn't yet.
    pub(super) fn link_component(&self, node: &PreparedNode) -> wasmtime::Result<Rc<LinkedComponent>> {
        let index = node.action().index;
        if let Some(Some(linked_component)) = self.linked_components.borrow().get(index) {
            return Ok(Rc::clone(linked_component));
        }
        let component = engine::code::deserialize(&self.engine, &node.action().code)?;
        let instance_pre = OutboundActionPre::new(self.linker.instantiate_pre(&component)?)?;
        let grants = Grants::new(&node.action().imports, &node.action().manifest.uses);
        let linked_component = LinkedComponent {
            action: Arc::downgrade(node.action()),
            instance_pre,
            grants,
            imports_wasi: node.action().imports_wasi(),
        };
        let linked_component = Rc::new(linked_component);
        let mut all = self.linked_components.borrow_mut();
        // Those that have given way to others, once no node has them any more.
        for slot in all.iter_mut() {
            slot.take_if(|linked_component| linked_component.action.strong_count() == 0);
        }
        if all.len() <= index {
            all.resize(index + 1, None);
        }
        if let Some(slot) = all.get_mut(index) {
            *slot = Some(Rc::clone(&linked_component));
        }
        Ok(linked_component)
    }

    /// A fresh instance's place, with everything that it is to see.
    pub(super) fn new_instance(&self, component: &LinkedComponent, mut state: HostState) -> GuestInstance<'_> {
        if component.imports_wasi {
            state.enable_wasi();
        }
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.instance_limiter);
        store.set_hostcall_fuel(self.limits.host_call_bytes);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| {
            store.data().run_log.set_yielded();
            match store.data().exceeded_limit() {
                Some(abort) => Err(abort.into()),
                None => Ok(UpdateDeadline::Yield(1)),
            }
        });
        GuestInstance { store: Some(store), reclaim_handle: self.reclaim_handle.as_ref() }
    }
}

/// Memory that an instance gives back at once.
const INLINE_DROP_BYTES: u64 = 1 << 20;

/// An instance with its store, however it ends.
pub(super) struct GuestInstance<'a> {
    store: Option<Store<HostState>>,
    reclaim_handle: Option<&'a ReclaimHandle>,
}

impl GuestInstance<'_> {
    /// Runs the action once. Dropping the future ends it wherever it is.
    pub(super) async fn run(mut self, component: &LinkedComponent, run_log: &RunLog) -> Result<GuestResult, RunError> {
        let Some(store) = &mut self.store else { return Err(RunError::PoolExhausted) };
        let result = async {
            let action = component.instance_pre.instantiate_async(&mut *store).await?;
            action.flow_action_handler().call_invoke(&mut *store).await
        };
        let returned = result.await;
        // A function of WASI that exceeds a limit can't say so itself.
        let returned = match store.data().exceeded_limit() {
            Some(abort) => Err(abort.into()),
            None => returned,
        };
        match returned {
            Ok(Ok(port)) => Ok(GuestResult::Port(port, store.data_mut().take_output())),
            Ok(Err(error)) => Ok(GuestResult::Error(error)),
            Err(error) => {
                let mut run_error = classify_trap(&error);
                match &mut run_error {
                    RunError::Fault { .. } => {
                        // Not its debug form, which may hold the host's own backtrace: to find its names takes 200 ms.
                        run_log.write_fault(&format!("{error:#}"));
                    }
                    RunError::Conflict(read) => {
                        let transaction = store.data_mut().take_output().transaction;
                        read.extend(transaction.iter().flat_map(Transaction::read_contact_ids));
                    }
                    RunError::Store(_) | RunError::PoolExhausted => {}
                }
                Err(run_error)
            }
        }
    }
}

impl Drop for GuestInstance<'_> {
    fn drop(&mut self) {
        if let (Some(store), Some(reclaim_handle)) = (self.store.take(), self.reclaim_handle)
            && store.data().run_log.memory_bytes() > INLINE_DROP_BYTES
        {
            reclaim_handle.drop_in_background(store);
        }
    }
}

/// Maps an error of wasmtime to the code of a fault, or to a failure of the host.
pub(super) fn classify_trap(error: &wasmtime::Error) -> RunError {
    if let Some(abort) = error.downcast_ref::<Abort>() {
        return match abort.clone() {
            Abort::Fault { code, message } => RunError::Fault { code, message },
            Abort::Store(error) => RunError::Store(error),
            Abort::Conflict => RunError::Conflict(Vec::new()),
            Abort::OutOfMemory => RunError::PoolExhausted,
        };
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return RunError::PoolExhausted;
    }
    if matches!(error.downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full)) {
        let message = format!("the plugin holds more than {MAX_RESOURCES} resources of WASI at once");
        return RunError::Fault { code: "limit-tables", message };
    }
    let fault = |code, message: String| RunError::Fault { code, message };
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => fault("limit-stack", "the plugin's recursion is too deep".to_owned()),
        Some(Trap::Interrupt) => fault("limit-cpu", "the plugin computed for too long".to_owned()),
        Some(trap @ (Trap::MemoryOutOfBounds | Trap::HeapMisaligned)) => {
            fault("plugin-trap", format!("the plugin stopped: {trap}; a stack that is too small for it shows so, too"))
        }
        Some(trap) => fault("plugin-trap", format!("the plugin stopped: {trap}; the log says where")),
        None if is_host_call_size_limit(error) => {
            fault("limit-host-bytes", "the plugin passed too many bytes in one host call".to_owned())
        }
        None => fault("plugin-trap", format!("the plugin stopped: {}; the log says where", error_cause(error))),
    }
}

/// The longest cause in a message, in characters.
const CAUSE_CHARACTERS: usize = 200;

/// The cause of an error that is not a trap: its messages from the outside in, without the place in the plugin's code.
fn error_cause(error: &wasmtime::Error) -> String {
    let messages = error.chain().map(ToString::to_string).filter(|message| !message.contains(BACKTRACE));
    let lines: Vec<_> = messages.filter_map(|message| message.lines().next().map(str::to_owned)).collect();
    let cause = if lines.is_empty() { "its code failed".to_owned() } else { lines.join(": ") };
    cause.chars().take(CAUSE_CHARACTERS).collect()
}

/// How the engine's message about the place begins.
const BACKTRACE: &str = "error while executing at wasm backtrace";

/// The bound on what one host call may carry has an error that is known by its text only.
fn is_host_call_size_limit(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("fuel allocated for hostcalls has been exhausted")
}
