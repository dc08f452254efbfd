//! Components that import a whole world, as guests in Python and JavaScript do. The contract may be altered.

use flowhost::catalog::{CONTRACT_VERSION, WIT_FILES};
use semver::Version;
use serde_json::{Value as Json, json};
use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, SourceMap, WorldId, WorldItem};

/// The files of a contract.
#[derive(Clone)]
pub struct Contract {
    files: Vec<(&'static str, String)>,
    world: &'static str,
}

/// The effect of `invoke` of a component.
#[derive(Clone, Copy)]
pub enum Behaviour<'b> {
    /// It returns the port `next`.
    Succeed,
    /// It calls a function with zeros: `flow:outbound/dnd#blocks-campaign`.
    Call(&'b str),
    /// It returns an error with this code.
    Refuse(&'b str),
}

impl Default for Contract {
    fn default() -> Self {
        let is_contract = |path: &str| path.ends_with(".wit") && !path.contains("deps/");
        let files = WIT_FILES.iter().filter(|(path, _)| is_contract(path));
        let files = files.map(|(path, text)| (*path, (*text).to_owned())).collect();
        Self { files, world: "flow:outbound/outbound-action" }
    }
}

impl Contract {
    /// The contract with `new` in place of `old`, which exists at exactly one place.
    #[must_use]
    pub fn replace(mut self, old: &str, new: &str) -> Self {
        let count: usize = self.files.iter().map(|(_, text)| text.matches(old).count()).sum();
        assert_eq!(count, 1, "{old}");
        self.files.iter_mut().for_each(|(_, text)| *text = text.replace(old, new));
        self
    }

    /// The contract with components of the world `action`, which import nothing of `flow:outbound`.
    #[must_use]
    pub fn of_action(self) -> Self {
        Self { world: "flow:action/action", ..self }
    }

    /// The contract with another version.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        let (old, new) = (format!("@{CONTRACT_VERSION}"), format!("@{version}"));
        self.files.iter_mut().for_each(|(_, text)| *text = text.replace(&old, &new));
        self
    }

    /// The next compatible version, with one more function `newer` of `flow:outbound/dnd`, and one more interface
    /// `flow:outbound/later` with a record and a resource.
    pub fn newer() -> Self {
        let function = "interface dnd {\n    newer: func(limit: u32) -> list<string>;\n";
        let interface = "interface later {
            record entry { id: string, count: u64 }
            resource cursor { next: func() -> option<entry>; }
            read: func(entry: entry) -> result<entry, string>;
        }\n";
        let contract = Self::default().replace("interface dnd {", function);
        let contract = contract.replace("world outbound-action {", "world outbound-action {\n    import later;\n");
        let mut contract = contract.version(&newer_version());
        for (path, text) in &mut contract.files {
            if path.starts_with("outbound/") {
                text.push_str(interface);
            }
        }
        contract
    }

    fn resolve(&self) -> (Resolve, WorldId) {
        let mut resolve = Resolve::default();
        let mut last = None;
        for package in ["action/", "outbound/"] {
            let mut sources = SourceMap::new();
            let files = self.files.iter().filter(|(path, _)| path.starts_with(package));
            files.for_each(|(path, text)| sources.push(Path::new(path), text.as_str()));
            let group = sources.parse().map_err(|(_, error)| error).expect("the contract parses");
            last = Some(resolve.push_group(group).expect("the contract resolves"));
        }
        let package = last.expect("the contract has packages");
        let world = resolve.select_world(&[package], Some(self.world)).expect("the world exists");
        (resolve, world)
    }

    /// A core module that imports every function of the contract, with the contract's type section.
    pub fn module(&self, manifest: &Json, behaviour: Behaviour<'_>) -> Vec<u8> {
        let (resolve, world) = self.resolve();
        let text = module_text(&resolve, world, &manifest.to_string(), behaviour);
        let mut module = wat::parse_str(text).expect("the module is valid");
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("the type is embedded");
        module
    }

    /// The module as a component.
    pub fn component(&self, manifest: &Json, behaviour: Behaviour<'_>) -> Vec<u8> {
        let module = self.module(manifest, behaviour);
        let encoder = ComponentEncoder::default().module(&module).expect("the module has a type section");
        encoder.validate(true).encode().expect("the component is valid")
    }
}

