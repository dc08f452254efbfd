//! Every function of the contract is charged before it runs: with a limit of zero host calls, each function fails with
//! `limit-host-calls`. The test reads the functions from the contract itself, so it covers new functions at once.

use flowhost::store::{self, MemoryStore};
use flowhost::{Host, Limits, Request, Session};
use serde_json::json;
use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, WorldId, WorldItem};

struct Contract {
    resolve: Resolve,
    world: WorldId,
}

/// A function of the contract as a core module imports it.
struct Import {
    interface: String,
    function: Function,
}

impl Contract {
    fn load() -> Self {
        let mut resolve = Resolve::default();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/outbound");
        let (package, _) = resolve.push_path(folder).unwrap();
        let world = resolve.select_world(&[package], Some("outbound-action")).unwrap();
        Self { resolve, world }
    }

    fn imports(&self) -> Vec<Import> {
        let interfaces = self.resolve.worlds[self.world].imports.values().filter_map(|item| match item {
            WorldItem::Interface { id, .. } => Some(*id),
            _ => None,
        });
        let functions = |id| {
            let interface: String = self.resolve.id_of(id).unwrap();
            let functions = self.resolve.interfaces[id].functions.values().cloned();
            functions.map(move |function| Import { interface: interface.clone(), function }).collect::<Vec<_>>()
        };
        interfaces.flat_map(functions).collect()
    }

    fn handler(&self) -> String {
        let exported = self.resolve.worlds[self.world].exports.values().find_map(|item| match item {
            WorldItem::Interface { id, .. } => self.resolve.id_of(*id),
            _ => None,
        });
        exported.unwrap()
    }

    /// A component whose action calls this function with zeros.
    fn component_calling(&self, import: &Import, id: &str) -> Vec<u8> {
        let unversioned = import.interface.split('@').next().unwrap();
        let manifest = json!({
            "manifest": 1, "id": id, "version": "1.0.0", "category": "Test", "title": { "en": "Calls" },
            "description": { "en": "Calls one function" }, "parameters": [], "ports": ["next", "error"],
            "locales": ["en"], "uses": [format!("{unversioned}#{}", import.function.name)],
        })
        .to_string();
        let signature = self.resolve.wasm_signature(AbiVariant::GuestImport, &import.function);
        let names = |types: &[WasmType]| types.iter().map(|kind| value_type_name(*kind)).collect::<Vec<_>>().join(" ");
        let zeros: String =
            signature.params.iter().map(|kind| format!("({}.const 0)", value_type_name(*kind))).collect();
        let text = format!(
            r#"(module
                (import "{interface}" "{function}" (func $f (param {params}) (result {results})))
                (memory (export "memory") 2)
                (data (i32.const 1024) "{data}")
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
                (func (export "{handler}#describe") (result i32)
                  (i32.store (i32.const 0) (i32.const 1024))
                  (i32.store (i32.const 4) (i32.const {length}))
                  (i32.const 0))
                (func (export "{handler}#invoke") (result i32)
                  (call $f {zeros})
                  unreachable))"#,
            interface = import.interface,
            function = import.function.name,
            params = names(&signature.params),
            results = names(&signature.results),
            data = manifest.replace('"', "\\\""),
            handler = self.handler(),
            length = manifest.len(),
        );
        let mut module = wat::parse_str(text).unwrap();
        embed_component_metadata(&mut module, &self.resolve, self.world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }
}

fn value_type_name(kind: WasmType) -> &'static str {
    match kind {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        _ => "i32",
    }
}

/// A host whose plugins may make no host call.
async fn host_without_host_calls() -> Host {
    let store = MemoryStore::new();
    let tenant =
        json!({ "id": "acme", "name": "Acme", "time_zone": "UTC", "phone_region": "CL", "channels": ["messenger"] });
    store::apply(&store, &json!({ "tenants": [tenant] }).to_string()).await.unwrap();
    let mut limits = Limits::default();
    limits.host_calls = 0;
    Host::builder().workers(1).limits(limits).without_built_in_actions().open(store).await.unwrap()
}

#[tokio::test]
async fn no_function_of_the_contract_is_free() {
    let (contract, host) = (Contract::load(), host_without_host_calls().await);
    let imports = contract.imports();
    assert_eq!(imports.len(), 51);
    for (index, import) in imports.iter().enumerate() {
        let id = format!("calls-{index}");
        host.load(&contract.component_calling(import, &id)).unwrap();
        let node = host.prepare(&id, &serde_json::Map::new()).unwrap();
        let session = Session::new("acme", "messenger", "56911111111");
        let error = host.invoke(Request::new(node, session)).await.unwrap().error.unwrap();
        assert_eq!(error.code, "limit-host-calls", "{}#{}: {}", import.interface, import.function.name, error.message);
    }
}
