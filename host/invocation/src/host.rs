//! The embedding API: open a host, prepare nodes, invoke them.

use super::action_loader::{ActionLoader, LoadSettings, log_findings};
use super::admission::Admission;
use super::builder::{HostBuilder, OpenError};
use super::canonical_json::MAX_CONTAINERS;
use super::committer::CommitQueue;
use super::execute::Invocation;
use super::instance::WorkerContext;
use super::node::PreparedNode;
use super::outcome::{Failure, Outcome};
use super::request::Request;
use super::shared::HostShared;
use super::task::ReplySlot;
use crate::catalog::{Action, ActionNotFound, Catalog, ReplaceableIds};
use arc_swap::ArcSwap;
use flowhost_domain::json::MAX_TREE_BYTES;
use flowhost_domain::phone;
use flowhost_engine::Limits;
use flowhost_engine::LoadError;
use flowhost_engine::inbox::Priority;
use flowhost_engine::memory_budget::MemoryBudget;
use flowhost_engine::reclaim::Reclaimer;
use flowhost_engine::task::{SupervisedTask, Task, TaskLimits};
use flowhost_engine::ticker::EpochTicker;
use flowhost_engine::worker::{Worker, WorkerOptions};
use flowhost_error::ErrorCode;
use flowhost_expression::ExpressionCache;
use flowhost_store::{Store, StoreError};
use serde_json::{Map, Value as Json};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::{Semaphore, oneshot};

/// A host that runs actions, with its own worker threads.
///
/// Share it behind an [`Arc`]. [`Host::prepare`] checks a node once, and [`Host::invoke`] runs it for each session, in
/// any async runtime. An invocation takes effect as a whole or not at all. [`Host::limits`] has the limits of its
/// memory, CPU time and bytes. Dropping the host waits for the running invocations.
///
/// # Errors
/// [`HostBuilder::open`] returns an [`OpenError`], [`Host::prepare`] an [`ActionNotFound`], and [`Host::invoke`] a
/// [`Failure`]. A refusal of the action is not an error but an [`Outcome`] at port `error`.
///
/// ```
/// use flowhost_host_functions::Session;
/// use flowhost_invocation::{Host, Request};
/// use flowhost_store::{MemoryStore, apply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tenants = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
///     "channels": ["whatsapp"]}]}"#;
/// let store = MemoryStore::new();
/// apply(&store, tenants).await?;
/// let host = Host::builder().workers(1).open(store).await?;
///
/// // Once, when the flow is published: `prepare` checks the node and parses its expressions.
/// let parameters = serde_json::json!({
///     "CONTACT_NAME_EXPRESSION": "contact_name",
///     "CONTACT_IDENTIFIER_ENTITY": "contact_id",
/// });
/// let node = host.prepare("campaign-contact-manager@1", parameters.as_object().ok_or("not an object")?)?;
/// assert!(node.diagnostics().is_empty());
///
/// // For every session that reaches the node. A key answers the same only with the same session id.
/// let mut session = Session::new("acme", "whatsapp", "56987654321");
/// session.id = "s-1".to_owned();
/// session.entities.insert("contact_name".to_owned(), "Ana".into());
/// let outcome = host.invoke(Request::new(node, session).with_key("s-1/n1/1")).await?;
/// assert_eq!(outcome.port, "next");
/// assert!(outcome.entities.contains_key("contact_id"));
/// host.close().await?;
/// # Ok(())
/// # }
/// ```
pub struct Host {
    // The order of the fields is the order of their drops: the workers finish their tasks first, and the committer
    // writes the results.
    workers: Vec<Worker<WorkerContext>>,
    _reclaimer: Reclaimer,
    _shared: Arc<HostShared>,
    limits: Arc<Limits>,
    _ticker: EpochTicker,
    action_loader: ActionLoader,
    catalog: ArcSwap<Catalog>,
    expressions: ExpressionCache,
    admission: Arc<Admission>,
    store: Arc<dyn Store>,
}

