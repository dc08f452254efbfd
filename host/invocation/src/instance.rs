//! One run of an action in a fresh instance.

use super::cpu_history::CpuHistory;
use super::node::PreparedNode;
use super::shared::HostShared;
use super::tenant_cache::TenantCache;
use crate::catalog::Action;
use chrono::{DateTime, Utc};
use flowhost_domain::Tenant;
use flowhost_engine::memory_budget::MemoryBudget;
use flowhost_engine::reclaim::ReclaimHandle;
use flowhost_engine::{Limits, MissingItem};
use flowhost_error::ErrorCode;
use flowhost_error::text::first_characters;
use flowhost_host_functions::bindings::OutboundActionPre;
use flowhost_host_functions::bindings::flow::action::types::Error as WitError;
use flowhost_host_functions::{Abort, Grants, HostState, MAX_RESOURCES, RunLog, RunOutput, is_exit, link_missing};
use flowhost_store::{Reader, StoreError, Transaction};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use tokio::sync::Semaphore;
use uuid::Uuid;
use wasmtime::component::{Component, Linker, ResourceTableError};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

/// The state that all tasks of one worker share.
pub(super) struct WorkerContext {
    engine: Engine,
    linker: Linker<HostState>,
    linked_components: LinkedComponents,
    /// The components linked to the captured form of the host functions, for recordings and replays.
    captured_components: LinkedComponents,
    pub(super) reader: Arc<dyn Reader>,
    /// One permit per instance slot.
    pub(super) instance_permits: Arc<Semaphore>,
    reclaim_handle: Option<ReclaimHandle>,
    pub(super) cpu_history: CpuHistory,
    tenant_cache: TenantCache,
    /// One copy per worker: a shared `Arc` would make the cores contend for its reference count.
    pub(super) limits: Arc<Limits>,
    pub(super) shared: Arc<HostShared>,
    pub(super) memory: Arc<MemoryBudget>,
}

/// The components of a worker by their indexes.
type LinkedComponents = RefCell<Vec<Option<Rc<LinkedComponent>>>>;

/// A component that one worker has loaded and linked.
pub(super) struct LinkedComponent {
    action: Weak<Action>,
    instance_pre: OutboundActionPre<HostState>,
    pub(super) grants: Grants,
    imports_wasi: bool,
}

/// The result of a call of `invoke`.
#[expect(clippy::large_enum_variant, reason = "a run has one, and destructures it at once")]
pub(super) enum GuestResult {
    /// The action exited through this port, with this output.
    Port(String, RunOutput),
    /// The action returned an error.
    Error(WitError),
}

/// The reason why a run ended without a result.
#[derive(Debug)]
pub(super) enum RunError {
    /// The plugin failed or exceeded a limit.
    Fault {
        /// A stable code.
        code: ErrorCode,
        /// One sentence without a full stop.
        message: String,
    },
    /// The store failed.
    Store(StoreError),
    /// Data that the run has read changed meanwhile; lists the contacts that it read.
    Conflict(Vec<Uuid>),
    /// The instance pool or the memory budget is exhausted.
    PoolExhausted,
}

