//! Comparison of a component with the contract, and explanations of the differences for its author.

mod host_contract;
mod interface_name;
mod mismatch;
mod wit_type;

pub use host_contract::lowest_version;
pub use mismatch::{ContractMismatch, advice};

use host_contract::host_interfaces;
use interface_name::InterfaceName;
use serde::{Deserialize, Serialize};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{InterfaceId, Resolve, TypeDefKind, World, WorldItem, WorldKey};
use wit_type::{FunctionType, functions};

/// The files of the contract by path, as an author needs them.
pub const WIT_FILES: [(&str, &str); 8] = [
    ("manifest.schema.json", include_str!("../../../wit/manifest.schema.json")),
    ("action/types.wit", include_str!("../../../wit/action/types.wit")),
    ("action/host.wit", include_str!("../../../wit/action/host.wit")),
    ("action/world.wit", include_str!("../../../wit/action/world.wit")),
    ("outbound/outbound.wit", include_str!("../../../wit/outbound/outbound.wit")),
    ("outbound/deps/flow-action/types.wit", include_str!("../../../wit/outbound/deps/flow-action/types.wit")),
    ("outbound/deps/flow-action/host.wit", include_str!("../../../wit/outbound/deps/flow-action/host.wit")),
    ("outbound/deps/flow-action/world.wit", include_str!("../../../wit/outbound/deps/flow-action/world.wit")),
];

/// The release of the contract that this host implements.
pub const CONTRACT_VERSION: &str = "1.0.0";

/// The interface that every action exports.
pub const HANDLER: &str = "flow:action/handler";

/// Interfaces of WASI 0.2 that the host provides to components that import them.
const WASI: [&str; 6] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// The packages whose functions a component may import although this host does not have them.
const PACKAGES: [&str; 2] = ["flow:action/", "flow:outbound/"];

/// Maximum number of rows in the table of differences.
const MAX_DIFFERENCES: usize = 100;

/// The parts of a component's type that the host checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComponentType {
    /// Imported functions, for example `flow:outbound/dnd#blocks-campaign`, including those of `wasi:`.
    pub imports: Vec<String>,
    /// Imported functions and resources of the contract's packages that this host does not have.
    pub missing: Vec<MissingItem>,
    /// The newest version of the contract that the component names.
    pub built: String,
    /// Differences from the contract; empty if the component matches.
    pub differences: Vec<ContractMismatch>,
}

/// An item of a newer contract that a component imports. The host links it to a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingItem {
    /// The interface without its version, for example `flow:outbound/dnd`.
    pub interface: String,
    /// The version of the interface that the component imports.
    pub version: String,
    /// The name of the function or resource in its interface.
    pub name: String,
    /// The function's type in WIT; `None` for a resource.
    pub signature: Option<String>,
}

impl MissingItem {
    /// Returns the name as in a manifest's `uses`: `flow:outbound/dnd#blocks-campaign`.
    pub fn path(&self) -> String {
        format!("{}#{}", self.interface, self.name)
    }

    /// Returns the interface's name in a linker: with this host's version if the host has the interface.
    pub fn instance_name(&self) -> String {
        let is_known = host_interfaces().contains_key(&self.interface);
        format!("{}@{}", self.interface, if is_known { CONTRACT_VERSION } else { &self.version })
    }

    /// Returns the row of the table that reports the item.
    pub fn mismatch(&self) -> ContractMismatch {
        let signature = self.signature.as_deref().unwrap_or("resource");
        let item = format!("{}@{}#{}: {signature}", self.interface, self.version, self.name);
        ContractMismatch::new(item, "", "this host doesn't export it")
    }
}

/// Reads a component's type and compares it with the interfaces of this host.
///
/// # Errors
/// The type can't be read; the message gives the reason.
pub fn inspect(component: &[u8]) -> Result<ComponentType, String> {
    let decoded = decode(component).map_err(|error| format!("{error:#}"))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err("it is a package of interfaces, not a component".to_owned());
    };
    let world = resolve.worlds.get(world).ok_or("it has no world")?;
    let mut component_type = ComponentType::default();
    for (key, item) in &world.imports {
        inspect_import(&resolve, key, item, &mut component_type);
    }
    inspect_handler(&resolve, world, &mut component_type);
    component_type.imports.sort();
    component_type.built = newest_version(&resolve, world);
    component_type.differences.truncate(MAX_DIFFERENCES);
    Ok(component_type)
}

/// Returns the newest version among the component's imports and exports of this project's packages.
fn newest_version(resolve: &Resolve, world: &World) -> String {
    let ids: Vec<_> = world.imports.keys().chain(world.exports.keys()).map(|key| resolve.name_world_key(key)).collect();
    let names = ids.iter().map(|id| InterfaceName::parse(id)).filter(|name| name.is_of(&PACKAGES));
    let newest = names.filter_map(|name| name.parse_version()).max();
    newest.map_or_else(|| CONTRACT_VERSION.to_owned(), |version| version.to_string())
}

