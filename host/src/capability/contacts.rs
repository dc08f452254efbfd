//! `flow:outbound/contacts`.

use super::bindings::flow::outbound::contacts::{Address, Correlator, Host, Upserted};
use super::outbound::{contact, found, tenant};
use super::{Answer, Function, Halt, State};
use crate::domain::contact::Contact;
use crate::domain::upsert::{self, Profile, Upsert};
use crate::domain::{Refusal, Tenant};
use crate::store::Lookup;
use std::sync::Arc;

impl Host for State {
    async fn upsert(
        &mut self,
        addresses: Vec<Address>,
        name: String,
        update_name: bool,
        correlators: Vec<Correlator>,
    ) -> Answer<Upserted> {
        let texts = addresses.iter().map(|address| address.channel.len() + address.identifier.len());
        let bytes = texts.sum::<usize>() + arguments(&name, &correlators);
        self.enter(Function::ContactsUpsert, bytes)?;
        let wanted = |tenant: &Tenant, _: &State, profile: &Profile<'_>| {
            let pairs: Vec<_> = addresses.iter().map(|a| (a.channel.as_str(), a.identifier.as_str())).collect();
            Upsert::new(tenant, &pairs, profile)
        };
        self.apply_upsert(wanted, &name, update_name, &correlators).await
    }

    async fn upsert_session_user(
        &mut self,
        name: String,
        update_name: bool,
        correlators: Vec<Correlator>,
    ) -> Answer<Upserted> {
        self.enter(Function::ContactsUpsertSessionUser, arguments(&name, &correlators))?;
        let wanted = |tenant: &Tenant, state: &State, profile: &Profile<'_>| {
            let session = &state.session.session;
            Upsert::of_session_user(tenant, &session.channel, &session.user, profile)
        };
        self.apply_upsert(wanted, &name, update_name, &correlators).await
    }

    async fn channels(&mut self, contact: String) -> Answer<Vec<String>> {
        let found = self.named(Function::ContactsChannels, &contact).await?;
        let channels = found.map(|found| found.addresses.iter().map(|address| address.channel.clone()).collect());
        self.leave(channels, |channels: &Vec<String>| channels.iter().map(String::len).sum())
    }

    async fn addresses(&mut self, contact: String) -> Answer<Vec<Address>> {
        let found = self.named(Function::ContactsAddresses, &contact).await?;
        let address = |address: &crate::domain::Address| Address {
            channel: address.channel.clone(),
            identifier: address.identifier.clone(),
        };
        let addresses = found.map(|found| found.addresses.iter().map(address).collect());
        let bytes = |all: &Vec<Address>| all.iter().map(|a| a.channel.len() + a.identifier.len()).sum();
        self.leave(addresses, bytes)
    }

    async fn name(&mut self, contact: String) -> Answer<String> {
        let found = self.named(Function::ContactsName, &contact).await?;
        self.leave(found.map(|found| found.name.clone()), String::len)
    }

    async fn linked(&mut self, contact: String, channel: String) -> Answer<Option<String>> {
        self.carry(channel.len())?;
        let found = found!(self, self.named(Function::ContactsLinked, &contact).await?);
        let linked = self.view()?.linked(found.id, &channel).await.map_err(Halt::from)?;
        self.leave(Ok(linked.map(|linked| linked.id.to_string())), |_| 36)
    }
}

impl State {
    async fn named(&mut self, function: Function, id: &str) -> wasmtime::Result<Result<Arc<Contact>, Refusal>> {
        let view = self.enter_store(function, &[id])?;
        Ok(contact(view, id).await?)
    }

    async fn apply_upsert(
        &mut self,
        wanted: impl Fn(&Tenant, &State, &Profile<'_>) -> Result<Upsert, Refusal>,
        name: &str,
        update_name: bool,
        correlators: &[Correlator],
    ) -> Answer<Upserted> {
        let tenant = tenant(self.view()?).await?;
        let correlators: Vec<_> = correlators
            .iter()
            .map(|given| upsert::Correlator { slot: given.slot, value: &given.value, update: given.update })
            .collect();
        let profile = Profile { name, update_name, correlators: &correlators };
        let wanted = found!(self, wanted(&tenant, self, &profile));
        // In one trip: others may write between two.
        let asked = wanted.addresses().iter();
        let asked = asked.map(|address| Lookup::Address(address.channel.clone(), address.identifier.clone())).collect();
        self.view()?.prefetch(asked).await.map_err(Halt::from)?;
        let mut owners = Vec::new();
        for address in wanted.addresses() {
            owners.extend(self.view()?.contact_at(&address.channel, &address.identifier).await.map_err(Halt::from)?);
        }
        let id = self.ids.next();
        let upserted = found!(self, wanted.apply(owners.iter().map(|owner| &**owner), id, self.session.now));
        let values: Vec<_> = wanted.addresses().iter().map(|address| ("identifier", address.typed.as_str())).collect();
        self.warn(wanted.warnings().to_vec(), &values);
        let answer = Upserted { id: upserted.contact.id.to_string(), created: upserted.created };
        if upserted.changed {
            self.view()?.put_contact(upserted.contact);
        }
        self.leave(Ok(answer), |_| 36)
    }
}

fn arguments(name: &str, correlators: &[Correlator]) -> usize {
    name.len() + correlators.iter().map(|correlator| correlator.value.len()).sum::<usize>()
}
