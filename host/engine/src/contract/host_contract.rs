//! The functions of this host, read from the contract's files.

use super::interface_name::InterfaceName;
use super::wit_type::{FunctionType, functions};
use super::{HANDLER, WIT_FILES};
use semver::Version;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use wit_parser::{InterfaceId, Resolve, SourceMap, Stability, World, WorldItem};

/// A function of the contract.
#[derive(Debug)]
pub(super) struct HostFunction {
    pub(super) function_type: FunctionType,
    /// The first version of the contract that has the function.
    since: Option<Version>,
}

/// The functions of an interface by name.
pub(super) type Interface = BTreeMap<String, HostFunction>;

/// Returns the interfaces of this host by name, without versions.
pub(super) fn host_interfaces() -> &'static BTreeMap<String, Interface> {
    static INTERFACES: OnceLock<BTreeMap<String, Interface>> = OnceLock::new();
    INTERFACES.get_or_init(|| parse_contract().unwrap_or_default())
}

/// Returns the lowest version of the contract that has the handler and all these functions. A function is named as in
/// `flow:outbound/dnd#blocks-campaign`.
pub fn lowest_version<'f>(functions: impl IntoIterator<Item = &'f str>) -> Option<String> {
    let find = |path: &str| {
        let (interface, function) = path.split_once('#')?;
        host_interfaces().get(interface)?.get(function)?.since.as_ref()
    };
    let handler = host_interfaces().get(HANDLER).into_iter().flat_map(BTreeMap::values);
    let since = handler.filter_map(|function| function.since.as_ref());
    let newest = since.chain(functions.into_iter().filter_map(find)).max();
    newest.map(ToString::to_string)
}

pub(super) fn parse_contract() -> Result<BTreeMap<String, Interface>, String> {
    let mut resolve = Resolve::default();
    let mut last = None;
    for package in ["action/", "outbound/"] {
        let mut sources = SourceMap::new();
        let files = WIT_FILES.iter().filter(|(path, _)| path.starts_with(package) && !path.contains("deps/"));
        files.for_each(|(path, text)| sources.push(Path::new(path), *text));
        let group = sources.parse().map_err(|(_, error)| format!("{error:#}"))?;
        last = Some(resolve.push_group(group).map_err(|error| format!("{error:#}"))?);
    }
    let package = last.ok_or("no package")?;
    let world = resolve.select_world(&[package], Some("outbound-action")).map_err(|error| format!("{error:#}"))?;
    let world: &World = resolve.worlds.get(world).ok_or("no world")?;
    let interfaces = world.imports.iter().chain(&world.exports).filter_map(|(key, item)| match item {
        WorldItem::Interface { id, .. } => {
            let name = resolve.name_world_key(key);
            Some((InterfaceName::parse(&name).path.to_owned(), interface(&resolve, *id)))
        }
        _ => None,
    });
    Ok(interfaces.collect())
}

fn interface(resolve: &Resolve, id: InterfaceId) -> Interface {
    let since = |name: &str| match &resolve.interfaces.get(id)?.functions.get(name)?.stability {
        Stability::Stable { since, .. } => Some(since.clone()),
        _ => None,
    };
    let functions = functions(resolve, id).into_iter();
    functions
        .map(|(name, function_type)| {
            let since = since(&name);
            (name, HostFunction { function_type, since })
        })
        .collect()
}
