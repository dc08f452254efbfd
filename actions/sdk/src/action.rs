//! The macros that turn a manifest and a function into a component.

use crate::bindings::flow::action::log::{self, Level};
use crate::error::Error;
use crate::manifest::Port;

/// Exports an action: `action!(MANIFEST, run)`, where `MANIFEST` is a constant
/// [`Manifest`](crate::Manifest) and `run` a function from nothing to
/// `Result<Port, Error>`.
///
/// `run` reads the parameters, asks the host, sets the entity-outs and names the port to leave by. On `Err`, on a panic
/// or a timeout nothing of what it wrote takes effect, and the session goes on by the port `error`.
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
                        Err(_) => panic!("the manifest is no UTF-8"),
                    };
                    ::std::string::String::from(TEXT)
                }

                fn invoke() -> ::std::result::Result<::std::string::String, $crate::Error> {
                    $crate::action::invoke($run)
                }
            }

            // Elsewhere the exported names mean nothing to the linker; the action is only checked.
            #[cfg(not(target_family = "wasm"))]
            const _: (&$crate::Manifest, fn() -> ::std::result::Result<$crate::Port, $crate::Error>) =
                (&$manifest, $run);
            #[cfg(target_family = "wasm")]
            $crate::bindings::export_handler!(Component);
        };
    };
}

/// The host functions that an action calls, by their paths in this crate, for [`Manifest`](crate::Manifest)'s `uses`. What is not listed is
/// refused when it is called; reading parameters and writing the log need not be listed.
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
            // A name that doesn't exist shall not compile.
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

/// A trap alone says only that the component stopped; the panic's own words go to the operator's log before it.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| log::write(Level::Error, &panic.to_string())));
}
