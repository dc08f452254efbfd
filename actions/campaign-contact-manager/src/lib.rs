//! Creates or updates the contact of the channel in which the session started.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const NAME: Parameter<TextExpression> = presets::CONTACT_NAME;
    const UPDATE_NAME: Parameter<Boolean> = presets::UPDATE_CONTACT_NAME;
    const CONTACT: Parameter<EntityOut<ContactId>> = presets::CONTACT_OUT;
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-contact-manager",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign Contact Manager", es: "Gestor de contactos de campaña" },
    description: LocalizedText {
        en: "Creates the contact of the session's user in the session's channel, or finds it and updates its name. \
             Actions for records need the contact's id.",
        es: "Crea el contacto del usuario de la sesión en el canal de la sesión, o lo encuentra y actualiza su nombre. \
             Las acciones de registros necesitan el id del contacto.",
    },
    icon: "account-plus",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![contacts::upsert_session_user],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let name = NAME.get()?;
    let update_name = *UPDATE_NAME.get()?;
    let contact = contacts::upsert_session_user(&name, update_name, &[])?;
    CONTACT.set(contact.id)?;
    Ok(NEXT)
}
