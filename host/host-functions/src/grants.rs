//! The host functions that a component may call: those that it imports and its manifest lists in `uses`.

/// Declares [`HostFunction`] from one row for each function: variant, name in a manifest's `uses`.
macro_rules! host_functions {
    ($($variant:ident, $name:literal;)+) => {
        /// A function of the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum HostFunction {
            $(#[doc = concat!("`", $name, "`.")] $variant,)+
        }

        /// All functions with their names. No other list of them exists.
        const FUNCTIONS: &[(HostFunction, &str)] = &[$((HostFunction::$variant, $name),)+];
    };
}

host_functions! {
    ParametersGet, "flow:action/parameters#get";
    ParametersGetJson, "flow:action/parameters#get-json";
    ParametersSet, "flow:action/parameters#set";
    ParametersSetJson, "flow:action/parameters#set-json";
    SessionId, "flow:action/session#id";
    SessionChannel, "flow:action/session#channel";
    SessionUser, "flow:action/session#user";
    SessionNode, "flow:action/session#node";
    SessionVisit, "flow:action/session#visit";
    SessionDepth, "flow:action/session#depth";
    SessionNow, "flow:action/session#now";
    SessionRandomBytes, "flow:action/session#random-bytes";
    SessionEntities, "flow:action/session#entities";
    SessionGetEntity, "flow:action/session#get-entity";
    SessionSetEntity, "flow:action/session#set-entity";
    TenantTimeZone, "flow:action/tenant#time-zone";
    TenantPhoneRegion, "flow:action/tenant#phone-region";
    TenantChannels, "flow:action/tenant#channels";
    FormatsFormatDate, "flow:action/formats#format-date";
    FormatsParseDate, "flow:action/formats#parse-date";
    FormatsNormalizePhone, "flow:action/formats#normalize-phone";
    ExpressionsEvaluate, "flow:action/expressions#evaluate";
    ExpressionsEvaluateWith, "flow:action/expressions#evaluate-with";
    LogWrite, "flow:action/log#write";
    OutcomeWarn, "flow:action/outcome#warn";
    ContactsFind, "flow:outbound/contacts#find";
    ContactsFindSessionUser, "flow:outbound/contacts#find-session-user";
    ContactsUpsert, "flow:outbound/contacts#upsert";
    ContactsUpsertSessionUser, "flow:outbound/contacts#upsert-session-user";
    ContactsChannels, "flow:outbound/contacts#channels";
    ContactsAddresses, "flow:outbound/contacts#addresses";
    ContactsName, "flow:outbound/contacts#name";
    ContactsLinked, "flow:outbound/contacts#linked";
    CampaignsName, "flow:outbound/campaigns#name";
    CampaignsCategory, "flow:outbound/campaigns#category";
    CampaignsType, "flow:outbound/campaigns#type";
    CampaignsMode, "flow:outbound/campaigns#mode";
    CampaignsIntention, "flow:outbound/campaigns#intention";
    CampaignsValidUntil, "flow:outbound/campaigns#valid-until";
    CampaignsIsOpen, "flow:outbound/campaigns#is-open";
    CampaignsList, "flow:outbound/campaigns#list";
    CampaignsInCategory, "flow:outbound/campaigns#in-category";
    RecordsSave, "flow:outbound/records#save";
    RecordsListReady, "flow:outbound/records#list-ready";
    RecordsState, "flow:outbound/records#state";
    RecordsCancel, "flow:outbound/records#cancel";
    DndBlocksCampaign, "flow:outbound/dnd#blocks-campaign";
    DndBlocksCategory, "flow:outbound/dnd#blocks-category";
    DndReasons, "flow:outbound/dnd#reasons";
    DndSetCampaign, "flow:outbound/dnd#set-campaign";
    DndSetCategory, "flow:outbound/dnd#set-category";
}

/// Interfaces that every plugin may call, because they expose only the data of its own node.
const ALWAYS_ALLOWED: [&str; 3] = ["flow:action/parameters", "flow:action/log", "flow:action/outcome"];

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
pub struct Grants(u64);

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
    fn parameters_log_and_outcome_are_never_listed() {
        let imports = ["flow:action/parameters#get", "flow:action/outcome#warn", "flow:action/session#user"];
        let grants = Grants::new(&names(&imports), &[]);
        assert!(grants.allows(HostFunction::ParametersGet) && grants.allows(HostFunction::OutcomeWarn));
        assert!(!grants.allows(HostFunction::SessionUser));
    }

    #[test]
    fn every_function_has_its_own_bit() {
        for (index, (function, name)) in FUNCTIONS.iter().enumerate() {
            assert_eq!(*function as usize, index, "{name}");
            assert_eq!(function.name(), *name);
        }
    }
}
