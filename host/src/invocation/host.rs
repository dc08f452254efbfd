//! The embedding API: open a host, prepare nodes, invoke them.

use super::admission::Admission;
use super::builder::{Builder, OpenError};
use super::committer::CommitQueue;
use super::describe::describe;
use super::execute::Invocation;
use super::node::Node;
use super::outcome::{Failure, Outcome};
use super::request::Request;
use super::run::Workshop;
use super::shared::Shared;
use super::task::Reply;
use crate::capability;
use crate::catalog::{self, Action, ActionNotFound, Catalog, Current, LoadError, Loader};
use crate::domain::phone;
use crate::engine::cache::Cache as CodeCache;
use crate::engine::code;
use crate::engine::governor::{Bounds, Governed, Task};
use crate::engine::ticker::Ticker;
use crate::engine::undertaker::Undertaker;
use crate::engine::worker::{Manner, Worker};
use crate::engine::{self, Limits};
use crate::expression::Cache as ExpressionCache;
use crate::store::{Store, StoreError};
use serde_json::{Map, Value as Json};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::{Semaphore, oneshot};
use wasmtime::component::Linker;

/// Longest idempotency key, bytes.
const MAX_KEY_BYTES: usize = 256;

/// Runs actions. Cheap to share behind an [`Arc`]; dropping it waits for what it runs.
///
/// ```no_run
/// use flowhost::{Host, Request, Session, store::memory::MemoryStore};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().open(MemoryStore::new()).await?;
///
/// // Once, when the diagram is published: the node is checked and its expressions are parsed.
/// let parameters = serde_json::json!({
///     "CONTACT_NAME_EXPRESSION": "contact_name",
///     "CONTACT_IDENTIFIER_ENTITY": "contact_id",
/// });
/// let node = host.prepare("campaign-contact-manager@1", parameters.as_object().ok_or("no object")?)?;
///
/// // For every session that comes to the node.
/// let mut session = Session::new("acme", "whatsapp", "56987654321");
/// session.entities.insert("contact_name".to_owned(), "Ana".into());
/// let outcome = host.invoke(Request::new(node, session).with_key("s-1/n1/1")).await?;
/// println!("the flow goes on by {}", outcome.port);
/// # Ok(())
/// # }
/// ```
pub struct Host {
    // In the order of their ends: workers finish what they have, which the committer writes.
    workers: Vec<Worker<Workshop>>,
    _undertaker: Undertaker,
    _shared: Arc<Shared>,
    limits: Arc<Limits>,
    _ticker: Ticker,
    loader: Loader,
    catalog: Current<Catalog>,
    expressions: ExpressionCache,
    admission: Admission,
    store: Arc<dyn Store>,
}

impl Host {
    /// Settings to open one with.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) async fn open(builder: Builder, store: Arc<dyn Store>) -> Result<Self, OpenError> {
        // The first phone number would wait for its metadata otherwise. Without a thread, it does.
        drop(std::thread::Builder::new().name("flowhost-phones".to_owned()).spawn(phone::load));
        let limits = Arc::new(builder.limits);
        let loading = engine::build(&limits, 4).map_err(OpenError::Engine)?;
        let count = builder.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let engines = (0..count).map(|_| engine::build(&limits, limits.instances_per_worker));
        let engines: Vec<_> = engines.collect::<Result<_, _>>().map_err(OpenError::Engine)?;
        let all = engines.iter().chain([&loading]).cloned().collect();
        let ticker = Ticker::start(all).map_err(OpenError::Thread)?;
        let commits = CommitQueue::start(Arc::clone(&store)).await?;
        let shared = Arc::new(Shared::new(commits));

