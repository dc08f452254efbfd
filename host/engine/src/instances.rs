//! Counts of the memories, tables and core instances of one instance, as far as the component's own sections contain
//! them.
//!
//! Modules in nested components are not counted, because only the compilation determines how often they are
//! instantiated. The count is therefore never too high. The compilation would reject every component that this check
//! rejects.

use crate::Limits;
use crate::load_error::LoadError;
use flowhost_error::ErrorCode;
use serde::{Deserialize, Serialize};
use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef, Instance,
    Payload,
};

/// The memories, tables and core instances of one instance of a component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceCounts {
    /// Linear memories.
    pub memories: u64,
    /// Tables.
    pub tables: u64,
    /// Core instances.
    pub core_instances: u64,
}

impl InstanceCounts {
    /// Checks the counts against the limits of an instance.
    ///
    /// # Errors
    /// `limit-memory`, `limit-tables`.
    pub fn check(&self, limits: &Limits) -> Result<(), LoadError> {
        for (code, count, most, what) in [
            (ErrorCode::LimitMemory, self.memories, limits.memories, "memories"),
            (ErrorCode::LimitTables, self.tables, limits.tables, "tables"),
            (ErrorCode::LimitTables, self.core_instances, limits.core_instances, "core instances"),
        ] {
            if count > most as u64 {
                let message = format!("an instance of the component has {count} {what}; at most {most} are allowed");
                return Err(LoadError::new(code, message));
            }
        }
        Ok(())
    }
}

/// The memories and tables that a core module defines.
#[derive(Default, Clone, Copy)]
struct Module {
    memories: u64,
    tables: u64,
}

/// The core modules of a component, by index, and the sums over its core instances.
#[derive(Default)]
pub(super) struct Instances {
    depth: u32,
    modules: Vec<Module>,
    /// Whether the following sections belong to the last module.
    is_in_module: bool,
    instances: u64,
    memories: u64,
    tables: u64,
}

impl Instances {
    /// Adds the next part of the component to the counts.
    pub(super) fn add(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::Version { .. } => self.depth += 1,
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            _ if self.depth == 1 => self.add_own(payload)?,
            _ if self.depth == 2 && self.is_in_module => self.add_to_module(payload),
            _ => {}
        }
        Ok(())
    }

    /// Returns the counts so far.
    pub(super) fn counts(&self) -> InstanceCounts {
        InstanceCounts { memories: self.memories, tables: self.tables, core_instances: self.instances }
    }

    fn add_own(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ModuleSection { .. } => {
                self.modules.push(Module::default());
                self.is_in_module = true;
            }
            Payload::ComponentSection { .. } => self.is_in_module = false,
            Payload::ComponentAliasSection(reader) => {
                for alias in reader.clone() {
                    if let ComponentAlias::InstanceExport { kind: ComponentExternalKind::Module, .. }
                    | ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, .. } = alias?
                    {
                        self.modules.push(Module::default());
                    }
                }
            }
            Payload::ComponentImportSection(reader) => {
                for import in reader.clone() {
                    if let ComponentTypeRef::Module(_) = import?.ty {
                        self.modules.push(Module::default());
                    }
                }
            }
            Payload::InstanceSection(reader) => {
                for instance in reader.clone() {
                    let Instance::Instantiate { module_index, .. } = instance? else { continue };
                    let module = self.modules.get(module_index as usize).copied().unwrap_or_default();
                    self.instances += 1;
                    self.memories += module.memories;
                    self.tables += module.tables;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add_to_module(&mut self, payload: &Payload<'_>) {
        let Some(module) = self.modules.last_mut() else { return };
        match payload {
            Payload::MemorySection(reader) => module.memories += u64::from(reader.count()),
            Payload::TableSection(reader) => module.tables += u64::from(reader.count()),
            _ => {}
        }
    }
}
