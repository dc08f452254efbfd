//! The macros that export a manifest and a function as a component.

use crate::error::Error;
use crate::imports::log::{self, Level};
use crate::manifest::Port;

/// Exports an action: `action!(MANIFEST, run)`, where `MANIFEST` is a constant
/// [`Manifest`](crate::Manifest) and `run` a function from nothing to
/// `Result<Port, Error>`.
///
/// `run` reads the parameters, calls host functions, sets the entity-outs and returns a port. On `Err`, on a panic or
/// an exceeded limit, none of its writes takes effect, and the node exits through the port `error`.
#[macro_export]
macro_rules! action {
    ($manifest:expr, $run:expr) => {
        const _: () = {
            struct Component;

            impl $crate::bindings::exports::flow::action::handler::Guest for Component {
                fn describe() -> ::std::string::String {
                    const LENGTH: usize = $manifest.write_json(&mut []);
                    const JSON: [u8; LENGTH] = {
                        let mut json = [0; LENGTH];
                        $manifest.write_json(&mut json);
                        json
                    };
                    const TEXT: &str = match ::std::str::from_utf8(&JSON) {
                        Ok(text) => text,
                        Err(_) => panic!("the manifest is not UTF-8"),
                    };
                    ::std::string::String::from(TEXT)
                }

                fn invoke() -> ::std::result::Result<::std::string::String, $crate::Error> {
                    $crate::action::invoke($run)
                }
            }

            // Other targets cannot link the exported names. There, the compiler only checks the types.
            #[cfg(not(target_family = "wasm"))]
            const _: (&$crate::Manifest, fn() -> ::std::result::Result<$crate::Port, $crate::Error>) =
                (&$manifest, $run);
            #[cfg(target_family = "wasm")]
            $crate::bindings::export_handler!(Component);
        };
    };
}

/// The host functions that an action calls, by their paths in this crate, for the field `uses` of
/// [`Manifest`](crate::Manifest). A call of any other host function ends the action with `plugin-contract`. Functions
/// for parameters, log and outcome are always allowed.
///
/// ```
/// use flow_sdk::manifest::Capability;
///
/// const USES: &[Capability] = flow_sdk::capabilities![contacts::name, session::channel];
/// assert_eq!(USES.len(), 2);
/// ```
#[macro_export]
macro_rules! capabilities {
    ($($module:ident :: $function:ident),* $(,)?) => {
        &[$({
            // An unknown name is a compile error.
            #[allow(unused_imports)]
            use $crate::$module::$function as _;
            $crate::manifest::Capability::new($crate::$module::INTERFACE, stringify!($function))
        }),*]
    };
}

#[doc(hidden)]
pub fn invoke(run: fn() -> Result<Port, Error>) -> Result<String, Error> {
    log_panics();
    run().map(|port| port.name().to_owned())
}

/// Writes the message of a panic to the operator's log, because a trap does not contain it.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| log::write(Level::Error, &panic.to_string())));
}
