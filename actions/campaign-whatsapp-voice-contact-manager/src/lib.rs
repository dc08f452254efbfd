//! Creates or updates one contact for a phone number in both WhatsApp and Voice.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const NAME: Parameter<TextExpression> = presets::CONTACT_NAME;
    const NUMBER: Parameter<TextExpression> = Parameter::required("CONTACT_NUMBER_EXPRESSION")
        .title("Contact's number", "Número del contacto")
        .help(
            "An expression or a template that yields the phone number. Without an international prefix it is a number of \
             the tenant's country. Examples: phone_number, or '+56 9 8765 4321'.",
            "Una expresión o una plantilla que da el número de teléfono. Sin prefijo internacional es un número del país \
             del tenant. Ejemplos: phone_number, o '+56 9 8765 4321'.",
        );
    const UPDATE_NAME: Parameter<Boolean> = presets::UPDATE_CONTACT_NAME;
    const CONTACT: Parameter<EntityOut<ContactId>> = presets::CONTACT_OUT;
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-whatsapp-voice-contact-manager",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText {
        en: "Campaign WhatsApp/Voice Contact Manager",
        es: "Gestor de contactos WhatsApp/Voz de campaña",
    },
    description: LocalizedText {
        en: "Creates one contact for a phone number in both WhatsApp and Voice, or finds it and updates its name.",
        es: "Crea un único contacto para un número de teléfono en WhatsApp y en Voz, o lo encuentra y actualiza su nombre.",
    },
    icon: "phone-plus",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![contacts::upsert],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let name = NAME.get()?;
    let number = NUMBER.get()?;
    let update_name = *UPDATE_NAME.get()?;
    let addresses = ["whatsapp", "voice"]
        .map(|channel| contacts::Address { channel: channel.to_owned().into(), identifier: number.clone() });
    let contact = contacts::upsert(&addresses, &name, update_name, &[])?;
    CONTACT.set(contact.id)?;
    Ok(NEXT)
}
