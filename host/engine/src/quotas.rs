//! Quotas for the parts of a component, checked before the host compiles or stores any of it.
//!
//! A component of a few megabytes can make a compiler use gigabytes. The quotas below are at least twice the usage of
//! the largest known guests. CPython from componentize-py has 13,529 functions, one of 426,843 bytes, 271 locals in one
//! function, 38 core modules and 85 KB of component sections. QuickJS has 5,514 data segments.

use super::instances::{InstanceCounts, Instances};
use crate::Limits;
use crate::load_error::LoadError;
use flowhost_error::ErrorCode;
use wasmparser::{
    BinaryReaderError, CanonicalFunction, CanonicalOption, CompositeInnerType, ElementItems, ElementSectionReader,
    FunctionBody, ImportSectionReader, Instance, InstanceSectionReader, MemorySectionReader, Parser, Payload,
    TableSectionReader, TypeSectionReader,
};

/// The maximum count of a part, and its name in a message.
struct Quota {
    most: u64,
    what: &'static str,
}

const DEPTH: Quota = quota(16, "levels of nested components");
const MODULES: Quota = quota(256, "core modules");
const COMPONENTS: Quota = quota(256, "nested components");
const CORE_INSTANCES: Quota = quota(2_048, "core instances");
const COMPONENT_BYTES: Quota =
    quota(1 << 20, "bytes of component types, imports, exports, instances and documentation");
const FUNCTIONS: Quota = quota(65_536, "functions");
const BODY_BYTES: Quota = quota(1 << 20, "bytes in one function");
const CODE_BYTES: Quota = quota(32 << 20, "bytes of functions");
const LOCALS: Quota = quota(4_096, "locals in one function");
const ALL_LOCALS: Quota = quota(1_000_000, "locals in all functions");
const SIGNATURE: Quota = quota(128, "parameters and results of one function");
const TYPES: Quota = quota(20_000, "core types");
const IMPORTS: Quota = quota(20_000, "core imports");
const EXPORTS: Quota = quota(50_000, "core exports");
const NAME_BYTES: Quota = quota(4 << 20, "bytes of core imports and exports");
const GLOBALS: Quota = quota(20_000, "globals");
const SEGMENTS: Quota = quota(30_000, "data and element segments");
const ELEMENTS: Quota = quota(500_000, "elements of tables");

/// The custom section with the names and texts of interfaces.
const DOCUMENTATION: &str = "package-docs";

/// Default page size of a memory, as a power of two.
const PAGE_LOG2: u32 = 16;

const fn quota(most: u64, what: &'static str) -> Quota {
    Quota { most, what }
}

/// The counts so far.
#[derive(Default)]
struct Counts {
    depth: u64,
    modules: u64,
    components: u64,
    core_instances: u64,
    component_bytes: u64,
    functions: u64,
    code_bytes: u64,
    locals: u64,
    types: u64,
    imports: u64,
    exports: u64,
    name_bytes: u64,
    globals: u64,
    segments: u64,
    elements: u64,
}

/// The parts of a component that is within the quotas.
pub struct Measurement {
    instances: Instances,
    /// The first memory or table that is initially larger than permitted.
    oversized: Option<LoadError>,
    /// Whether the component lifts or lowers functions with the async ABI.
    pub uses_async_abi: bool,
}

impl Measurement {
    /// Returns the memories, tables and core instances of one instance.
    pub fn counts(&self) -> InstanceCounts {
        self.instances.counts()
    }

    /// Checks memories, tables and core instances against the limits of an instance.
    ///
    /// # Errors
    /// `limit-memory`, `limit-tables`.
    pub fn check_instance(&self, limits: &Limits) -> Result<(), LoadError> {
        self.oversized.clone().map_or_else(|| self.counts().check(limits), Err)
    }
}

/// Counts the parts of a component, without compiling or storing any of them.
///
/// # Errors
/// `limit-component-size`: a count exceeds its quota. `component-invalid`: the bytes can't be parsed.
pub fn measure(component: &[u8], limits: &Limits) -> Result<Measurement, LoadError> {
    let mut counts = Counts::default();
    let mut measured = Measurement { instances: Instances::default(), oversized: None, uses_async_abi: false };
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(invalid_component)?;
        match &payload {
            Payload::Version { .. } => charge(&mut counts.depth, 1, &DEPTH)?,
            Payload::End(_) => counts.depth = counts.depth.saturating_sub(1),
            _ => {
                counts.component_section(&payload)?;
                counts.module_section(&payload)?;
            }
        }
        let oversized = match &payload {
            Payload::MemorySection(reader) => memories(reader.clone(), limits)?,
            Payload::TableSection(reader) => tables(reader.clone(), limits)?,
            _ => None,
        };
        measured.oversized = measured.oversized.or(oversized);
        measured.uses_async_abi |= uses_async_abi(&payload).map_err(invalid_component)?;
        measured.instances.add(&payload).map_err(invalid_component)?;
    }
    Ok(measured)
}

