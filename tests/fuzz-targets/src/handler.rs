//! Components of the contract with a given manifest, and with an empty or a random action.

use arbitrary::Unstructured;
use flowhost::catalog::{WIT_FILES, pack};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::LazyLock;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, InstructionSink,
    MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasm_smith::Config;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, SourceMap, WorldId, WorldItem};

const DESCRIBE: &str = "flow:action/handler@1.0.0#describe";
const INVOKE: &str = "flow:action/handler@1.0.0#invoke";
const REALLOC: &str = "cabi_realloc";
/// The random function that `invoke` calls first.
const WORK_EXPORT: &str = "work";

/// Address of the result of `describe` and `invoke`.
const RESULT_ADDRESS: i32 = 512;
/// Address of the port's name.
const PORT_ADDRESS: i32 = 600;
/// Address at which the host writes its results.
const ARGUMENT_ADDRESS: i32 = 32 << 10;
/// Address of the manifest.
const MANIFEST_ADDRESS: i32 = 64 << 10;

/// A generator of actions.
pub(crate) struct Handler<'m> {
    pub(crate) manifest: &'m str,
    /// Whether `invoke` calls a random function.
    pub(crate) runs_random_code: bool,
    /// Whether `invoke` exits through the port `next`. Otherwise its result is random, too.
    pub(crate) exits_through_next: bool,
    /// Whether `cabi_realloc` returns `ARGUMENT_ADDRESS`. Otherwise it is random.
    pub(crate) accepts_arguments: bool,
}

impl Handler<'_> {
    /// A component whose behaviour comes from `random`. `None`: wasm-smith needs more random bytes.
    pub(crate) fn component(&self, random: &mut Unstructured<'_>) -> Option<Vec<u8>> {
        let config = Config {
            available_imports: Some(CONTRACT.imports.clone()),
            exports: Some(self.template_module()),
            exceptions_enabled: false,
            gc_enabled: false,
            memory64_enabled: false,
            max_imports: 20,
            max_memories: 1,
            max_memory32_bytes: 32 << 20,
            max_table_elements: 10_000,
            ..Config::default()
        };
        let module = wasm_smith::Module::new(config, random).ok()?.to_bytes();
        let mut core = self.replace_bodies(&module);
        embed_component_metadata(&mut core, &CONTRACT.resolve, CONTRACT.world, StringEncoding::UTF8).unwrap();
        Some(pack(&core).unwrap_or_else(|error| panic!("an action of the contract can't be packed: {error}")))
    }

    /// A module with the exports of an action; every function body only traps.
    fn template_module(&self) -> Vec<u8> {
        let pages = 2 + u64::try_from(self.manifest.len()).unwrap() / (64 << 10);
        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        let (mut memories, mut exports) = (MemorySection::new(), ExportSection::new());
        types.ty().function([], [ValType::I32]);
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        memories.memory(MemoryType {
            minimum: pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        exports.export("memory", ExportKind::Memory, 0);
        for (index, (name, ty)) in (0_u32..).zip([(DESCRIBE, 0), (INVOKE, 0), (WORK_EXPORT, 0), (REALLOC, 1)]) {
            functions.function(ty);
            code.function(&body(|code| {
                code.unreachable();
            }));
            exports.export(name, ExportKind::Func, index);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
        module.finish()
    }

    /// Replaces the bodies of the random module that must not be random.
    fn replace_bodies(&self, random: &[u8]) -> Vec<u8> {
        let functions = Functions::parse(random);
        let mut bodies = BTreeMap::new();
        let describe = body(|code| {
            store(code, MANIFEST_ADDRESS, self.manifest.as_bytes());
            store(code, RESULT_ADDRESS, &MANIFEST_ADDRESS.to_le_bytes());
            store(code, RESULT_ADDRESS + 4, &u32::try_from(self.manifest.len()).unwrap().to_le_bytes());
            code.i32_const(RESULT_ADDRESS);
        });
        let invoke = body(|code| {
            if self.runs_random_code {
                code.call(functions.exported[WORK_EXPORT]);
            } else {
                code.i32_const(0);
            }
            if self.exits_through_next {
                code.drop();
                store(code, RESULT_ADDRESS, &0_u32.to_le_bytes());
                store(code, RESULT_ADDRESS + 4, &PORT_ADDRESS.to_le_bytes());
                store(code, RESULT_ADDRESS + 8, &4_u32.to_le_bytes());
                store(code, PORT_ADDRESS, b"next");
                code.i32_const(RESULT_ADDRESS);
            }
        });
        bodies.insert(functions.exported[DESCRIBE] - functions.imported, describe);
        bodies.insert(functions.exported[INVOKE] - functions.imported, invoke);
        if self.accepts_arguments {
            let place = body(|code| {
                code.i32_const(ARGUMENT_ADDRESS);
            });
            bodies.insert(functions.exported[REALLOC] - functions.imported, place);
        }
        let mut module = Module::new();
        BodyReplacer { bodies, next: 0 }.parse_core_module(&mut module, wasmparser::Parser::new(0), random).unwrap();
        module.finish()
    }
}

fn body(write: impl FnOnce(&mut InstructionSink<'_>)) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    write(&mut code);
    code.end();
    function
}

/// Emits code that writes bytes to an address, padded to a multiple of eight.
fn store(code: &mut InstructionSink<'_>, place: i32, bytes: &[u8]) {
    for (at, chunk) in (place..).step_by(8).zip(bytes.chunks(8)) {
        let mut eight = [0; 8];
        eight[..chunk.len()].copy_from_slice(chunk);
        code.i32_const(at).i64_const(i64::from_le_bytes(eight));
        code.i64_store(MemArg { offset: 0, align: 0, memory_index: 0 });
    }
}

/// The number of imported functions of a module, and the indices of its exports.
struct Functions {
    imported: u32,
    exported: BTreeMap<String, u32>,
}

impl Functions {
    fn parse(module: &[u8]) -> Self {
        let mut functions = Self { imported: 0, exported: BTreeMap::new() };
        for payload in wasmparser::Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                wasmparser::Payload::ImportSection(imports) => {
                    let imports = imports.into_imports().map(Result::unwrap);
                    let of_functions = imports.filter(|import| matches!(import.ty, wasmparser::TypeRef::Func(_)));
                    functions.imported = u32::try_from(of_functions.count()).unwrap();
                }
                wasmparser::Payload::ExportSection(exports) => {
                    let exports = exports.into_iter().map(Result::unwrap);
                    functions.exported.extend(exports.map(|export| (export.name.to_owned(), export.index)));
                }
                _ => {}
            }
        }
        functions
    }
}

/// Copies a module and replaces some function bodies.
struct BodyReplacer {
    bodies: BTreeMap<u32, Function>,
    next: u32,
}

impl Reencode for BodyReplacer {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        function: wasmparser::FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        let index = self.next;
        self.next += 1;
        match self.bodies.remove(&index) {
            Some(body) => code.function(&body),
            None => return utils::parse_function_body(self, code, function),
        };
        Ok(())
    }
}

