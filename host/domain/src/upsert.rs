//! Creates or updates the contact of an address. A contact's key is its address, never its name.

use super::contact::{Address, Contact};
use super::phone;
use super::refusal::{Refusal, Warning};
use super::tenant::{IdentifierKind, Tenant, WHATSAPP};
use super::text;
use chrono::{DateTime, Utc};
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use uuid::Uuid;

/// A validated, normalised request to create or update a contact. The caller looks up its addresses before
/// [`Self::apply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactUpsert {
    addresses: Vec<Address>,
    name: String,
    update_name: bool,
    correlators: [Option<(String, bool)>; 3],
    warnings: Vec<IdentifierWarning>,
}

/// A warning about one of the given identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierWarning {
    /// The identifier as given.
    pub identifier: String,
    /// The warning.
    pub warning: Warning,
}

/// A given value for a correlator slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correlator<'a> {
    /// The slot: 1, 2 or 3. Each slot occurs at most once.
    pub slot: u8,
    /// The value, normalised later. An empty value counts as not given.
    pub value: &'a str,
    /// Whether the value overwrites a stored one. An empty slot takes the value in either case.
    pub update: bool,
}

/// The given name and correlators of a contact.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile<'a> {
    /// The name, normalised later. An empty name never replaces a stored one.
    pub name: &'a str,
    /// Whether the name replaces a stored one. An empty stored name takes it in either case.
    pub update_name: bool,
    /// The correlators, in any order.
    pub correlators: &'a [Correlator<'a>],
}

/// The result of an upsert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsertResult {
    /// The contact after the upsert.
    pub contact: Contact,
    /// Whether the upsert created the contact.
    pub created: bool,
    /// Whether the upsert created or changed the contact.
    pub changed: bool,
}

impl ContactUpsert {
    /// Builds the request for the contact that has any of `addresses` (channel, identifier as typed). Applying it adds
    /// the other addresses to the contact.
    ///
    /// Errors: `channel-not-enabled` (`channel`), `phone-invalid`, `identifier-invalid` (an empty identifier, or two
    /// for a channel), `value-too-large`, `parameter-invalid` (`slot` other than 1 to 3 or repeated; a NUL in a text).
    /// Errors of `slot` and `value` have the detail `slot`, errors of addresses the detail `channel`.
    pub fn new(tenant: &Tenant, addresses: &[(&str, &str)], profile: &Profile<'_>) -> Result<Self, Refusal> {
        let mut upsert = Self::from_profile(profile)?;
        for (channel, identifier) in addresses {
            let channel = tenant.require_channel(channel)?;
            let with_channel = |refusal: Refusal| refusal.with_detail("channel", &channel.name);
            let given = *identifier;
            let (identifier, typed, warning) = match channel.identifier {
                IdentifierKind::Phone => phone_identifier(phone::normalise(given, Some(&tenant.phone_region)), given),
                IdentifierKind::Opaque => opaque_identifier(given),
            }
            .map_err(with_channel)?;
            upsert.add_address(Address { channel: channel.name.clone(), identifier, typed }).map_err(with_channel)?;
            upsert.add_warning(given, warning);
        }
        if upsert.addresses.is_empty() {
            let message = "the contact has no address; give at least one channel and identifier";
            return Err(Refusal::new(ErrorCode::IdentifierInvalid, message).about_argument("addresses"));
        }
        Ok(upsert)
    }

    /// Builds the request for the contact of a session's own user in the session's own channel. WhatsApp gives
    /// international numbers without `+`. Errors: as for [`Self::new`].
    pub fn for_session_user(
        tenant: &Tenant,
        channel: &str,
        user: &str,
        profile: &Profile<'_>,
    ) -> Result<Self, Refusal> {
        if channel != WHATSAPP {
            return Self::new(tenant, &[(channel, user)], profile);
        }
        let mut upsert = Self::from_profile(profile)?;
        let channel = tenant.require_channel(channel)?;
        let (identifier, typed, warning) = phone_identifier(phone::normalise_whatsapp_user(user), user)
            .map_err(|refusal| refusal.with_detail("channel", &channel.name))?;
        upsert.add_address(Address { channel: channel.name.clone(), identifier, typed })?;
        upsert.add_warning(user, warning);
        Ok(upsert)
    }

    /// Returns the addresses to look up, ordered by channel, with at most one per channel.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Returns the warnings for the flow designer: `phone-unusual`. The same number in two channels gives one.
    pub fn warnings(&self) -> &[IdentifierWarning] {
        &self.warnings
    }

    /// Returns the contact to store. `found` holds the contacts that have one of the addresses, in any order and
    /// possibly repeated; `new_id` is the id of a new contact.
    ///
    /// The function never merges contacts and never replaces an address. Error: `ambiguous-contact` if the addresses
    /// belong to several contacts, or if the found contact has another identifier in one of the channels. Its details
    /// `contact` list each id once.
    pub fn apply<'a>(
        &self,
        found: impl IntoIterator<Item = &'a Contact>,
        new_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<UpsertResult, Refusal> {
        let mut found = found.into_iter();
        let Some(stored) = found.next() else {
            return Ok(UpsertResult { contact: self.create_contact(new_id, now), created: true, changed: true });
        };
        if let Some(other) = found.find(|other| other.id != stored.id) {
            return Err(self.ambiguous_contact(stored, other));
        }
        let mut contact = stored.clone();
        for address in &self.addresses {
            match stored.address_in(&address.channel) {
                Some(own) if own.identifier == address.identifier => {}
                Some(own) => return Err(address_conflict(stored, own, address)),
                None => contact.addresses.push(address.clone()),
            }
        }
        contact.addresses.sort_by(|a, b| a.channel.cmp(&b.channel));
        if !self.name.is_empty() && (self.update_name || contact.name.is_empty()) {
            contact.name.clone_from(&self.name);
        }
        for (slot, given) in contact.correlators.iter_mut().zip(&self.correlators) {
            if let Some((value, _)) = given.as_ref().filter(|(_, update)| *update || slot.is_none()) {
                *slot = Some(value.clone());
            }
        }
        let changed = contact != *stored;
        if changed {
            contact.updated_at = now;
        }
        Ok(UpsertResult { contact, created: false, changed })
    }