impl Counts {
    fn component_section(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        let range = match payload {
            Payload::ModuleSection { .. } => return charge(&mut self.modules, 1, &MODULES),
            Payload::ComponentSection { .. } => return charge(&mut self.components, 1, &COMPONENTS),
            Payload::InstanceSection(reader) => {
                self.core_instances(reader.clone())?;
                reader.range()
            }
            Payload::CoreTypeSection(reader) => reader.range(),
            Payload::ComponentInstanceSection(reader) => reader.range(),
            Payload::ComponentAliasSection(reader) => reader.range(),
            Payload::ComponentTypeSection(reader) => reader.range(),
            Payload::ComponentCanonicalSection(reader) => reader.range(),
            Payload::ComponentImportSection(reader) => reader.range(),
            Payload::ComponentExportSection(reader) => reader.range(),
            Payload::CustomSection(reader) if reader.name() == DOCUMENTATION => reader.range(),
            _ => return Ok(()),
        };
        charge(&mut self.component_bytes, range.len() as u64, &COMPONENT_BYTES)
    }

    fn module_section(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::TypeSection(reader) => self.types(reader.clone()),
            Payload::ImportSection(reader) => self.imports(reader.clone()),
            Payload::FunctionSection(reader) => charge(&mut self.functions, reader.count().into(), &FUNCTIONS),
            Payload::GlobalSection(reader) => charge(&mut self.globals, reader.count().into(), &GLOBALS),
            Payload::ExportSection(reader) => {
                charge(&mut self.name_bytes, reader.range().len() as u64, &NAME_BYTES)?;
                charge(&mut self.exports, reader.count().into(), &EXPORTS)
            }
            Payload::ElementSection(reader) => self.elements(reader.clone()),
            Payload::DataSection(reader) => charge(&mut self.segments, reader.count().into(), &SEGMENTS),
            Payload::CodeSectionStart { count, .. } => check_quota((*count).into(), &FUNCTIONS),
            Payload::CodeSectionEntry(body) => self.body(body),
            _ => Ok(()),
        }
    }

    fn core_instances(&mut self, reader: InstanceSectionReader<'_>) -> Result<(), LoadError> {
        check_quota(reader.range().len() as u64, &COMPONENT_BYTES)?;
        for instance in reader {
            if let Instance::Instantiate { .. } = instance.map_err(invalid_component)? {
                charge(&mut self.core_instances, 1, &CORE_INSTANCES)?;
            }
        }
        Ok(())
    }

    fn types(&mut self, reader: TypeSectionReader<'_>) -> Result<(), LoadError> {
        check_quota(reader.count().into(), &TYPES)?;
        for group in reader {
            let group = group.map_err(invalid_component)?;
            for ty in group.types() {
                charge(&mut self.types, 1, &TYPES)?;
                if let CompositeInnerType::Func(function) = &ty.composite_type.inner {
                    check_quota((function.params().len() + function.results().len()) as u64, &SIGNATURE)?;
                }
            }
        }
        Ok(())
    }

    fn imports(&mut self, reader: ImportSectionReader<'_>) -> Result<(), LoadError> {
        charge(&mut self.name_bytes, reader.range().len() as u64, &NAME_BYTES)?;
        for import in reader.into_imports() {
            import.map_err(invalid_component)?;
            charge(&mut self.imports, 1, &IMPORTS)?;
        }
        Ok(())
    }

    fn elements(&mut self, reader: ElementSectionReader<'_>) -> Result<(), LoadError> {
        charge(&mut self.segments, reader.count().into(), &SEGMENTS)?;
        for element in reader {
            let count = match element.map_err(invalid_component)?.items {
                ElementItems::Functions(items) => items.count(),
                ElementItems::Expressions(_, items) => items.count(),
            };
            charge(&mut self.elements, count.into(), &ELEMENTS)?;
        }
        Ok(())
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), LoadError> {
        let bytes = body.range().len() as u64;
        check_quota(bytes, &BODY_BYTES)?;
        charge(&mut self.code_bytes, bytes, &CODE_BYTES)?;
        let mut locals = 0;
        for group in body.get_locals_reader().map_err(invalid_component)? {
            let (count, _) = group.map_err(invalid_component)?;
            charge(&mut locals, count.into(), &LOCALS)?;
        }
        charge(&mut self.locals, locals, &ALL_LOCALS)
    }
}

