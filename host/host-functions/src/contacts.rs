//! `flow:outbound/contacts`.

use super::bindings::flow::outbound::contacts::{Address, Correlator, Host, Upserted};
use super::lookup::{ID_BYTES, find_contact, find_tenant, try_rule};
use super::{Abort, HostFunction, HostResult, HostState};
use flowhost_domain::contact::Contact;
use flowhost_domain::upsert::{self, ContactUpsert, Profile};
use flowhost_domain::{Refusal, Tenant};
use flowhost_store::Lookup;
use std::sync::Arc;

impl Host for HostState {
    async fn find(&mut self, address: Address) -> HostResult<Option<String>> {
        self.begin_call(HostFunction::ContactsFind, address.channel.len() + address.identifier.len())?;
        let tenant = find_tenant(self.transaction()?).await?;
        let pair = [(address.channel.as_str(), address.identifier.as_str())];
        self.find_owner(ContactUpsert::new(&tenant, &pair, &Profile::default())).await
    }

    async fn find_session_user(&mut self) -> HostResult<Option<String>> {
        self.begin_call(HostFunction::ContactsFindSessionUser, 0)?;
        let tenant = find_tenant(self.transaction()?).await?;
        let session = &self.session.session;
        let request = ContactUpsert::for_session_user(&tenant, &session.channel, &session.user, &Profile::default());
        self.find_owner(request).await
    }

    async fn upsert(
        &mut self,
        addresses: Vec<Address>,
        name: String,
        update_name: bool,
        correlators: Vec<Correlator>,
    ) -> HostResult<Upserted> {
        let texts = addresses.iter().map(|address| address.channel.len() + address.identifier.len());
        let bytes = texts.sum::<usize>() + argument_bytes(&name, &correlators);
        self.begin_call(HostFunction::ContactsUpsert, bytes)?;
        let make_upsert = |tenant: &Tenant, _: &HostState, profile: &Profile<'_>| {
            let pairs: Vec<_> = addresses.iter().map(|a| (a.channel.as_str(), a.identifier.as_str())).collect();
            ContactUpsert::new(tenant, &pairs, profile)
        };
        self.apply_upsert(make_upsert, &name, update_name, &correlators, true).await
    }

    async fn upsert_session_user(
        &mut self,
        name: String,
        update_name: bool,
        correlators: Vec<Correlator>,
    ) -> HostResult<Upserted> {
        self.begin_call(HostFunction::ContactsUpsertSessionUser, argument_bytes(&name, &correlators))?;
        let make_upsert = |tenant: &Tenant, state: &HostState, profile: &Profile<'_>| {
            let session = &state.session.session;
            ContactUpsert::for_session_user(tenant, &session.channel, &session.user, profile)
        };
        self.apply_upsert(make_upsert, &name, update_name, &correlators, false).await
    }

    async fn channels(&mut self, contact: String) -> HostResult<Vec<String>> {
        let found = self.begin_contact_call(HostFunction::ContactsChannels, &contact).await?;
        let channels = found.map(|found| found.addresses.iter().map(|address| address.channel.clone()).collect());
        self.finish_call(channels, |channels: &Vec<String>| channels.iter().map(String::len).sum())
    }

    async fn addresses(&mut self, contact: String) -> HostResult<Vec<Address>> {
        let found = self.begin_contact_call(HostFunction::ContactsAddresses, &contact).await?;
        let address = |address: &flowhost_domain::Address| Address {
            channel: address.channel.clone(),
            identifier: address.identifier.clone(),
        };
        let addresses = found.map(|found| found.addresses.iter().map(address).collect());
        let bytes = |all: &Vec<Address>| all.iter().map(|a| a.channel.len() + a.identifier.len()).sum();
        self.finish_call(addresses, bytes)
    }

    async fn name(&mut self, contact: String) -> HostResult<String> {
        let found = self.begin_contact_call(HostFunction::ContactsName, &contact).await?;
        self.finish_call(found.map(|found| found.name.clone()), String::len)
    }

    async fn linked(&mut self, contact: String, channel: String) -> HostResult<Option<String>> {
        self.charge_bytes(channel.len())?;
        let found = try_rule!(self, self.begin_contact_call(HostFunction::ContactsLinked, &contact).await?);
        let linked = self.transaction()?.linked_contact(found.id, &channel).await.map_err(Abort::from)?;
        self.finish_call(Ok(linked.map(|linked| linked.id.to_string())), |_| ID_BYTES)
    }
}

impl HostState {
    async fn begin_contact_call(
        &mut self,
        function: HostFunction,
        id: &str,
    ) -> wasmtime::Result<Result<Arc<Contact>, Refusal>> {
        let transaction = self.begin_store_call(function, &[id])?;
        Ok(find_contact(transaction, id).await?)
    }

    /// Returns the id of the contact that has the address of a request. The request is not applied. The lookup adds the
    /// contact, or the address as belonging to no contact, to the read set.
    async fn find_owner(&mut self, request: Result<ContactUpsert, Refusal>) -> HostResult<Option<String>> {
        let request = try_rule!(self, request);
        let mut owner = None;
        for address in request.addresses() {
            let transaction = self.transaction()?;
            owner = transaction.contact_at(&address.channel, &address.identifier).await.map_err(Abort::from)?;
        }
        self.finish_call(Ok(owner.map(|owner| owner.id.to_string())), |_| ID_BYTES)
    }

    async fn apply_upsert(
        &mut self,
        make_upsert: impl Fn(&Tenant, &HostState, &Profile<'_>) -> Result<ContactUpsert, Refusal>,
        name: &str,
        update_name: bool,
        correlators: &[Correlator],
        is_identifier_given: bool,
    ) -> HostResult<Upserted> {
        let tenant = find_tenant(self.transaction()?).await?;
        let correlators: Vec<_> = correlators
            .iter()
            .map(|given| upsert::Correlator { slot: given.slot, value: &given.value, update: given.update })
            .collect();
        let profile = Profile { name, update_name, correlators: &correlators };
        let upsert = try_rule!(self, make_upsert(&tenant, self, &profile));
        // All lookups share one round trip, because others may write between two.
        let lookups = upsert.addresses().iter();
        let lookups =
            lookups.map(|address| Lookup::Address(address.channel.clone(), address.identifier.clone())).collect();
        self.transaction()?.prefetch(lookups).await.map_err(Abort::from)?;
        let mut owners = Vec::new();
        for address in upsert.addresses() {
            owners.extend(
                self.transaction()?.contact_at(&address.channel, &address.identifier).await.map_err(Abort::from)?,
            );
        }
        let id = self.id_generator.next();
        let upserted = try_rule!(self, upsert.apply(owners.iter().map(|owner| &**owner), id, self.session.now));
        for found in upsert.warnings() {
            let identifier = is_identifier_given.then_some(found.identifier.as_str());
            self.add_rule_warning(found.warning.clone(), identifier);
        }
        let answer = Upserted { id: upserted.contact.id.to_string(), created: upserted.created };
        if upserted.changed {
            self.transaction()?.put_contact(upserted.contact);
        }
        self.finish_call(Ok(answer), |_| ID_BYTES)
    }
}

fn argument_bytes(name: &str, correlators: &[Correlator]) -> usize {
    name.len() + correlators.iter().map(|correlator| correlator.value.len()).sum::<usize>()
}
