//! Functions of a newer contract, which this host does not have. They are linked to a refusal, because guests in Python
//! and JavaScript import every function of their world.

use super::{Abort, HostState};
use flowhost_engine::MissingItem;
use flowhost_error::ErrorCode;
use wasmtime::component::{Linker, ResourceType};

/// The host's representation of a resource that it does not have.
struct MissingResource;

/// Links the items that a component imports and this host does not have. A call of such a function ends the run.
///
/// # Errors
/// The linker has an item with the same name already.
pub fn link_missing(linker: &mut Linker<HostState>, missing: &[MissingItem]) -> wasmtime::Result<()> {
    for item in missing {
        let mut instance = linker.instance(&item.instance_name())?;
        if item.signature.is_none() {
            instance.resource(&item.name, ResourceType::host::<MissingResource>(), |_, _| Ok(()))?;
            continue;
        }
        let path = item.path();
        instance.func_new(&item.name, move |_, _, _, _| {
            let message =
                format!("the plugin called {path}, which this host does not have and its manifest doesn't list");
            Err(Abort::fault(ErrorCode::PluginContract, message).into())
        })?;
    }
    Ok(())
}