        let mut workers = Vec::with_capacity(count);
        let undertaker = Undertaker::start().map_err(OpenError::Thread)?;
        let manner = Manner { sockets: store.uses_sockets(), patience: builder.patience };
        for (index, engine) in engines.into_iter().enumerate() {
            let (store, limits, shared) = (Arc::clone(&store), Limits::clone(&limits), Arc::clone(&shared));
            let slots = Arc::new(Semaphore::new(limits.instances_per_worker.max(1) as usize));
            let burial = undertaker.burial(&slots);
            let own = (engine.clone(), ticker.pulse());
            let make = move || async move {
                let reader = store.reader().await?;
                Workshop::new(engine, reader.into(), (slots, burial), limits, shared).map_err(OpenError::Engine)
            };
            workers.push(Worker::start(index, own, manner, make).await.map_err(|error| match error {
                engine::worker::StartError::Thread(error) => OpenError::Thread(error),
                engine::worker::StartError::Make(error) => error,
            })?);
        }
        let loader = loader(&loading, builder.cache.as_deref(), &limits, &ticker).map_err(OpenError::Engine)?;
        let host = Self {
            workers,
            _undertaker: undertaker,
            _shared: shared,
            limits: Arc::clone(&limits),
            _ticker: ticker,
            loader,
            catalog: Current::default(),
            expressions: ExpressionCache::default(),
            admission: Admission::new(limits),
            store,
        };
        if !builder.bare {
            for (_, component) in catalog::built_in() {
                host.load(component).map_err(OpenError::BuiltIn)?;
            }
        }
        for folder in &builder.plugins {
            host.load_folder(folder)?;
        }
        Ok(host)
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The actions there are now.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.get()
    }

    /// Adds a component to the catalogue. An action of the same id and version gives way to it; prepared nodes keep
    /// what they have.
    ///
    /// # Errors
    /// It is no component, doesn't fit the contract, or met a bound; see [`LoadError`].
    pub fn load(&self, component: &[u8]) -> Result<Arc<Action>, LoadError> {
        let action = Arc::new(self.loader.load(component)?);
        self.catalog.change(|catalog| catalog.add(Arc::clone(&action)));
        Ok(action)
    }

    /// Checks a component as [`Host::load`] does, without adding it.
    ///
    /// # Errors
    /// As [`Host::load`].
    pub fn inspect(&self, component: &[u8]) -> Result<Arc<Action>, LoadError> {
        self.loader.load(component).map(Arc::new)
    }

    /// Checks a node's parameters and parses its expressions, once for many invocations. What is wrong with them is
    /// among [`Node::diagnostics`]; such a node can be invoked, and refuses.
    ///
    /// # Errors
    /// There is no such action.
    pub fn prepare(&self, action: &str, parameters: &Map<String, Json>) -> Result<Node, ActionNotFound> {
        let action = Arc::clone(self.catalog().find(action)?);
        Ok(Node::new(action, parameters, &self.expressions))
    }

    /// Invokes a node for a session. The outcome is durable when it is answered; dropping the future before the
    /// invocation's writes are handed over ends it without a trace.
    ///
    /// # Errors
    /// The request was not carried out, and nothing changed; see [`Failure`].
    pub async fn invoke(&self, request: Request) -> Result<Outcome, Failure> {
        self.check(&request)?;
        let admitted = self.admission.admit(&request.session.tenant).await?;
        let (reply, answer) = oneshot::channel();
        let queued = Instant::now();
        let submitted = self.worker().is_some_and(|worker| {
            worker.submit(Box::new(move |workshop| {
                job(Invocation::new(request, Rc::clone(workshop), Reply::new(reply)), queued)
            }))
        });
        let stopping = || Failure::passing("overloaded", "the host is stopping");
        if !submitted {
            return Err(stopping());
        }
        let result = answer.await.map_err(|_| stopping())?;
        drop(admitted);
        result
    }

    /// Finishes what runs, and lets the store tidy up: afterwards a file stands for itself, without others beside it.
    /// Dropping the host finishes what runs, too.
    ///
    /// # Errors
    /// The store's; nothing is lost by it.
    pub async fn close(self) -> Result<(), StoreError> {
        let store = Arc::clone(&self.store);
        drop(self);
        store.close().await
    }

    fn check(&self, request: &Request) -> Result<(), Failure> {
        let limits = self.limits();
        let bytes = request.session.check(limits)? + request.node.bytes();
        if bytes > limits.request_bytes {
            let message =
                format!("session and parameters have {bytes} bytes; at most {} are allowed", limits.request_bytes);
            return Err(Failure::new("request-too-large", message));
        }
        match &request.key {
            Some(key) if key.is_empty() || key.len() > MAX_KEY_BYTES => {
                Err(Failure::new("request-invalid", format!("a key must have 1 to {MAX_KEY_BYTES} bytes")))
            }
            _ => Ok(()),
        }
    }

    /// The worker that the calling thread has used before, unless another has clearly less to do: what goes to and fro
    /// between them stays near them.
    fn worker(&self) -> Option<&Worker<Workshop>> {
        let nearest = self.workers.get(nearness() % self.workers.len().max(1))?;
        let idlest = self.workers.iter().min_by_key(|worker| worker.load())?;
        let (load, least) = (nearest.load(), idlest.load());
        Some(if load > least + least / 2 { idlest } else { nearest })
    }

    fn load_folder(&self, folder: &Path) -> Result<(), OpenError> {
        let unreadable = |error| OpenError::Plugins { path: folder.to_owned(), error };
        let entries = std::fs::read_dir(folder).map_err(unreadable)?;
        let mut files: Vec<_> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(unreadable)?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        files.sort();
        for path in files {
            let bytes = std::fs::read(&path).map_err(|error| OpenError::Plugins { path: path.clone(), error })?;
            if let Err(error) = self.load(&bytes) {
                tracing::warn!(target: "flowhost::load", "{} is left out: {}: {error}", path.display(), error.code);
            }
        }
        Ok(())
    }
}

fn loader(
    engine: &wasmtime::Engine,
    cache: Option<&Path>,
    limits: &Arc<Limits>,
    ticker: &Ticker,
) -> wasmtime::Result<Loader> {
    let mut linker = Linker::new(engine);
    capability::link(&mut linker)?;
    let cache = cache.and_then(|folder| match CodeCache::open(folder, code::compatibility(engine)) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!("compiled code is not kept in {}: {error}", folder.display());
            None
        }
    });
    let (asked, pulse, bounds) = (engine.clone(), ticker.pulse(), Arc::clone(limits));
    let description = Box::new(move |component: &_| {
        pulse.begin();
        let answer = describe(&asked, &linker, &bounds, component);
        pulse.end();
        answer
    });
    Ok(Loader::new(engine.clone(), cache, Arc::clone(limits), description))
}

/// A number of the calling thread's own, from 0.
fn nearness() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed));
    THREAD.with(|number| *number)
}

/// The invocation as its worker runs it.
fn job(invocation: Invocation, queued: Instant) -> Governed {
    let limits = &invocation.workshop.limits;
    let bounds = Bounds { cpu: limits.cpu, deadline: limits.deadline, queue: limits.queue };
    let heavy = invocation.is_expected_heavy();
    let invocation = Rc::new(invocation);
    let task: Rc<dyn Task> = Rc::clone(&invocation) as _;
    let work = Box::pin(async move { invocation.work().await });
    Governed::new(task, work, bounds, (queued, heavy))
}
