//! The host's functions outside WebAssembly, where an action's unit tests run. The generated functions would abort the
//! process there. These return the error `not-in-a-host`, or panic if they have no error to return.

use crate::error::Error;
use crate::value::Value;

/// A result of a host function that is called outside a host.
trait Answer {
    /// Returns the error, panics with its message, or does nothing.
    fn refuse(function: &str) -> Self;
}

impl<T> Answer for Result<T, Error> {
    fn refuse(function: &str) -> Self {
        Err(Error::new("not-in-a-host", message(function)))
    }
}

/// Log lines and warnings have no result that an action could use.
impl Answer for () {
    fn refuse(_: &str) -> Self {}
}

macro_rules! panic_outside {
    ($($result:ty),*) => {$(
        impl Answer for $result {
            // The function of the contract has no error; a panic ends only its test.
            fn refuse(function: &str) -> Self {
                panic!("{}", message(function))
            }
        }
    )*};
}

panic_outside!(String, u32, session::Timestamp, Vec<u8>, Vec<String>, Option<String>, Option<u32>, Option<Value>);

fn message(function: &str) -> String {
    format!(
        "the host function {function} is not available outside a host; run the cases of the component with flowhost test"
    )
}

/// Defines the functions of interfaces, and checks that the generated ones have the same types.
macro_rules! outside {
    ($($package:ident::$interface:ident {
        $(fn $function:ident($($name:ident: $argument:ty),*) $(-> $result:ty)?;)*
    })*) => {$(
        pub(crate) mod $interface {
            #[allow(unused_imports, reason = "some interfaces have no types of their own")]
            pub(crate) use crate::bindings::flow::$package::$interface::*;
            #[allow(unused_imports, reason = "not every interface uses them")]
            use super::{Answer as _, Error, Value};

            $(
                const _: fn($($argument),*) $(-> $result)? = crate::bindings::flow::$package::$interface::$function;

                pub(crate) fn $function($($name: $argument),*) $(-> $result)? {
                    $(let _ = $name;)*
                    super::Answer::refuse(concat!(stringify!($interface), "::", stringify!($function)))
                }
            )*
        }
    )*};
}

outside! {
    action::parameters {
        fn get(name: &str) -> Result<Option<Value>, Error>;
        fn set(name: &str, value: Option<&Value>) -> Result<(), Error>;
    }
    action::session {
        fn id() -> String;
        fn channel() -> String;
        fn user() -> String;
        fn node() -> Option<String>;
        fn visit() -> Option<u32>;
        fn depth() -> u32;
        fn now() -> Timestamp;
        fn random_bytes(count: u32) -> Vec<u8>;
        fn entities() -> Vec<String>;
        fn get_entity(name: &str) -> Option<Value>;
        fn set_entity(name: &str, value: Option<&Value>) -> Result<(), Error>;
    }
    action::tenant {
        fn time_zone() -> String;
        fn phone_region() -> String;
        fn channels() -> Vec<String>;
    }
    action::formats {
        fn format_date(timestamp: Timestamp, pattern: &str) -> Result<String, Error>;
        fn parse_date(text: &str, pattern: &str) -> Result<Timestamp, Error>;
        fn normalize_phone(text: &str) -> Result<String, Error>;
    }
    action::expressions {
        fn evaluate(source: &str) -> Result<Option<Value>, Error>;
        fn evaluate_with(source: &str, variables: &[(String, Value)]) -> Result<Option<Value>, Error>;
    }
    action::log {
        fn write(level: Level, message: &str);
    }
    action::outcome {
        fn warn(code: &str, message: &str, parameter: Option<&str>);
    }
    outbound::contacts {
        fn find(address: &Address) -> Result<Option<String>, Error>;
        fn find_session_user() -> Result<Option<String>, Error>;
        fn upsert(
            addresses: &[Address], name: &str, update_name: bool, correlators: &[Correlator]
        ) -> Result<Upserted, Error>;
        fn upsert_session_user(name: &str, update_name: bool, correlators: &[Correlator]) -> Result<Upserted, Error>;
        fn channels(contact: &str) -> Result<Vec<String>, Error>;
        fn addresses(contact: &str) -> Result<Vec<Address>, Error>;
        fn name(contact: &str) -> Result<String, Error>;
        fn linked(contact: &str, channel: &str) -> Result<Option<String>, Error>;
    }
    outbound::campaigns {
        fn name(campaign: &str) -> Result<String, Error>;
        fn category(campaign: &str) -> Result<String, Error>;
        fn type_(campaign: &str) -> Result<String, Error>;
        fn mode(campaign: &str) -> Result<String, Error>;
        fn intention(campaign: &str) -> Result<String, Error>;
        fn valid_until(campaign: &str) -> Result<Option<Timestamp>, Error>;
        fn is_open(campaign: &str) -> Result<bool, Error>;
        fn list(after: Option<&str>, limit: u32) -> Result<Vec<String>, Error>;
        fn in_category(category: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, Error>;
    }
    outbound::records {
        fn save(draft: &Draft) -> Result<Saved, Error>;
        fn list_ready(campaign: &str, contact: &str, after: Option<&str>, limit: u32) -> Result<Vec<Summary>, Error>;
        fn state(contact: &str, id: &str) -> Result<String, Error>;
        fn cancel(contact: &str, id: &str) -> Result<bool, Error>;
    }
    outbound::dnd {
        fn blocks_campaign(campaign: &str, contact: &str) -> Result<bool, Error>;
        fn blocks_category(category: &str, contact: &str) -> Result<bool, Error>;
        fn reasons(contact: &str, campaign: Option<&str>) -> Result<Vec<Reason>, Error>;
        fn set_campaign(campaign: &str, contact: &str, blocked: bool, reason: Option<&str>) -> Result<bool, Error>;
        fn set_category(category: &str, contact: &str, blocked: bool, reason: Option<&str>) -> Result<bool, Error>;
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    const POINTS: Parameter<EntityIn<i64>> = Parameter::required("POINTS_ENTITY");

    #[test]
    fn a_function_with_an_error_returns_not_in_a_host() {
        let error = POINTS.get().err().unwrap();
        assert_eq!(error.code, "not-in-a-host");
        assert!(error.message.contains("parameters::get") && error.message.contains("flowhost test"));
        let contact = FromParameter::from(ContactId::from(String::from("01a20d6d-5a00-7e04-84c1-f60a948f0606")));
        assert_eq!(contacts::name(&contact).err().unwrap().code, "not-in-a-host");
        assert_eq!(expressions::evaluate::<Value>("1").err().unwrap().code, "not-in-a-host");
    }

    #[test]
    fn a_function_without_an_error_panics_and_does_not_abort() {
        let panic = std::panic::catch_unwind(session::channel).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().contains("flowhost test"));
    }

    #[test]
    fn log_lines_and_warnings_are_dropped() {
        log::write(log::Level::Info, "a line");
        outcome::warn("acme/unusual", "the line is unusual", None);
        assert_eq!(POINTS.name(), "POINTS_ENTITY");
    }
}
