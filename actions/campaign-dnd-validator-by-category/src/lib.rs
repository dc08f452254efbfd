//! Checks whether the campaigns of a category must not disturb a contact.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const CATEGORY: Parameter<Category> = presets::CATEGORY;
    const RESULT: Parameter<EntityOut<bool>> = Parameter::required("DND_VALIDATION_RESULT")
        .title("Entity for the result", "Entidad para el resultado")
        .help(
            "The entity that becomes true if the contact is on the category's do-not-disturb list or on that of any \
             campaign of the category, otherwise false. Example: is_blocked.",
            "La entidad que queda en true si el contacto está en la lista de no molestar de la categoría o en la de \
             cualquiera de sus campañas, y si no en false. Ejemplo: is_blocked.",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-dnd-validator-by-category",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign DND Validator By Category", es: "Validador de DND por categoría" },
    description: LocalizedText {
        en: "Checks whether the contact is on the do-not-disturb list of the category or of any campaign in it.",
        es: "Comprueba si el contacto está en la lista de no molestar de la categoría o de cualquiera de sus campañas.",
    },
    icon: "shield-question",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![dnd::blocks_category],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let category = CATEGORY.get()?;
    RESULT.set(dnd::blocks_category(&category, &contact)?)?;
    Ok(NEXT)
}