fn inspect_import(resolve: &Resolve, key: &WorldKey, item: &WorldItem, component_type: &mut ComponentType) {
    let id = resolve.name_world_key(key);
    let name = InterfaceName::parse(&id);
    match item {
        WorldItem::Interface { id: interface, .. } => {
            let functions = functions(resolve, *interface);
            component_type.imports.extend(functions.keys().map(|function| format!("{}#{function}", name.path)));
            if name.is_of(&PACKAGES) {
                compare_import(&name, functions, component_type);
                component_type.missing.extend(resources(resolve, *interface, &name));
            } else if !WASI.iter().any(|prefix| id.starts_with(prefix)) || !name.version.starts_with("0.2.") {
                component_type.differences.push(missing_interface(&id));
            }
        }
        WorldItem::Function(_) => component_type.differences.push(missing_interface(&id)),
        WorldItem::Type { .. } => {}
    }
}

/// Compares the functions of an imported interface. Functions that this host does not have are collected.
fn compare_import(
    name: &InterfaceName<'_>,
    functions: impl IntoIterator<Item = (String, FunctionType)>,
    component_type: &mut ComponentType,
) {
    if !name.is_compatible_with(CONTRACT_VERSION) {
        return component_type.differences.push(other_release(name));
    }
    let host_interface = host_interfaces().get(name.path);
    for (function, function_type) in functions {
        match host_interface.and_then(|interface| interface.get(&function)) {
            Some(host_function) => {
                let mismatch = compare_functions(name, &function, &function_type, &host_function.function_type);
                component_type.differences.extend(mismatch);
            }
            None => component_type.missing.push(MissingItem {
                interface: name.path.to_owned(),
                version: name.version.to_owned(),
                name: function,
                signature: Some(function_type.to_string()),
            }),
        }
    }
}

/// Returns the resources of an imported interface. The contract of this host has none.
fn resources(resolve: &Resolve, interface: InterfaceId, name: &InterfaceName<'_>) -> Vec<MissingItem> {
    let types = resolve.interfaces.get(interface).into_iter().flat_map(|interface| &interface.types);
    let is_resource = |id| resolve.types.get(id).is_some_and(|definition| definition.kind == TypeDefKind::Resource);
    let resources = types.filter(|(_, id)| is_resource(**id));
    let missing = |(resource, _): (&String, _)| MissingItem {
        interface: name.path.to_owned(),
        version: name.version.to_owned(),
        name: resource.clone(),
        signature: None,
    };
    resources.map(missing).collect()
}

/// Compares the exported handler. A newer handler may have further functions.
fn inspect_handler(resolve: &Resolve, world: &World, component_type: &mut ComponentType) {
    let exports = world.exports.iter().filter_map(|(key, item)| match item {
        WorldItem::Interface { id, .. } => Some((resolve.name_world_key(key), *id)),
        _ => None,
    });
    let mut others = Vec::new();
    for (id, interface) in exports {
        let name = InterfaceName::parse(&id);
        if name.path != HANDLER {
            others.push(id);
            continue;
        }
        if !name.is_compatible_with(CONTRACT_VERSION) {
            return component_type.differences.push(other_release(&name));
        }
        let exported = functions(resolve, interface);
        for (function, host_function) in host_interfaces().get(HANDLER).into_iter().flatten() {
            let expected = &host_function.function_type;
            component_type.differences.extend(match exported.get(function) {
                Some(function_type) => compare_functions(&name, function, function_type, expected),
                None => {
                    let host_item = format!("{HANDLER}#{function}: {expected}");
                    Some(ContractMismatch::new(id.clone(), host_item, "the component doesn't export the function"))
                }
            });
        }
        return;
    }
    let component_item = if others.is_empty() { "no interface".to_owned() } else { others.join(", ") };
    let what = "the component doesn't export the handler; it was built for another world";
    let host_item = format!("{HANDLER}@{CONTRACT_VERSION}");
    component_type.differences.push(ContractMismatch::new(component_item, host_item, what));
}

fn compare_functions(
    name: &InterfaceName<'_>,
    function: &str,
    component_function: &FunctionType,
    host_function: &FunctionType,
) -> Option<ContractMismatch> {
    let differs = component_function.difference(host_function)?;
    let full_name = |version: &str| format!("{}@{version}#{function}", name.path);
    let component_item = format!("{}: {component_function}", full_name(name.version));
    let host_item = format!("{}: {host_function}", full_name(CONTRACT_VERSION));
    Some(ContractMismatch::new(component_item, host_item, "the function has another type").with_part(differs))
}

fn missing_interface(id: &str) -> ContractMismatch {
    ContractMismatch::new(id, "", "this host doesn't export it")
}

fn other_release(name: &InterfaceName<'_>) -> ContractMismatch {
    let host_item = format!("{}@{CONTRACT_VERSION}", name.path);
    ContractMismatch::new(format!("{}@{}", name.path, name.version), host_item, "another release of the contract")
}

#[cfg(test)]
mod tests;
