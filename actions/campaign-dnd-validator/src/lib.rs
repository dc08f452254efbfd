//! Checks whether a campaign must not disturb a contact.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const CAMPAIGN: Parameter<Campaign> = presets::CAMPAIGN;
    const RESULT: Parameter<EntityOut<bool>> = Parameter::required("DND_VALIDATION_RESULT")
        .title("Entity for the result", "Entidad para el resultado")
        .help(
            "The entity that becomes true if the contact is on the campaign's do-not-disturb list or on that of its \
             category, otherwise false. Example: is_blocked.",
            "La entidad que queda en true si el contacto está en la lista de no molestar de la campaña o en la de su \
             categoría, y si no en false. Ejemplo: is_blocked.",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-dnd-validator",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign DND Validator", es: "Validador de DND de campaña" },
    description: LocalizedText {
        en: "Checks whether the contact is on the do-not-disturb list of the campaign or of the campaign's category. \
             The campaign makes the same check before it sends.",
        es: "Comprueba si el contacto está en la lista de no molestar de la campaña o de la categoría de la campaña. La \
             campaña hace la misma comprobación antes de enviar.",
    },
    icon: "shield-question",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![dnd::blocks_campaign],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let campaign = CAMPAIGN.get()?;
    RESULT.set(dnd::blocks_campaign(&campaign, &contact)?)?;
    Ok(NEXT)
}
