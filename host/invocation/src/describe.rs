//! Calls a component's `describe` for its manifest. The component has no grants during the call.

use super::instance::{RunError, classify_trap, with_missing};
use flowhost_engine::Limits;
use flowhost_engine::cpu_clock::ThreadTimer;
use flowhost_engine::{LoadError, MissingItem};
use flowhost_error::ErrorCode;
use flowhost_host_functions::bindings::OutboundAction;
use flowhost_host_functions::{HostState, LogOrigin, RunLog};
use std::sync::Arc;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store, UpdateDeadline};

/// Instantiates the component and calls `describe`. It uses a separate thread, since the caller's thread may run a
/// runtime. The items that this host does not have are linked to refusals.
pub(super) fn describe(
    engine: &Engine,
    linker: &Linker<HostState>,
    limits: &Arc<Limits>,
    component: (&Component, &[MissingItem]),
) -> Result<String, LoadError> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let runtime =
                runtime.map_err(|error| LoadError::transient(ErrorCode::ComponentInvalid, error.to_string()))?;
            runtime.block_on(call_describe(engine, linker, limits, component))
        });
        let gone = |_| Err(LoadError::transient(ErrorCode::PluginTrap, "the thread that calls `describe` panicked"));
        thread.join().unwrap_or_else(gone)
    })
}

async fn call_describe(
    engine: &Engine,
    linker: &Linker<HostState>,
    limits: &Arc<Limits>,
    component: (&Component, &[MissingItem]),
) -> Result<String, LoadError> {
    let run_log = Arc::new(RunLog::new(limits));
    let mut store = Store::new(engine, HostState::for_describe(Arc::clone(limits), Arc::clone(&run_log)));
    store.limiter(|state| &mut state.instance_limiter);
    store.set_hostcall_fuel(limits.host_call_bytes);
    let (timer, cpu) = (ThreadTimer::start(), limits.cpu_time);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        Ok(if timer.elapsed() > cpu { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
    });
    let (component, missing) = component;
    let described = async {
        let linker = with_missing(linker, missing)?;
        let action = OutboundAction::instantiate_async(&mut store, component, &linker).await?;
        action.flow_action_handler().call_describe(&mut store).await
    };
    // The epoch stops a component that uses the CPU. Only this timeout stops one that waits, for example for a WASI
    // timer.
    let result = tokio::time::timeout(limits.invocation_timeout, described).await;
    run_log.flush_at_once(&LogOrigin { action: "describe", tenant: "", session: "" }, None);
    let Ok(result) = result else {
        let message = format!("the component takes longer than {:?} to describe itself", limits.invocation_timeout);
        return Err(LoadError::new(ErrorCode::LimitDeadline, message));
    };
    result.map_err(|error| {
        let (code, message) = match classify_trap(&error) {
            RunError::Fault { code, message } => (code, message),
            RunError::Store(error) => (ErrorCode::PluginTrap, error.to_string()),
            RunError::Conflict(_) => (ErrorCode::PluginTrap, "`describe` called a store function".to_owned()),
            RunError::PoolExhausted => {
                let message = "the host has no memory for an instance of the component; try again later";
                return LoadError::transient(ErrorCode::PluginTrap, message);
            }
        };
        LoadError::new(code, format!("the component can't describe itself: {message}"))
    })
}
