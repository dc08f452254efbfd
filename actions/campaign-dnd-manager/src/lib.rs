//! Puts a contact on a campaign's do-not-disturb list, or takes it off.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CAMPAIGN: Parameter<Campaign> = presets::CAMPAIGN;
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const BLOCKED: Parameter<BooleanExpression> = Parameter::required("DND_CONTACT_EXPRESSION")
        .title("Do not disturb", "No molestar")
        .help(
            "An expression that yields true to put the contact on the campaign's do-not-disturb list, false to take it \
             off. Examples: true, or answer == \"stop\".",
            "Una expresión que da true para poner al contacto en la lista de no molestar de la campaña, o false para \
             sacarlo. Ejemplos: true, o answer == \"stop\".",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-dnd-manager",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign DND Manager", es: "Gestor de DND de campaña" },
    description: LocalizedText {
        en: "Puts the contact on the campaign's do-not-disturb list or takes it off. The category's list stays as it is.",
        es: "Pone al contacto en la lista de no molestar de la campaña o lo saca de ella. La lista de la categoría no \
             cambia.",
    },
    icon: "shield-edit",
    parameters: PARAMETERS,
    ports: &[NEXT],
    uses: capabilities![dnd::set_campaign],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let campaign = CAMPAIGN.get()?;
    dnd::set_campaign(&campaign, &contact, *BLOCKED.get()?, None)?;
    Ok(NEXT)
}
