//! The host functions that a component may call: those that it imports and its manifest lists in `uses`.

/// A function of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum HostFunction {
    /// `flow:action/parameters#get`.
    ParametersGet,
    /// `flow:action/parameters#set`.
    ParametersSet,
    /// `flow:action/log#write`.
    LogWrite,
    /// `flow:action/log#warn`.
    LogWarn,
    /// `flow:action/session#channel`.
    SessionChannel,
    /// `flow:action/session#user`.
    SessionUser,
    /// `flow:action/session#now`.
    SessionNow,
    /// `flow:action/session#random`.
    SessionRandom,
    /// `flow:action/session#get-entity`.
    SessionGetEntity,
    /// `flow:action/session#set-entity`.
    SessionSetEntity,
    /// `flow:action/expressions#evaluate`.
    ExpressionsEvaluate,
    /// `flow:outbound/contacts#upsert`.
    ContactsUpsert,
    /// `flow:outbound/contacts#upsert-session-user`.
    ContactsUpsertSessionUser,
    /// `flow:outbound/contacts#channels`.
    ContactsChannels,
    /// `flow:outbound/contacts#addresses`.
    ContactsAddresses,
    /// `flow:outbound/contacts#name`.
    ContactsName,
    /// `flow:outbound/contacts#linked`.
    ContactsLinked,
    /// `flow:outbound/campaigns#get`.
    CampaignsGet,
    /// `flow:outbound/records#save`.
    RecordsSave,
    /// `flow:outbound/records#list-ready`.
    RecordsListReady,
    /// `flow:outbound/records#cancel`.
    RecordsCancel,
    /// `flow:outbound/dnd#blocks-campaign`.
    DndBlocksCampaign,
    /// `flow:outbound/dnd#blocks-category`.
    DndBlocksCategory,
    /// `flow:outbound/dnd#set-campaign`.
    DndSetCampaign,
    /// `flow:outbound/dnd#set-category`.
    DndSetCategory,
}

use HostFunction::{
    CampaignsGet, ContactsAddresses, ContactsChannels, ContactsLinked, ContactsName, ContactsUpsert,
    ContactsUpsertSessionUser, DndBlocksCampaign, DndBlocksCategory, DndSetCampaign, DndSetCategory,
    ExpressionsEvaluate, LogWarn, LogWrite, ParametersGet, ParametersSet, RecordsCancel, RecordsListReady, RecordsSave,
    SessionChannel, SessionGetEntity, SessionNow, SessionRandom, SessionSetEntity, SessionUser,
};

/// All functions with their names in a manifest's `uses`. No other list of them exists.
const FUNCTIONS: [(HostFunction, &str); 25] = [
    (ParametersGet, "flow:action/parameters#get"),
    (ParametersSet, "flow:action/parameters#set"),
    (LogWrite, "flow:action/log#write"),
    (LogWarn, "flow:action/log#warn"),
    (SessionChannel, "flow:action/session#channel"),
    (SessionUser, "flow:action/session#user"),
    (SessionNow, "flow:action/session#now"),
    (SessionRandom, "flow:action/session#random"),
    (SessionGetEntity, "flow:action/session#get-entity"),
    (SessionSetEntity, "flow:action/session#set-entity"),
    (ExpressionsEvaluate, "flow:action/expressions#evaluate"),
    (ContactsUpsert, "flow:outbound/contacts#upsert"),
    (ContactsUpsertSessionUser, "flow:outbound/contacts#upsert-session-user"),
    (ContactsChannels, "flow:outbound/contacts#channels"),
    (ContactsAddresses, "flow:outbound/contacts#addresses"),
    (ContactsName, "flow:outbound/contacts#name"),
    (ContactsLinked, "flow:outbound/contacts#linked"),
    (CampaignsGet, "flow:outbound/campaigns#get"),
    (RecordsSave, "flow:outbound/records#save"),
    (RecordsListReady, "flow:outbound/records#list-ready"),
    (RecordsCancel, "flow:outbound/records#cancel"),
    (DndBlocksCampaign, "flow:outbound/dnd#blocks-campaign"),
    (DndBlocksCategory, "flow:outbound/dnd#blocks-category"),
    (DndSetCampaign, "flow:outbound/dnd#set-campaign"),
    (DndSetCategory, "flow:outbound/dnd#set-category"),
];

/// Interfaces that every plugin may call, because they expose only the data of its own node.
const ALWAYS_ALLOWED: [&str; 2] = ["flow:action/parameters", "flow:action/log"];

impl HostFunction {
    /// Returns the name, as `interface#function`.
    pub fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|(function, _)| *function == self).map_or("", |(_, name)| name)
    }

    /// Returns the names of all functions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FUNCTIONS.iter().map(|(_, name)| *name)
    }
}

/// A set of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grants(u32);

impl Grants {
    /// Grants only the functions that are always allowed.
    pub fn none() -> Self {
        Self(0)
    }

    /// Creates the grants of a component that imports `imports` and whose manifest lists `uses`. Both are names of
    /// functions or of whole interfaces.
    pub fn new(imports: &[String], uses: &[String]) -> Self {
        let covers_any = |names: &[String], function: &str| names.iter().any(|name| covers(name, function));
        let granted = FUNCTIONS.iter().filter(|(_, name)| {
            covers_any(imports, name)
                && (covers_any(uses, name) || ALWAYS_ALLOWED.iter().any(|interface| covers(interface, name)))
        });
        Self(granted.fold(0, |bits, (function, _)| bits | 1 << *function as u8))
    }

    /// Returns whether the function is granted.
    pub fn allows(self, function: HostFunction) -> bool {
        self.0 & (1 << function as u8) != 0
    }

    /// Returns the names of the granted functions.
    #[cfg(test)]
    fn names(self) -> Vec<&'static str> {
        FUNCTIONS.iter().filter(|(function, _)| self.allows(*function)).map(|(_, name)| *name).collect()
    }
}

/// Returns whether `name`, a function or a whole interface, covers the function.
pub(crate) fn covers(name: &str, function: &str) -> bool {
    function.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_grant_needs_an_import_and_a_use() {
        let imports = names(&["flow:outbound/dnd#blocks-campaign", "flow:outbound/dnd#set-campaign"]);
        let grants = Grants::new(&imports, &names(&["flow:outbound/dnd#blocks-campaign", "flow:outbound/contacts"]));
        assert_eq!(grants.names(), ["flow:outbound/dnd#blocks-campaign"]);
    }

    #[test]
    fn an_interface_covers_its_functions_and_no_other() {
        assert!(covers("flow:outbound/dnd", "flow:outbound/dnd#set-campaign"));
        assert!(!covers("flow:outbound/dn", "flow:outbound/dnd#set-campaign"));
    }

    #[test]
    fn parameters_and_log_are_never_listed() {
        let grants = Grants::new(&names(&["flow:action/parameters#get", "flow:action/session#user"]), &[]);
        assert!(grants.allows(ParametersGet));
        assert!(!grants.allows(SessionUser));
    }

    #[test]
    fn every_function_has_its_own_bit() {
        for (index, (function, name)) in FUNCTIONS.iter().enumerate() {
            assert_eq!(*function as usize, index, "{name}");
        }
    }
}