/// Returns the error for a memory that is initially larger than permitted.
fn memories(reader: MemorySectionReader<'_>, limits: &Limits) -> Result<Option<LoadError>, LoadError> {
    for memory in reader {
        let memory = memory.map_err(invalid_component)?;
        let bytes = memory.initial.checked_shl(memory.page_size_log2.unwrap_or(PAGE_LOG2).min(PAGE_LOG2));
        if memory.initial > u64::from(u32::MAX) || bytes.is_none_or(|bytes| bytes > limits.memory_bytes as u64) {
            let most = limits.memory_bytes;
            let message = format!("a memory of the component has initially more than {most} bytes; use less");
            return Ok(Some(LoadError::new(ErrorCode::LimitMemory, message)));
        }
    }
    Ok(None)
}

/// Returns the error for too many tables, or for one that is initially larger than permitted.
fn tables(reader: TableSectionReader<'_>, limits: &Limits) -> Result<Option<LoadError>, LoadError> {
    let refused = |message: String| Ok(Some(LoadError::new(ErrorCode::LimitTables, message)));
    if reader.count() as usize > limits.tables {
        return refused(format!("a core module has {} tables; at most {} are allowed", reader.count(), limits.tables));
    }
    for table in reader {
        let elements = table.map_err(invalid_component)?.ty.initial;
        if elements > limits.table_elements as u64 {
            let most = limits.table_elements;
            return refused(format!("a table has initially {elements} elements; at most {most} are allowed"));
        }
    }
    Ok(None)
}

/// Returns whether a section lifts or lowers a function with the async ABI, or uses a built-in function of it.
fn uses_async_abi(payload: &Payload<'_>) -> Result<bool, BinaryReaderError> {
    let Payload::ComponentCanonicalSection(reader) = payload else { return Ok(false) };
    for function in reader.clone() {
        let is_async = match function? {
            CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => {
                options.iter().any(|option| matches!(option, CanonicalOption::Async | CanonicalOption::Callback(_)))
            }
            CanonicalFunction::ResourceNew { .. }
            | CanonicalFunction::ResourceDrop { .. }
            | CanonicalFunction::ResourceRep { .. } => false,
            _ => true,
        };
        if is_async {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Adds to a count, and checks it against its quota.
fn charge(count: &mut u64, more: u64, quota: &Quota) -> Result<(), LoadError> {
    *count = count.saturating_add(more);
    check_quota(*count, quota)
}

fn check_quota(count: u64, Quota { most, what }: &Quota) -> Result<(), LoadError> {
    if count <= *most {
        return Ok(());
    }
    let hint = "optimise it, remove unused parts, or split it";
    Err(LoadError::new(ErrorCode::LimitComponentSize, format!("the component has more than {most} {what}; {hint}")))
}

fn invalid_component(error: BinaryReaderError) -> LoadError {
    LoadError::new(ErrorCode::ComponentInvalid, crate::load_error::invalid(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(component: &[u8]) -> Option<ErrorCode> {
        let limits = Limits::default();
        let measured = measure(component, &limits).and_then(|measured| measured.check_instance(&limits));
        measured.err().map(|error| error.code)
    }

    #[test]
    fn the_built_in_actions_are_within_the_quotas() {
        for (id, component) in flowhost_built_in_actions::built_in() {
            assert_eq!(code(component), None, "{id}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        // A component in a component, from the inside out.
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        for _ in 0..20 {
            let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
            let mut length = component.len();
            while length >= 0x80 {
                outer.push((length & 0x7f) as u8 | 0x80);
                length >>= 7;
            }
            outer.push(length as u8);
            outer.extend(component);
            component = outer;
        }
        assert_eq!(code(&component), Some(ErrorCode::LimitComponentSize));
    }

    #[test]
    fn a_truncated_component_is_invalid() {
        assert_eq!(code(b"\0asm\x0d\0\x01\0\x07"), Some(ErrorCode::ComponentInvalid));
        assert_eq!(code(b"\0asm\x0d\0\x01\0"), None);
    }
}
