//! Adds a contact to the do-not-disturb list of a category of campaigns, or removes it.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CATEGORY: Parameter<Category> = presets::CATEGORY;
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const BLOCKED: Parameter<BooleanExpression> = Parameter::required("DND_CONTACT_EXPRESSION")
        .title("Do not disturb", "No molestar")
        .help(
            "An expression that yields true to add the contact to the category's do-not-disturb list, or false to remove \
             it from that list and from those of the category's campaigns. Examples: true, or answer == \"stop\".",
            "Una expresión que da true para agregar al contacto a la lista de no molestar de la categoría, o false para \
             quitarlo de esa lista y de las de sus campañas. Ejemplos: true, o answer == \"stop\".",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "campaign-dnd-manager-by-category",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign DND Manager By Category", es: "Gestor de DND por categoría" },
    description: LocalizedText {
        en: "Adds the contact to the do-not-disturb list of a category of campaigns, or removes it from that list and \
             from those of the category's campaigns.",
        es: "Agrega al contacto a la lista de no molestar de una categoría de campañas, o lo quita de esa lista y de las \
             de las campañas de la categoría.",
    },
    icon: "shield-edit",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![dnd::set_category],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let category = CATEGORY.get()?;
    dnd::set_category(&category, &contact, *BLOCKED.get()?, None)?;
    Ok(NEXT)
}
