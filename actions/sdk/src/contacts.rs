//! Contacts of the session's tenant. Each function is a capability.

use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::imports::contacts;
use crate::value::ContactId;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:outbound/contacts";

/// An address of a contact: a channel and the identifier in it.
#[derive(Debug, Clone)]
pub struct Address {
    /// A channel of the tenant.
    pub channel: FromParameter<String>,
    /// The identifier as the user typed it. The host normalises it.
    pub identifier: FromParameter<String>,
}

/// A value that links the contacts of one person in several channels.
#[derive(Debug, Clone)]
pub struct Correlator {
    /// The slot: 1, 2 or 3.
    pub slot: u8,
    /// The value. The host ignores an empty one.
    pub value: FromParameter<String>,
    /// Whether to overwrite a stored value. The host always fills an empty slot.
    pub update: bool,
}

/// The result of an upsert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsertResult {
    /// The contact.
    pub id: ContactId,
    /// Whether the call created the contact.
    pub created: bool,
}

/// Returns the contact that has this address, if there is one. Writes nothing.
///
/// # Errors
/// `channel-not-enabled`, `phone-invalid`, `identifier-invalid`, `value-too-large`.
pub fn find(address: &Address) -> Result<Option<ContactId>, Error> {
    match contacts::find(&lower(address)) {
        Ok(found) => Ok(found.map(ContactId::from)),
        Err(error) => {
            let (channel, identifier) = (address.channel.parameter(), address.identifier.parameter());
            Err(error.map_arguments(&[("channel", channel), ("identifier", identifier)]))
        }
    }
}

/// Returns the contact of the session's user in the session's channel, if there is one. Writes nothing.
///
/// # Errors
/// The errors of [`find`].
pub fn find_session_user() -> Result<Option<ContactId>, Error> {
    Ok(contacts::find_session_user()?.map(ContactId::from))
}

/// Finds the contact that has any of these addresses and adds the missing ones, or creates a contact. The name of an
/// existing contact changes only with `update_name`, or if it is empty.
///
/// # Errors
/// `channel-not-enabled`, `phone-invalid`, `identifier-invalid`, `ambiguous-contact`, `value-too-large`.
pub fn upsert(
    addresses: &[Address],
    name: &FromParameter<String>,
    update_name: bool,
    correlators: &[Correlator],
) -> Result<UpsertResult, Error> {
    let lowered: Vec<_> = addresses.iter().map(lower).collect();
    contacts::upsert(&lowered, name, update_name, &to_wit(correlators))
        .map(from_wit)
        .map_err(|error| upsert_arguments(error, name, addresses, correlators))
}

/// Finds, updates or creates the contact of the session's user in the session's channel, as [`upsert`] does.
///
/// # Errors
/// The errors of [`upsert`].
pub fn upsert_session_user(
    name: &FromParameter<String>,
    update_name: bool,
    correlators: &[Correlator],
) -> Result<UpsertResult, Error> {
    contacts::upsert_session_user(name, update_name, &to_wit(correlators))
        .map(from_wit)
        .map_err(|error| upsert_arguments(error, name, &[], correlators))
}

/// Returns the channels in which this contact has an address, in order of their names.
///
/// # Errors
/// `contact-not-found`.
pub fn channels(contact: &FromParameter<ContactId>) -> Result<Vec<String>, Error> {
    contacts::channels(contact.as_str()).map_err(|error| id_argument(error, contact))
}

/// Returns the contact's addresses, in order of their channels.
///
/// # Errors
/// `contact-not-found`.
pub fn addresses(contact: &FromParameter<ContactId>) -> Result<Vec<Address>, Error> {
    match contacts::addresses(contact.as_str()) {
        Ok(addresses) => Ok(addresses
            .into_iter()
            .map(|each| Address { channel: each.channel.into(), identifier: each.identifier.into() })
            .collect()),
        Err(error) => Err(id_argument(error, contact)),
    }
}

/// Returns the contact's name.
///
/// # Errors
/// `contact-not-found`.
pub fn name(contact: &FromParameter<ContactId>) -> Result<String, Error> {
    contacts::name(contact.as_str()).map_err(|error| id_argument(error, contact))
}

/// Returns the contact in `channel` that shares a correlator with this one, if there is one.
///
/// # Errors
/// `contact-not-found`.
pub fn linked(contact: &FromParameter<ContactId>, channel: &FromParameter<String>) -> Result<Option<ContactId>, Error> {
    match contacts::linked(contact.as_str(), channel) {
        Ok(linked) => Ok(linked.map(ContactId::from)),
        Err(error) => Err(error.map_arguments(&[("contact", contact.parameter()), ("channel", channel.parameter())])),
    }
}

fn lower(address: &Address) -> contacts::Address {
    contacts::Address { channel: address.channel.to_string(), identifier: address.identifier.to_string() }
}

fn id_argument(error: Error, contact: &FromParameter<ContactId>) -> Error {
    error.map_arguments(&[("contact", contact.parameter())])
}

fn from_wit(upserted: contacts::Upserted) -> UpsertResult {
    UpsertResult { id: upserted.id.into(), created: upserted.created }
}

fn to_wit(correlators: &[Correlator]) -> Vec<contacts::Correlator> {
    correlators
        .iter()
        .map(|each| contacts::Correlator { slot: each.slot, value: each.value.to_string(), update: each.update })
        .collect()
}

fn upsert_arguments(
    error: Error,
    name: &FromParameter<String>,
    addresses: &[Address],
    correlators: &[Correlator],
) -> Error {
    let slot = error.detail("slot").and_then(|slot| slot.parse().ok());
    let correlator = correlators.iter().find(|each| slot.is_none_or(|slot: u8| slot == each.slot));
    let correlator = correlator.and_then(|correlator| correlator.value.parameter());
    let address = addresses.first();
    let identifier = address.and_then(|address| address.identifier.parameter());
    error.map_arguments(&[
        ("name", name.parameter()),
        ("channel", address.and_then(|address| address.channel.parameter())),
        ("addresses", identifier),
        ("identifier", identifier),
        ("slot", correlator),
        ("value", correlator),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn correlator(slot: u8, parameter: &'static str) -> Correlator {
        Correlator { slot, value: FromParameter::new(String::from("1-9"), Cow::Borrowed(parameter)), update: false }
    }

    #[test]
    fn a_refused_correlator_is_identified_by_its_slot() {
        let given = [correlator(1, "CORRELATION_1_EXPRESSION"), correlator(3, "CORRELATION_3_EXPRESSION")];
        let refused = Error::new("value-too-large", "too long").with("argument", "value").with("slot", "3");
        let error = upsert_arguments(refused, &String::from("Ana").into(), &[], &given);
        assert_eq!(error.parameter.as_deref(), Some("CORRELATION_3_EXPRESSION"));
    }
}
