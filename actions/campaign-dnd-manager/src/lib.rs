//! Adds a contact to a campaign's do-not-disturb list, or removes it.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CAMPAIGN: Parameter<Campaign> = presets::CAMPAIGN;
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const BLOCKED: Parameter<BooleanExpression> = Parameter::required("DND_CONTACT_EXPRESSION")
        .title("Do not disturb", "No molestar")
        .help(
            "An expression that yields true to add the contact to the campaign's do-not-disturb list, or false to remove \
             it. Examples: true, or answer == \"stop\".",
            "Una expresión que da true para agregar al contacto a la lista de no molestar de la campaña, o false para \
             quitarlo. Ejemplos: true, o answer == \"stop\".",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-dnd-manager",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign DND Manager", es: "Gestor de DND de campaña" },
    description: LocalizedText {
        en: "Adds the contact to the campaign's do-not-disturb list or removes it. The category's list does not change.",
        es: "Agrega al contacto a la lista de no molestar de la campaña o lo quita de ella. La lista de la categoría no \
             cambia.",
    },
    icon: "shield-edit",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![dnd::set_campaign],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let campaign = CAMPAIGN.get()?;
    dnd::set_campaign(&campaign, &contact, *BLOCKED.get()?, None)?;
    Ok(NEXT)
}
