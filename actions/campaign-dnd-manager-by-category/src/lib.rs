//! Puts a contact on the do-not-disturb list of a category of campaigns, or takes it off.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CATEGORY: Parameter<Category> = presets::CATEGORY;
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const BLOCKED: Parameter<BooleanExpression> = Parameter::required("DND_CONTACT_EXPRESSION")
        .title("Do not disturb", "No molestar")
        .help(
            "An expression that yields true to put the contact on the category's do-not-disturb list, false to take it \
             off that list and off those of the category's campaigns. Examples: true, or answer == \"stop\".",
            "Una expresión que da true para poner al contacto en la lista de no molestar de la categoría, o false para \
             sacarlo de esa lista y de las de sus campañas. Ejemplos: true, o answer == \"stop\".",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-dnd-manager-by-category",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign DND Manager By Category", es: "Gestor de DND por categoría" },
    description: LocalizedText {
        en: "Puts the contact on the do-not-disturb list of a category of campaigns, or takes it off that list and off \
             those of the category's campaigns.",
        es: "Pone al contacto en la lista de no molestar de una categoría de campañas, o lo saca de esa lista y de las de \
             las campañas de la categoría.",
    },
    icon: "shield-edit",
    parameters: PARAMETERS,
    ports: &[NEXT],
    uses: capabilities![dnd::set_category],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let category = CATEGORY.get()?;
    dnd::set_category(&category, &contact, *BLOCKED.get()?, None)?;
    Ok(NEXT)
}
