//! Reads a component: its imports from the type section, and its manifest by calling `describe`.

use serde_json::Value;
use wasmi::{Engine, Extern, ExternType, Func, Linker, Module, Store, Val};
use wasmparser::{KnownCustom, Parser, Payload};
use wit_parser::{WorldItem, decoding::DecodedWasm};

pub(crate) struct Component {
    pub(crate) id: String,
    pub(crate) size: usize,
    /// `package/interface#function`, sorted.
    pub(crate) imports: Vec<String>,
    pub(crate) memory_pages: u64,
    pub(crate) pages_after_describe: u64,
    pub(crate) has_names: bool,
    pub(crate) manifest: Value,
}

impl Component {
    pub(crate) fn read(id: String, bytes: Vec<u8>) -> Self {
        let core = core_module(&bytes);
        let (manifest, pages_after_describe) = describe(core);
        Self {
            id,
            size: bytes.len(),
            imports: imports(&bytes),
            memory_pages: memory_pages(core),
            pages_after_describe,
            has_names: has_names(core),
            manifest: serde_json::from_str(&manifest).expect("the manifest is JSON"),
        }
    }

    /// The list of texts at `pointer` in the manifest.
    pub(crate) fn texts(&self, pointer: &str) -> Vec<&str> {
        let list = self.manifest.pointer(pointer).and_then(Value::as_array).expect("a list");
        list.iter().map(|item| item.as_str().expect("a text")).collect()
    }

    pub(crate) fn parameters(&self) -> &[Value] {
        self.manifest["parameters"].as_array().expect("a list of parameters")
    }
}

fn imports(bytes: &[u8]) -> Vec<String> {
    let DecodedWasm::Component(resolve, world) = wit_parser::decoding::decode(bytes).expect("a component") else {
        panic!("not a component");
    };
    let mut imports = Vec::new();
    for (key, item) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        match item {
            WorldItem::Interface { id, .. } => {
                let interface = name.split('@').next().unwrap();
                imports
                    .extend(resolve.interfaces[*id].functions.keys().map(|function| format!("{interface}#{function}")));
            }
            _ => imports.push(name),
        }
    }
    imports.sort();
    imports
}

/// The core module of the action, which is the first one. The other modules of a component are adapters.
fn core_module(bytes: &[u8]) -> &[u8] {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::ModuleSection { unchecked_range, .. } = payload.unwrap() {
            return &bytes[unchecked_range];
        }
    }
    panic!("a component without a module");
}

fn memory_pages(core: &[u8]) -> u64 {
    let mut pages = Vec::new();
    for payload in Parser::new(0).parse_all(core) {
        if let Payload::MemorySection(memories) = payload.unwrap() {
            pages.extend(memories.into_iter().map(|memory| memory.unwrap().initial));
        }
    }
    assert_eq!(pages.len(), 1, "one memory");
    pages[0]
}

fn has_names(core: &[u8]) -> bool {
    Parser::new(0).parse_all(core).any(|payload| match payload.unwrap() {
        Payload::CustomSection(section) => matches!(section.as_known(), KnownCustom::Name(_)),
        _ => false,
    })
}

/// Calls `describe` with imports that trap. Returns the manifest, and the memory pages afterwards.
fn describe(core: &[u8]) -> (String, u64) {
    let engine = Engine::default();
    let module = Module::new(&engine, core).expect("a module");
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    for import in module.imports() {
        let ExternType::Func(signature) = import.ty() else { panic!("{} is not a function", import.name()) };
        let refuse = Func::new(&mut store, signature.clone(), |_, _, _| Err(wasmi::Error::new("refused")));
        linker.define(import.module(), import.name(), refuse).unwrap();
    }
    let instance = linker.instantiate_and_start(&mut store, &module).expect("it starts");
    let export = |name: &str| instance.get_export(&store, name);
    let describe = export("flow:action/handler@1.0.0#describe").and_then(Extern::into_func).expect("it describes");
    let memory = export("memory").and_then(Extern::into_memory).expect("its memory");

    let mut result = [Val::I32(0)];
    describe.call(&mut store, &[], &mut result).expect("describe returns");
    let pair = result[0].i32().unwrap() as usize;
    let data = memory.data(&store);
    let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap()) as usize;
    let (start, length) = (word(pair), word(pair + 4));
    let text = String::from_utf8(data[start..start + length].to_vec()).expect("text");
    (text, memory.size(&store))
}
