//! A plugin that sleeps in `describe`.

use flow_sdk::bindings::exports::flow::action::handler::Guest;
use flow_sdk::prelude::*;
use std::time::Duration;

struct Component;

impl Guest for Component {
    fn describe() -> String {
        std::thread::sleep(Duration::from_secs(86_400));
        String::new()
    }

    fn invoke() -> Result<String, Error> {
        Ok(NEXT.name().to_owned())
    }
}

#[cfg(target_family = "wasm")]
flow_sdk::bindings::export_handler!(Component);
