//! Comparison of a component with the contract, and explanations of the differences for its author.

use flowhost_error::text::single_line;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, SourceMap, Type, TypeDefKind, TypeId, World, WorldId, WorldItem, WorldKey,
};

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

/// A line of the table that explains a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractMismatch {
    /// The import or export of the component, in WIT.
    pub component_item: String,
    /// The corresponding item of this host; empty if it has none.
    pub host_item: String,
    /// The difference.
    pub what: String,
}

/// The parts of a component's type that the host checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComponentType {
    /// Imported functions, for example `flow:outbound/dnd#blocks-campaign`, including those of `wasi:`.
    pub imports: Vec<String>,
    /// Differences from the contract; empty if the component matches.
    pub differences: Vec<ContractMismatch>,
}

/// Functions by name, with signatures whose texts are equal for equal types.
type Functions = BTreeMap<String, String>;

/// An interface's name and version.
struct InterfaceName<'n> {
    path: &'n str,
    version: &'n str,
}

impl<'n> InterfaceName<'n> {
    fn parse(id: &'n str) -> Self {
        let (path, version) = id.split_once('@').unwrap_or((id, ""));
        Self { path, version }
    }

    /// Returns whether the host's release can replace this one: 0.1.x is compatible with 0.1.y.
    fn is_compatible_with(&self, host_item: &str) -> bool {
        let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
        minor(self.version) == minor(host_item)
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
    // Types are written in full, and a small component may have large ones.
    for ContractMismatch { component_item, .. } in &mut component_type.differences {
        *component_item = single_line(std::mem::take(component_item));
    }
    component_type.imports.sort();
    Ok(component_type)
}

fn inspect_import(resolve: &Resolve, key: &WorldKey, item: &WorldItem, component_type: &mut ComponentType) {
    let id = resolve.name_world_key(key);
    let name = InterfaceName::parse(&id);
    match item {
        WorldItem::Interface { id: interface, .. } => {
            let component_item = functions(resolve, *interface);
            component_type.imports.extend(component_item.keys().map(|function| format!("{}#{function}", name.path)));
            if name.path.starts_with("flow:") {
                compare(&name, &component_item, host_interfaces().get(name.path), &mut component_type.differences);
            } else if !WASI.iter().any(|prefix| id.starts_with(prefix)) || !name.version.starts_with("0.2.") {
                component_type.differences.push(missing_interface(&id));
            }
        }
        WorldItem::Function(_) => component_type.differences.push(missing_interface(&id)),
        WorldItem::Type { .. } => {}
    }
}

fn inspect_handler(resolve: &Resolve, world: &World, component_type: &mut ComponentType) {
    let exports = world.exports.iter().filter_map(|(key, item)| match item {
        WorldItem::Interface { id, .. } => Some((resolve.name_world_key(key), *id)),
        _ => None,
    });
    let mut others = Vec::new();
    for (id, interface) in exports {
        let name = InterfaceName::parse(&id);
        if name.path == HANDLER {
            return compare(
                &name,
                &functions(resolve, interface),
                host_interfaces().get(HANDLER),
                &mut component_type.differences,
            );
        }
        others.push(id);
    }
    let component_item = if others.is_empty() { "no interface".to_owned() } else { others.join(", ") };
    let what = "the component doesn't export the handler; it was built for another world".to_owned();
    component_type.differences.push(ContractMismatch {
        component_item,
        host_item: format!("{HANDLER}@{CONTRACT_VERSION}"),
        what,
    });
}

fn missing_interface(id: &str) -> ContractMismatch {
    ContractMismatch {
        component_item: id.to_owned(),
        host_item: String::new(),
        what: "this host doesn't export it".to_owned(),
    }
}

fn compare(
    name: &InterfaceName<'_>,
    component_item: &Functions,
    host_item: Option<&Functions>,
    differences: &mut Vec<ContractMismatch>,
) {
    let Some(host_item) = host_item else {
        return differences.push(missing_interface(&format!("{}@{}", name.path, name.version)));
    };
    if !name.is_compatible_with(CONTRACT_VERSION) {
        return differences.push(ContractMismatch {
            component_item: format!("{}@{}", name.path, name.version),
            host_item: format!("{}@{CONTRACT_VERSION}", name.path),
            what: "another release of the contract".to_owned(),
        });
    }
    for (function, component_item) in component_item {
        match host_item.get(function) {
            Some(host_item) if host_item == component_item => {}
            Some(host_item) => differences.push(ContractMismatch {
                component_item: format!("{}#{function}: {component_item}", name.path),
                host_item: host_item.clone(),
                what: "the function has other types".to_owned(),
            }),
            None => differences.push(missing_interface(&format!("{}#{function}: {component_item}", name.path))),
        }
    }
}

/// Returns the functions of this host by interface, without versions.
fn host_interfaces() -> &'static BTreeMap<String, Functions> {
    static INTERFACES: OnceLock<BTreeMap<String, Functions>> = OnceLock::new();
    INTERFACES.get_or_init(|| parse_contract().unwrap_or_default())
}

