//! The baseline: wasmtime with the host's settings calls the same component with imports that return constants. There
//! are no parameters, sessions, limits or stores.

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, PoolingAllocationConfig, Store};

mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit/outbound", world: "flow:outbound/outbound-action" });
}

use bindings::flow::action::types::{Error, Value};
use bindings::flow::action::{log, outcome, parameters, types};
use bindings::flow::outbound::dnd;
use bindings::{OutboundAction, OutboundActionPre};

/// Imports that return the values that the validator needs.
struct Stubs;

impl types::Host for Stubs {}

impl parameters::Host for Stubs {
    fn get(&mut self, name: String) -> Result<Option<Value>, Error> {
        let id = if name == "CAMPAIGN_ID" { crate::load::CAMPAIGN } else { crate::load::CONTACT };
        Ok(Some(Value::Text(id.to_owned())))
    }

    fn get_json(&mut self, _: String) -> Result<Option<String>, Error> {
        Ok(None)
    }

    fn set(&mut self, _: String, _: Option<Value>) -> Result<(), Error> {
        Ok(())
    }

    fn set_json(&mut self, _: String, _: Option<String>) -> Result<(), Error> {
        Ok(())
    }
}

impl log::Host for Stubs {
    fn write(&mut self, _: log::Level, _: String) {}
}

impl outcome::Host for Stubs {
    fn warn(&mut self, _: String, _: String, _: Option<String>) {}
}

impl dnd::Host for Stubs {
    fn blocks_campaign(&mut self, _: String, _: String) -> Result<bool, Error> {
        Ok(false)
    }

    fn blocks_category(&mut self, _: String, _: String) -> Result<bool, Error> {
        Ok(false)
    }

    fn reasons(&mut self, _: String, _: Option<String>) -> Result<Vec<dnd::Reason>, Error> {
        Ok(Vec::new())
    }

    fn set_campaign(&mut self, _: String, _: String, _: bool, _: Option<String>) -> Result<bool, Error> {
        Ok(false)
    }

    fn set_category(&mut self, _: String, _: String, _: bool, _: Option<String>) -> Result<bool, Error> {
        Ok(false)
    }
}

/// A pre-linked component.
pub(crate) struct Baseline {
    engine: Engine,
    instance: OutboundActionPre<Stubs>,
}

impl Baseline {
    pub(crate) fn new(component: &[u8]) -> Self {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(16)
            .total_core_instances(64)
            .total_memories(16)
            .total_tables(64)
            .max_memory_size(64 << 20)
            .linear_memory_keep_resident(256 << 10)
            .table_keep_resident(64 << 10);
        let mut config = Config::new();
        config.allocation_strategy(pool);
        config.concurrency_support(false);
        config.memory_reservation(64 << 20).memory_guard_size(64 << 10);
        config.memory_may_move(false).memory_reservation_for_growth(0);
        let engine = Engine::new(&config).unwrap();
        let component = Component::new(&engine, component).unwrap();
        let mut linker = Linker::new(&engine);
        parameters::add_to_linker::<_, HasSelf<Stubs>>(&mut linker, |stubs| stubs).unwrap();
        log::add_to_linker::<_, HasSelf<Stubs>>(&mut linker, |stubs| stubs).unwrap();
        outcome::add_to_linker::<_, HasSelf<Stubs>>(&mut linker, |stubs| stubs).unwrap();
        dnd::add_to_linker::<_, HasSelf<Stubs>>(&mut linker, |stubs| stubs).unwrap();
        types::add_to_linker::<_, HasSelf<Stubs>>(&mut linker, |stubs| stubs).unwrap();
        let instance = OutboundActionPre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
        Self { engine, instance }
    }

    /// Calls the action once in a new instance.
    pub(crate) fn call(&self) {
        let mut store = Store::new(&self.engine, Stubs);
        let action: OutboundAction = self.instance.instantiate(&mut store).unwrap();
        let port = action.flow_action_handler().call_invoke(&mut store).unwrap().unwrap();
        assert_eq!(port, "next");
    }
}