    fn from_profile(profile: &Profile<'_>) -> Result<Self, Refusal> {
        let mut correlators = [const { None }; 3];
        for given in profile.correlators {
            let with_slot = |refusal: Refusal| refusal.with_detail("slot", given.slot.to_string());
            let slot = usize::from(given.slot).checked_sub(1).and_then(|index| correlators.get_mut(index));
            let Some(slot) = slot else {
                let message = format!("there is no correlator {}; the slots are 1, 2 and 3", given.slot);
                return Err(with_slot(Refusal::new(ErrorCode::ParameterInvalid, message).about_argument("slot")));
            };
            if slot.is_some() {
                let message = format!("correlator {} is given twice; give each slot at most once", given.slot);
                return Err(with_slot(Refusal::new(ErrorCode::ParameterInvalid, message).about_argument("slot")));
            }
            let what = format!("correlator {}", given.slot);
            let value = text::normalise(given.value, &what, "value", ErrorCode::ParameterInvalid).map_err(with_slot)?;
            *slot = Some((value, given.update));
        }
        Ok(Self {
            addresses: Vec::new(),
            name: text::normalise(profile.name, "the contact's name", "name", ErrorCode::ParameterInvalid)?,
            update_name: profile.update_name,
            correlators: correlators.map(|given| given.filter(|(value, _)| !value.is_empty())),
            warnings: Vec::new(),
        })
    }

    fn add_warning(&mut self, identifier: &str, warning: Option<Warning>) {
        let is_new = |warning: &Warning| self.warnings.iter().all(|other| other.warning != *warning);
        if let Some(warning) = warning.filter(is_new) {
            self.warnings.push(IdentifierWarning { identifier: identifier.to_owned(), warning });
        }
    }

    fn add_address(&mut self, address: Address) -> Result<(), Refusal> {
        match self.addresses.binary_search_by(|other| other.channel.cmp(&address.channel)) {
            Err(index) => self.addresses.insert(index, address),
            Ok(index) => {
                if self.addresses.get(index).is_some_and(|other| other.identifier != address.identifier) {
                    let message = format!(
                        "two identifiers are given for the channel {}; a contact has one in each",
                        quote(&address.channel)
                    );
                    return Err(Refusal::new(ErrorCode::IdentifierInvalid, message).about_argument("identifier"));
                }
            }
        }
        Ok(())
    }

    fn create_contact(&self, id: Uuid, now: DateTime<Utc>) -> Contact {
        Contact {
            id,
            name: self.name.clone(),
            correlators: self.correlators.clone().map(|given| given.map(|(value, _)| value)),
            addresses: self.addresses.clone(),
            dnd: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }

    fn ambiguous_contact(&self, one: &Contact, other: &Contact) -> Refusal {
        let owned = |contact: &Contact| {
            let address = self.addresses.iter().find(|address| {
                contact.address_in(&address.channel).is_some_and(|own| own.identifier == address.identifier)
            });
            address.map(|address| format!(" in {}", address.channel)).unwrap_or_default()
        };
        let message = format!(
            "the addresses belong to two contacts, {}{} and {}{}; use one of them, contacts are never merged",
            one.id,
            owned(one),
            other.id,
            owned(other)
        );
        Refusal::new(ErrorCode::AmbiguousContact, message)
            .about_argument("identifier")
            .with_detail("contact", one.id.to_string())
            .with_detail("contact", other.id.to_string())
    }
}

fn address_conflict(stored: &Contact, own: &Address, requested: &Address) -> Refusal {
    let message = format!(
        "the contact {} has another identifier in {}, {} and not {}; an address is never replaced",
        stored.id,
        own.channel,
        quote(&own.identifier),
        quote(&requested.identifier)
    );
    Refusal::new(ErrorCode::AmbiguousContact, message)
        .about_argument("identifier")
        .with_detail("contact", stored.id.to_string())
}

type NormalisedIdentifier = (String, String, Option<Warning>);

fn phone_identifier(phone: Result<phone::Phone, Refusal>, typed: &str) -> Result<NormalisedIdentifier, Refusal> {
    let phone = phone?;
    let warning = phone.warning();
    Ok((phone.e164, typed.trim().to_owned(), warning))
}

fn opaque_identifier(typed: &str) -> Result<NormalisedIdentifier, Refusal> {
    let identifier = text::normalise(typed, "the contact's identifier", "identifier", ErrorCode::IdentifierInvalid)?;
    if identifier.is_empty() {
        let message = "the contact's identifier is empty; give the user's id in the channel";
        return Err(Refusal::new(ErrorCode::IdentifierInvalid, message).about_argument("identifier"));
    }
    Ok((identifier, typed.trim().to_owned(), None))
}

#[cfg(test)]
mod tests;
