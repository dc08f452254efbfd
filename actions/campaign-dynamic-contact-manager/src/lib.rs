//! Creates or updates a contact in any channel of the tenant, independent of the session's channel (deflection).

mod parameters;

use flow_sdk::prelude::*;
use parameters::{CHANNEL, CONTACT, CORRELATIONS, IDENTIFIER, NAME, PARAMETERS, UPDATE_CORRELATIONS, UPDATE_NAME};

const MANIFEST: Manifest = Manifest {
    id: "campaign-dynamic-contact-manager",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign Dynamic Contact Manager", es: "Gestor dinámico de contactos de campaña" },
    description: LocalizedText {
        en: "Creates or updates a contact in any of the tenant's channels, such as the WhatsApp contact of a customer who \
             writes in the web chat. Correlations link the contacts of one person.",
        es: "Crea o actualiza un contacto en cualquiera de los canales del tenant, como el contacto de WhatsApp de un \
             cliente que escribe en el chat web. Las correlaciones vinculan los contactos de una persona.",
    },
    icon: "account-switch",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![contacts::upsert],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let address = contacts::Address { channel: CHANNEL.get()?, identifier: IDENTIFIER.get()? };
    let name = NAME.get()?;
    let update_name = *UPDATE_NAME.get()?;
    let contact = contacts::upsert(&[address], &name, update_name, &correlators()?)?;
    CONTACT.set(contact.id)?;
    Ok(NEXT)
}

/// The correlators whose expressions are given.
fn correlators() -> Result<Vec<contacts::Correlator>, Error> {
    let mut correlators = Vec::new();
    for ((slot, expression), update) in (1..).zip(CORRELATIONS).zip(UPDATE_CORRELATIONS) {
        if let Some(value) = expression.get()?.transpose() {
            correlators.push(contacts::Correlator { slot, value, update: *update.get()? });
        }
    }
    Ok(correlators)
}