/// A version of the contract that is newer than the host's and compatible with it.
pub fn newer_version() -> String {
    let mut version: Version = CONTRACT_VERSION.parse().expect("the version is valid");
    if version.major == 0 {
        version.patch += 1
    } else {
        version.minor += 1
    }
    version.to_string()
}

/// A version of the contract with another major version.
pub fn next_major() -> String {
    let version: Version = CONTRACT_VERSION.parse().expect("the version is valid");
    format!("{}.0.0", version.major + 1)
}

/// A manifest without parameters that lists these functions.
pub fn manifest(id: &str, uses: &[&str]) -> Json {
    json!({
        "manifest": 1, "id": id, "version": "1.0.0", "category": "Test", "title": { "en": "Test" },
        "description": { "en": "A test" }, "parameters": [], "ports": ["next", "error"], "locales": ["en"],
        "uses": uses,
    })
}

/// Addresses in the memory of a module.
const MANIFEST: usize = 4_096;
const ANSWER: usize = 1_024;
const RESULT: usize = 16;

fn module_text(resolve: &Resolve, world: WorldId, manifest: &str, behaviour: Behaviour<'_>) -> String {
    let (mut imports, mut call) = (String::new(), None);
    for (index, (interface, function)) in imported_functions(resolve, world).iter().enumerate() {
        let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
        let path = format!("{}#{}", interface.split('@').next().unwrap_or_default(), function.name);
        if matches!(behaviour, Behaviour::Call(name) if name == path) {
            let zeros = signature.params.iter().map(|kind| format!("({}.const 0)", value_type(*kind)));
            let drops = "drop ".repeat(signature.results.len());
            call = Some(format!("(call $f{index} {}) {drops}", zeros.collect::<String>()));
        }
        let names = |kinds: &[WasmType]| kinds.iter().map(|kind| value_type(*kind)).collect::<Vec<_>>().join(" ");
        let (params, results) = (names(&signature.params), names(&signature.results));
        imports += &format!(
            "(import \"{interface}\" \"{}\" (func $f{index} (param {params}) (result {results})))\n",
            function.name
        );
    }
    let (discriminant, answer) = match behaviour {
        Behaviour::Succeed | Behaviour::Call(_) => (0, "next"),
        Behaviour::Refuse(code) => (1, code),
    };
    if let Behaviour::Call(name) = behaviour {
        assert!(call.is_some(), "the contract has no function {name}");
    }
    let handler = handler(resolve, world);
    format!(
        r#"(module
            {imports}
            (memory (export "memory") 8)
            (data (i32.const {ANSWER}) "{answer}")
            (data (i32.const {MANIFEST}) "{data}")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 131072))
            (func (export "{handler}#describe") (result i32)
              (i32.store (i32.const {RESULT}) (i32.const {MANIFEST}))
              (i32.store offset=4 (i32.const {RESULT}) (i32.const {length}))
              (i32.const {RESULT}))
            (func (export "{handler}#invoke") (result i32)
              {call}
              (i32.store8 (i32.const {RESULT}) (i32.const {discriminant}))
              (i32.store offset=4 (i32.const {RESULT}) (i32.const {ANSWER}))
              (i32.store offset=8 (i32.const {RESULT}) (i32.const {answer_length}))
              (i32.const {RESULT})))"#,
        data = manifest.bytes().map(|byte| format!("\\{byte:02x}")).collect::<String>(),
        length = manifest.len(),
        call = call.unwrap_or_default(),
        answer_length = answer.len(),
    )
}

/// The imported functions of a world, each with the name of its interface.
fn imported_functions(resolve: &Resolve, world: WorldId) -> Vec<(String, Function)> {
    let interfaces = resolve.worlds[world].imports.values().filter_map(|item| match item {
        WorldItem::Interface { id, .. } => Some(*id),
        _ => None,
    });
    let functions = |id| {
        let interface = resolve.id_of(id).expect("the interface has a name");
        let functions = resolve.interfaces[id].functions.values();
        functions.map(move |function| (interface.clone(), function.clone())).collect::<Vec<_>>()
    };
    interfaces.flat_map(functions).collect()
}

fn handler(resolve: &Resolve, world: WorldId) -> String {
    let exported = resolve.worlds[world].exports.values().find_map(|item| match item {
        WorldItem::Interface { id, .. } => resolve.id_of(*id),
        _ => None,
    });
    exported.expect("the world exports the handler")
}

fn value_type(kind: WasmType) -> &'static str {
    match kind {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        _ => "i32",
    }
}