fn parse_contract() -> Result<BTreeMap<String, Functions>, String> {
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
    let world: WorldId =
        resolve.select_world(&[package], Some("outbound-action")).map_err(|error| format!("{error:#}"))?;
    let world = resolve.worlds.get(world).ok_or("no world")?;
    let items = world.imports.iter().chain(&world.exports);
    Ok(items
        .filter_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => {
                Some((InterfaceName::parse(&resolve.name_world_key(key)).path.to_owned(), functions(&resolve, *id)))
            }
            _ => None,
        })
        .collect())
}

fn functions(resolve: &Resolve, interface: InterfaceId) -> Functions {
    let functions = resolve.interfaces.get(interface).into_iter().flat_map(|interface| &interface.functions);
    functions.map(|(name, function)| (name.clone(), signature(resolve, function))).collect()
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters: Vec<_> = function
        .params
        .iter()
        .map(|parameter| format!("{}: {}", parameter.name, type_text(resolve, &parameter.ty)))
        .collect();
    let result =
        function.result.as_ref().map_or_else(String::new, |result| format!(" -> {}", type_text(resolve, result)));
    format!("func({}){result}", parameters.join(", "))
}

/// Returns a type in full. The linker ignores the names of records, but not their contents.
fn type_text(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::S8 => "s8".to_owned(),
        Type::S16 => "s16".to_owned(),
        Type::S32 => "s32".to_owned(),
        Type::S64 => "s64".to_owned(),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::String => "string".to_owned(),
        Type::ErrorContext => "error-context".to_owned(),
        Type::Id(id) => definition_text(resolve, *id),
    }
}

fn definition_text(resolve: &Resolve, id: TypeId) -> String {
    let Some(definition) = resolve.types.get(id) else { return "?".to_owned() };
    let of = |ty: &Type| type_text(resolve, ty);
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), of);
    let named = |name: &str| definition.name.clone().unwrap_or_else(|| name.to_owned());
    match &definition.kind {
        TypeDefKind::Type(ty) => of(ty),
        TypeDefKind::Record(record) => {
            let fields: Vec<_> =
                record.fields.iter().map(|field| format!("{}: {}", field.name, of(&field.ty))).collect();
            format!("record {{ {} }}", fields.join(", "))
        }
        TypeDefKind::Variant(variant) => {
            let case = |name: &str, ty: &Option<Type>| match ty {
                Some(ty) => format!("{name}({})", of(ty)),
                None => name.to_owned(),
            };
            let cases: Vec<_> = variant.cases.iter().map(|c| case(&c.name, &c.ty)).collect();
            format!("variant {{ {} }}", cases.join(", "))
        }
        TypeDefKind::Enum(cases) => {
            format!("enum {{ {} }}", cases.cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Flags(flags) => {
            format!("flags {{ {} }}", flags.flags.iter().map(|flag| flag.name.as_str()).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", tuple.types.iter().map(of).collect::<Vec<_>>().join(", ")),
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", maybe(&result.ok), maybe(&result.err)),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", of(ty)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", of(key), of(value)),
        TypeDefKind::Future(ty) => format!("future<{}>", maybe(ty)),
        TypeDefKind::Stream(ty) => format!("stream<{}>", maybe(ty)),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", definition_text(resolve, *id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", definition_text(resolve, *id)),
        TypeDefKind::Resource => named("resource"),
        TypeDefKind::Unknown => named("unknown"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_parsed_contract_has_the_interfaces_of_its_files() {
        let host_item = parse_contract().unwrap();
        assert!(host_item["flow:outbound/dnd"].contains_key("blocks-campaign"));
        assert!(host_item[HANDLER].contains_key("describe"));
        assert!(host_item["flow:action/log"]["write"].contains("enum { debug, info, warn, error }"));
    }

    #[test]
    fn another_release_of_the_contract_is_named() {
        let mut differences = Vec::new();
        let name = InterfaceName { path: "flow:outbound/dnd", version: "2.0.0" };
        compare(&name, &Functions::new(), Some(&Functions::new()), &mut differences);
        assert_eq!(differences[0].host_item, "flow:outbound/dnd@1.0.0");
    }

    #[test]
    fn a_patch_of_the_same_release_is_compatible() {
        assert!(InterfaceName { path: "", version: "1.0.7" }.is_compatible_with("1.0.0"));
        assert!(!InterfaceName { path: "", version: "2.0.0" }.is_compatible_with("1.0.0"));
    }
}