impl Host {
    /// Returns the default settings of a host.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    pub(super) async fn open(builder: HostBuilder, store: Arc<dyn Store>) -> Result<Self, OpenError> {
        // Loads the metadata of phone numbers in advance. If the thread can't be started, the first phone number loads
        // it.
        drop(std::thread::Builder::new().name("flowhost-phones".to_owned()).spawn(phone::preload_metadata));
        let limits = Arc::new(builder.limits);
        let loading = flowhost_engine::new_engine(&limits, 4).map_err(OpenError::Engine)?;
        let count = builder.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let engines = (0..count).map(|_| flowhost_engine::new_engine(&limits, limits.instances_per_worker));
        let engines: Vec<_> = engines.collect::<Result<_, _>>().map_err(OpenError::Engine)?;
        let all = engines.iter().chain([&loading]).cloned().collect();
        let ticker = EpochTicker::start(all).map_err(OpenError::Thread)?;
        let commit_queue = CommitQueue::start(Arc::clone(&store)).await?;
        let shared = Arc::new(HostShared::new(commit_queue, &limits));

        let memory = MemoryBudget::new(limits.host_memory_bytes);
        let permits = count.saturating_mul(limits.instances_per_worker.max(1) as usize);

        let mut workers = Vec::with_capacity(count);
        let reclaimer = Reclaimer::start().map_err(OpenError::Thread)?;
        let options = WorkerOptions { enable_io: store.needs_io_driver(), idle_spin: builder.idle_spin };
        for (index, engine) in engines.into_iter().enumerate() {
            let (store, limits) = (Arc::clone(&store), Limits::clone(&limits));
            let shared = (Arc::clone(&shared), Arc::clone(&memory));
            let instance_permits = Arc::new(Semaphore::new(limits.instances_per_worker.max(1) as usize));
            let reclaim_handle = reclaimer.handle(&instance_permits);
            let own = (engine.clone(), ticker.activity_handle());
            let make = move || async move {
                let reader = store.reader().await?;
                WorkerContext::new(engine, reader.into(), (instance_permits, reclaim_handle), limits, shared)
                    .map_err(OpenError::Engine)
            };
            workers.push(Worker::start(index, own, options, make).await.map_err(|error| match error {
                flowhost_engine::worker::StartError::Thread(error) => OpenError::Thread(error),
                flowhost_engine::worker::StartError::Make(error) => error,
            })?);
        }
        let settings = LoadSettings {
            cache: builder.cache,
            compiler: builder.compiler,
            replaceable: ReplaceableIds::new(builder.replaceable),
        };
        let loading = ActionLoader::new(&loading, settings, &limits, &ticker).map_err(OpenError::Engine)?;
        let host = Self {
            workers,
            _reclaimer: reclaimer,
            _shared: shared,
            limits: Arc::clone(&limits),
            _ticker: ticker,
            action_loader: loading,
            catalog: ArcSwap::default(),
            expressions: ExpressionCache::default(),
            admission: Admission::new(limits, permits, memory),
            store,
        };
        let catalog = host.action_loader.load_initial(builder.built_in_actions, &builder.plugins)?;
        host.catalog.store(Arc::new(catalog));
        Ok(host)
    }

    /// Returns the limits of this host.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns the store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Returns the current actions.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    /// Adds a component to the catalogue. It replaces an action with the same id and version. Only
    /// [`HostBuilder::replace_built_in`] permits the id of a built-in action. Prepared nodes keep their action.
    ///
    /// # Errors
    /// It is not a component, does not match the contract, has a reserved id, or exceeds a limit; see [`LoadError`].
    pub fn load(&self, component: &[u8]) -> Result<Arc<Action>, LoadError> {
        let action = self.inspect(component)?;
        log_findings(&"a loaded component", &action);
        self.catalog.rcu(|catalog| {
            let mut catalog = Catalog::clone(catalog);
            catalog.add(Arc::clone(&action));
            catalog
        });
        Ok(action)
    }

    /// Checks a component as [`Host::load`] does, without adding it.
    ///
    /// # Errors
    /// As [`Host::load`].
    pub fn inspect(&self, component: &[u8]) -> Result<Arc<Action>, LoadError> {
        self.action_loader.inspect(component)
    }

    /// Checks a node's parameters and parses its expressions, once for many invocations. [`PreparedNode::diagnostics`]
    /// lists the errors. A node with errors can be invoked, but every invocation ends with a refusal.
    ///
    /// Hostile parameters cost at most some milliseconds of CPU time. A list has at most 100 elements, a node at most
    /// 200 parameters, and its expressions together at most about 150,000 tokens. A node beyond these limits is
    /// `parameter-invalid`. Parameters of more than [`Limits::request_bytes`], or with more than 10,000 lists and
    /// objects, are not checked, since no request can contain them.
    ///
    /// # Errors
    /// The action does not exist.
    pub fn prepare(&self, action: &str, parameters: &Map<String, Json>) -> Result<PreparedNode, ActionNotFound> {
        Ok(self.prepare_action(Arc::clone(self.catalog().find(action)?), parameters))
    }

    /// Prepares a node of this action, as [`Host::prepare`] does.
    pub fn prepare_action(&self, action: Arc<Action>, parameters: &Map<String, Json>) -> PreparedNode {
        PreparedNode::new(action, parameters, &self.expressions, self.limits.request_bytes)
    }

    /// Invokes a node for a session. The outcome is durable when the future returns it. Dropping the future before the
    /// invocation has queued its writes ends the invocation without any effect.
    ///
    /// # Errors
    /// The host did not carry out the request and changed nothing; see [`Failure`].
    pub async fn invoke(&self, request: Request) -> Result<Outcome, Failure> {
        let bytes = self.check(&request)?;
        let permit = self.admission.admit(&request.session.tenant, bytes).await?;
        let priority = if permit.is_first() { Priority::First } else { Priority::Ordinary };
        let (reply, answer) = oneshot::channel();
        let queued = Instant::now();
        let submitted = self.pick_worker().is_some_and(|worker| {
            let make_task = move |context: &Rc<WorkerContext>| {
                into_task(Invocation::new(request, permit, Rc::clone(context), ReplySlot::new(reply)), queued)
            };
            worker.submit(Box::new(make_task), priority)
        });
        let stopping = || Failure::transient(ErrorCode::Overloaded, "the host is stopping");
        if !submitted {
            return Err(stopping());
        }
        answer.await.map_err(|_| stopping())?
    }

    /// Finishes the running invocations and closes the store, which then removes its auxiliary files. Dropping the host
    /// also finishes the running invocations.
    ///
    /// # Errors
    /// The store failed to close; no data is lost.
    pub async fn close(self) -> Result<(), StoreError> {
        let store = Arc::clone(&self.store);
        drop(self);
        store.close().await
    }

    /// Checks a request against its limits. Returns how many bytes of memory it uses.
    fn check(&self, request: &Request) -> Result<usize, Failure> {
        let limits = self.limits();
        let size = request.session.check(limits)?;
        if size.tree_bytes > MAX_TREE_BYTES {
            let message = format!(
                "the session's lists and objects use {} bytes of memory; at most {MAX_TREE_BYTES} are allowed",
                size.tree_bytes
            );
            return Err(Failure::new(ErrorCode::RequestTooLarge, message));
        }
        let bytes = request.node.bytes().and_then(|bytes| bytes.checked_add(size.bytes));
        if bytes.is_none_or(|bytes| bytes > limits.request_bytes) {
            let message = format!(
                "session and parameters have more than {} bytes, or the parameters more than {MAX_CONTAINERS} lists and \
                 objects; make them smaller",
                limits.request_bytes
            );
            return Err(Failure::new(ErrorCode::RequestTooLarge, message));
        }
        request.check_key()?;
        Ok(bytes.unwrap_or(limits.request_bytes).saturating_add(size.tree_bytes))
    }

    /// Returns the worker that the calling thread used before, unless another has clearly fewer tasks. Using the same
    /// worker keeps the exchanged data in nearby caches. A worker whose instance slots may all be in use is left out, so
    /// that a permit is never held without a slot.
    fn pick_worker(&self) -> Option<&Worker<WorkerContext>> {
        let nearest = self.workers.get(caller_index() % self.workers.len().max(1))?;
        let idlest = self.workers.iter().min_by_key(|worker| worker.active_tasks())?;
        let (load, least) = (nearest.active_tasks(), idlest.active_tasks());
        let is_full = load >= self.limits.instances_per_worker.max(1) as usize;
        Some(if is_full || load > least + least / 2 { idlest } else { nearest })
    }
}

/// Returns a number that is unique to the calling thread, counted from 0.
fn caller_index() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed));
    THREAD.with(|number| *number)
}

/// Wraps the invocation in a supervised task.
fn into_task(invocation: Invocation, queued: Instant) -> SupervisedTask {
    let limits = &invocation.context.limits;
    let task_limits = TaskLimits {
        cpu_time: limits.cpu_time,
        invocation_timeout: limits.invocation_timeout,
        queue_timeout: limits.queue_timeout,
    };
    let is_background = invocation.is_expected_long_running();
    let invocation = Rc::new(invocation);
    let task: Rc<dyn Task> = Rc::clone(&invocation) as _;
    let future = Box::pin(async move { invocation.run().await });
    SupervisedTask::new(task, future, task_limits, (queued, is_background))
}
