//! The captured form of every host function.

use super::wit_json::WitJson;
use super::{CapturedHost, Step};
use crate::bindings::flow::action::log::Level;
use crate::bindings::flow::action::types::{Error, Timestamp, Value};
use crate::bindings::flow::action::{expressions, formats, log, outcome, parameters, session, tenant};
use crate::bindings::flow::outbound::contacts::{Address, Correlator, Upserted};
use crate::bindings::flow::outbound::dnd::Reason;
use crate::bindings::flow::outbound::records::{Draft, Saved, Summary};
use crate::bindings::flow::outbound::{campaigns, contacts, dnd, records};
use crate::{HostFunction, HostState};

/// The result of a function that can fail.
type Fallible<T> = Result<T, Error>;

/// Runs or answers one call. The last tokens await the future of an asynchronous function.
macro_rules! captured_call {
    ($host:ident, $interface:ident, $name:ident($($argument:ident),*), $function:ident $(, $await:tt)*) => {{
        let call = $host.start(HostFunction::$function, vec![$($argument.to_json()),*]);
        match $host.next_step(&call)? {
            Step::Answer(answer) => $host.finish(call, Ok(answer)),
            Step::Run => {
                let answered = <HostState as $interface::Host>::$name($host.0, $($argument),*)$($await)*;
                $host.finish(call, answered)
            }
            Step::RunAndAnswer(answer) => {
                let run = <HostState as $interface::Host>::$name($host.0, $($argument),*)$($await)*;
                let answered = run.map(|_| answer);
                $host.finish(call, answered)
            }
        }
    }};
}

/// Implements the functions of one interface.
macro_rules! captured {
    ($interface:ident { $(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty = $function:ident;)*
        $(async fn $async_name:ident($($async_argument:ident: $async_type:ty),*) -> $async_answer:ty = $async_function:ident;)* }) => {
        impl $interface::Host for CapturedHost<'_> {
            $(fn $name(&mut self, $($argument: $type),*) -> wasmtime::Result<$answer> {
                captured_call!(self, $interface, $name($($argument),*), $function)
            })*
            $(async fn $async_name(&mut self, $($async_argument: $async_type),*) -> wasmtime::Result<$async_answer> {
                captured_call!(self, $interface, $async_name($($async_argument),*), $async_function, ., await)
            })*
        }
    };
}

impl crate::bindings::flow::action::types::Host for CapturedHost<'_> {}

captured! { parameters {
    async fn get(name: String) -> Fallible<Option<Value>> = ParametersGet;
    async fn get_json(name: String) -> Fallible<Option<String>> = ParametersGetJson;
    async fn set(name: String, value: Option<Value>) -> Fallible<()> = ParametersSet;
    async fn set_json(name: String, value: Option<String>) -> Fallible<()> = ParametersSetJson;
} }

captured! { session {
    fn id() -> String = SessionId;
    fn channel() -> String = SessionChannel;
    fn user() -> String = SessionUser;
    fn node() -> Option<String> = SessionNode;
    fn visit() -> Option<u32> = SessionVisit;
    fn depth() -> u32 = SessionDepth;
    fn now() -> Timestamp = SessionNow;
    fn random_bytes(count: u32) -> Vec<u8> = SessionRandomBytes;
    fn entities() -> Vec<String> = SessionEntities;
    async fn get_entity(name: String) -> Option<Value> = SessionGetEntity;
    async fn set_entity(name: String, value: Option<Value>) -> Fallible<()> = SessionSetEntity;
} }

captured! { tenant {
    fn time_zone() -> String = TenantTimeZone;
    fn phone_region() -> String = TenantPhoneRegion;
    fn channels() -> Vec<String> = TenantChannels;
} }

captured! { formats {
    fn format_date(timestamp: Timestamp, pattern: String) -> Fallible<String> = FormatsFormatDate;
    fn parse_date(text: String, pattern: String) -> Fallible<Timestamp> = FormatsParseDate;
    fn normalize_phone(text: String) -> Fallible<String> = FormatsNormalizePhone;
} }

captured! { expressions {
    async fn evaluate(source: String) -> Fallible<Option<Value>> = ExpressionsEvaluate;
    async fn evaluate_with(source: String, variables: Vec<(String, Value)>) -> Fallible<Option<Value>>
        = ExpressionsEvaluateWith;
} }

captured! { log {
    fn write(level: Level, message: String) -> () = LogWrite;
} }

captured! { outcome {
    fn warn(code: String, message: String, parameter: Option<String>) -> () = OutcomeWarn;
} }

captured! { contacts {
    async fn find(address: Address) -> Fallible<Option<String>> = ContactsFind;
    async fn find_session_user() -> Fallible<Option<String>> = ContactsFindSessionUser;
    async fn upsert(addresses: Vec<Address>, name: String, update_name: bool, correlators: Vec<Correlator>)
        -> Fallible<Upserted> = ContactsUpsert;
    async fn upsert_session_user(name: String, update_name: bool, correlators: Vec<Correlator>) -> Fallible<Upserted>
        = ContactsUpsertSessionUser;
    async fn channels(contact: String) -> Fallible<Vec<String>> = ContactsChannels;
    async fn addresses(contact: String) -> Fallible<Vec<Address>> = ContactsAddresses;
    async fn name(contact: String) -> Fallible<String> = ContactsName;
    async fn linked(contact: String, channel: String) -> Fallible<Option<String>> = ContactsLinked;
} }

captured! { campaigns {
    async fn name(campaign: String) -> Fallible<String> = CampaignsName;
    async fn category(campaign: String) -> Fallible<String> = CampaignsCategory;
    async fn type_(campaign: String) -> Fallible<String> = CampaignsType;
    async fn mode(campaign: String) -> Fallible<String> = CampaignsMode;
    async fn intention(campaign: String) -> Fallible<String> = CampaignsIntention;
    async fn valid_until(campaign: String) -> Fallible<Option<Timestamp>> = CampaignsValidUntil;
    async fn is_open(campaign: String) -> Fallible<bool> = CampaignsIsOpen;
    async fn list(after: Option<String>, limit: u32) -> Fallible<Vec<String>> = CampaignsList;
    async fn in_category(category: String, after: Option<String>, limit: u32) -> Fallible<Vec<String>>
        = CampaignsInCategory;
} }

captured! { records {
    async fn save(draft: Draft) -> Fallible<Saved> = RecordsSave;
    async fn list_ready(campaign: String, contact: String, after: Option<String>, limit: u32) -> Fallible<Vec<Summary>>
        = RecordsListReady;
    async fn state(contact: String, id: String) -> Fallible<String> = RecordsState;
    async fn cancel(contact: String, id: String) -> Fallible<bool> = RecordsCancel;
} }

captured! { dnd {
    async fn blocks_campaign(campaign: String, contact: String) -> Fallible<bool> = DndBlocksCampaign;
    async fn blocks_category(category: String, contact: String) -> Fallible<bool> = DndBlocksCategory;
    async fn reasons(contact: String, campaign: Option<String>) -> Fallible<Vec<Reason>> = DndReasons;
    async fn set_campaign(campaign: String, contact: String, blocked: bool, reason: Option<String>) -> Fallible<bool>
        = DndSetCampaign;
    async fn set_category(category: String, contact: String, blocked: bool, reason: Option<String>) -> Fallible<bool>
        = DndSetCategory;
} }