/// Returns the linker for a component that imports these items, which the host does not have.
pub(super) fn with_missing<'l>(
    linker: &'l Linker<HostState>,
    missing: &[MissingItem],
) -> wasmtime::Result<Cow<'l, Linker<HostState>>> {
    let mut linker = Cow::Borrowed(linker);
    if !missing.is_empty() {
        link_missing(linker.to_mut(), missing)?;
    }
    Ok(linker)
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
        flowhost_host_functions::link(&mut linker)?;
        let (linked_components, captured_components) = (RefCell::default(), RefCell::default());
        let (cpu_history, tenant_cache, limits) = (CpuHistory::default(), TenantCache::default(), Arc::new(limits));
        Ok(Self {
            engine,
            linker,
            linked_components,
            captured_components,
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

    /// Creates a transaction without reads.
    pub(super) fn new_transaction(&self, tenant: &str, now: DateTime<Utc>) -> Transaction {
        Transaction::new(Arc::clone(&self.reader), tenant, now, self.tenant_cache.get(tenant))
    }

    /// Returns the tenant as this worker last read it, with the version of its configuration.
    pub(super) fn cached_tenant(&self, tenant: &str) -> Option<(Arc<Tenant>, u64)> {
        self.tenant_cache.get(tenant)
    }

    /// Caches the tenant that the transaction has read, so that later reads need not transfer an unchanged tenant.
    pub(super) fn cache_tenant(&self, transaction: &Transaction) {
        if let Some((tenant, version)) = transaction.newly_read_tenant() {
            self.tenant_cache.put(tenant, version);
        }
    }

    /// Returns the node's component, and loads and links it if this worker has not done that yet.
    pub(super) fn link_component(&self, node: &PreparedNode) -> wasmtime::Result<Rc<LinkedComponent>> {
        let index = node.action().index;
        if let Some(Some(linked_component)) = self.linked_components.borrow().get(index) {
            return Ok(Rc::clone(linked_component));
        }
        let component = flowhost_engine::code::deserialize(&self.engine, &node.action().code)?;
        let linked_component = link(&self.linker, &component, node)?;
        Ok(store_component(&self.linked_components, index, linked_component))
    }

    /// Returns the node's component with captured host functions. The first call on a worker links it.
    pub(super) fn link_captured(&self, node: &PreparedNode) -> wasmtime::Result<Rc<LinkedComponent>> {
        let index = node.action().index;
        if let Some(Some(linked_component)) = self.captured_components.borrow().get(index) {
            return Ok(Rc::clone(linked_component));
        }
        let ordinary = self.link_component(node)?;
        let mut linker = Linker::new(&self.engine);
        flowhost_host_functions::link_captured(&mut linker)?;
        let linked_component = link(&linker, ordinary.instance_pre.instance_pre().component(), node)?;
        Ok(store_component(&self.captured_components, index, linked_component))
    }

    /// Creates a store for a fresh instance, with the state of its host functions.
    pub(super) fn new_instance(&self, component: &LinkedComponent, mut state: HostState) -> GuestInstance<'_> {
        if component.imports_wasi {
            state.enable_wasi();
        }
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.instance_limiter);
        let host_call_bytes = store.data().host_call_bytes();
        store.set_hostcall_fuel(host_call_bytes);
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

/// Links a component.
fn link(linker: &Linker<HostState>, component: &Component, node: &PreparedNode) -> wasmtime::Result<LinkedComponent> {
    let action = node.action();
    let linker = with_missing(linker, &action.facts.missing)?;
    Ok(LinkedComponent {
        action: Arc::downgrade(action),
        instance_pre: OutboundActionPre::new(linker.instantiate_pre(component)?)?,
        grants: Grants::new(action.imports(), &action.manifest.uses),
        imports_wasi: action.imports_wasi(),
    })
}

/// Stores a component at its index. Frees the components of replaced actions that no prepared node uses any more.
fn store_component(
    components: &LinkedComponents,
    index: usize,
    linked_component: LinkedComponent,
) -> Rc<LinkedComponent> {
    let linked_component = Rc::new(linked_component);
    let mut all = components.borrow_mut();
    for slot in all.iter_mut() {
        slot.take_if(|linked_component| linked_component.action.strong_count() == 0);
    }
    if all.len() <= index {
        all.resize(index + 1, None);
    }
    if let Some(slot) = all.get_mut(index) {
        *slot = Some(Rc::clone(&linked_component));
    }
    linked_component
}

/// Maximum memory of an instance that its worker drops itself, bytes. Larger instances go to the reclaim thread.
const INLINE_DROP_BYTES: u64 = 1 << 20;

/// An instance with its store. Dropping it releases the memory, however the run ends.
pub(super) struct GuestInstance<'a> {
    store: Option<Store<HostState>>,
    reclaim_handle: Option<&'a ReclaimHandle>,
}

impl GuestInstance<'_> {
    /// Runs the action once. Dropping the future ends the run at any point.
    pub(super) async fn run(mut self, component: &LinkedComponent, run_log: &RunLog) -> Result<GuestResult, RunError> {
        let Some(store) = &mut self.store else { return Err(RunError::PoolExhausted) };
        let result = async {
            let action = component.instance_pre.instantiate_async(&mut *store).await?;
            action.flow_action_handler().call_invoke(&mut *store).await
        };
        let returned = result.await;
        // A WASI function that exceeds a limit can't report that itself.
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
                        store.data().note_conflict();
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
        return RunError::Fault { code: ErrorCode::LimitTables, message };
    }
    let fault = |code, message: String| RunError::Fault { code, message };
    if is_exit(error) {
        return fault(ErrorCode::PluginTrap, "the plugin called exit; return a port or a refusal instead".to_owned());
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => fault(ErrorCode::LimitStack, "the plugin's recursion is too deep".to_owned()),
        Some(Trap::Interrupt) => fault(ErrorCode::LimitCpu, "the plugin used too much CPU time".to_owned()),
        Some(trap @ (Trap::MemoryOutOfBounds | Trap::HeapMisaligned)) => {
            let hint = "a linker stack size that is too small has the same symptom";
            fault(ErrorCode::PluginTrap, format!("the plugin stopped: {trap}; {hint}"))
        }
        Some(trap) => fault(ErrorCode::PluginTrap, format!("the plugin stopped: {trap}; the log says where")),
        None if is_host_call_size_limit(error) => {
            fault(ErrorCode::LimitHostBytes, "the plugin passed too many bytes in one host call".to_owned())
        }
        None => fault(ErrorCode::PluginTrap, format!("the plugin stopped: {}; the log says where", error_cause(error))),
    }
}

/// Maximum length of a cause in a message, characters.
const CAUSE_CHARACTERS: usize = 200;

/// Returns the cause of an error that is not a trap: its messages from the outermost inwards, without the backtrace.
fn error_cause(error: &wasmtime::Error) -> String {
    let messages = error.chain().map(ToString::to_string).filter(|message| !message.contains(BACKTRACE));
    let lines: Vec<_> = messages.filter_map(|message| message.lines().next().map(str::to_owned)).collect();
    let cause = if lines.is_empty() { "its code failed".to_owned() } else { lines.join(": ") };
    first_characters(&cause, CAUSE_CHARACTERS).to_owned()
}

/// The start of the engine's message that contains the backtrace.
const BACKTRACE: &str = "error while executing at wasm backtrace";

/// Returns whether the error is the limit on the data of one host call. Only its message identifies it.
fn is_host_call_size_limit(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("fuel allocated for hostcalls has been exhausted")
}