/// The contract's larger world.
pub(crate) struct Contract {
    resolve: Resolve,
    world: WorldId,
    /// A core module with every import that an action may have.
    imports: Vec<u8>,
    /// The interfaces that a manifest has to list.
    pub(crate) uses: Vec<String>,
}

pub(crate) static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    let package = ["action/", "outbound/"].map(|package| {
        let mut sources = SourceMap::new();
        let files = WIT_FILES.iter().filter(|(path, _)| path.starts_with(package) && !path.contains("deps/"));
        files.for_each(|(path, text)| sources.push(Path::new(path), *text));
        resolve.push_group(sources.parse().map_err(|(_, error)| error).unwrap()).unwrap()
    });
    let world = resolve.select_world(&package[1..], Some("outbound-action")).unwrap();
    let (mut types, mut imports, mut uses) = (TypeSection::new(), ImportSection::new(), Vec::new());
    for (key, item) in &resolve.worlds[world].imports {
        let WorldItem::Interface { id, .. } = item else { continue };
        let name = resolve.name_world_key(key);
        uses.extend(
            name.split('@').next().map(str::to_owned).filter(|_| !resolve.interfaces[*id].functions.is_empty()),
        );
        for function in resolve.interfaces[*id].functions.values() {
            let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
            let of = |types: &[WasmType]| types.iter().map(value_type).collect::<Vec<_>>();
            let ty = types.len();
            types.ty().function(of(&signature.params), of(&signature.results));
            imports.import(&name, &function.name, EntityType::Function(ty));
        }
    }
    let mut module = Module::new();
    module.section(&types).section(&imports);
    let imports = module.finish();
    Contract { resolve, world, imports, uses }
});

fn value_type(ty: &WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}
