//! A plugin that prints much when it is to describe itself.
#![expect(clippy::print_stderr, reason = "the attack")]

use flow_sdk::bindings::exports::flow::action::handler::Guest;
use flow_sdk::prelude::*;

struct Component;

impl Guest for Component {
    fn describe() -> String {
        let line = "\u{1b}".repeat(4 << 10);
        (0..1_000).for_each(|_| eprintln!("{line}"));
        r#"{"manifest":1,"id":"describes-by-printing","version":"1.0.0","category":"Test","title":{"en":"Prints"},
            "description":{"en":"Prints"},"parameters":[],"ports":["next","error"],"locales":["en"],"uses":[]}"#
            .to_owned()
    }

    fn invoke() -> Result<String, Error> {
        Ok(NEXT.name().to_owned())
    }
}

#[cfg(target_family = "wasm")]
flow_sdk::bindings::export_handler!(Component);
