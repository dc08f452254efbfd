//! An example action that greets a contact, with a port for contacts without a name.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;

    const FORMAL: Parameter<Boolean> = Parameter::with_default("FORMAL", Literal::Boolean(false))
        .title("Formal", "Formal")
        .help("YES: greet as in a letter.", "SÍ: saludar como en una carta.");

    const GREETING: Parameter<EntityOut<String>> = Parameter::required("GREETING_ENTITY")
        .title("Entity for the greeting", "Entidad para el saludo")
        .help(
            "The entity that receives the greeting. Example: greeting.",
            "La entidad que recibe el saludo. Ejemplo: greeting.",
        );
}

/// The port for contacts without a name.
const NAMELESS: Port = Port::new("nameless");

const MANIFEST: Manifest = Manifest {
    id: "acme-greeting",
    version: "1.0.0",
    category: "Acme",
    title: LocalizedText { en: "Greeting", es: "Saludo" },
    description: LocalizedText { en: "Greets a contact by name.", es: "Saluda a un contacto por su nombre." },
    icon: "hand-wave",
    parameters: PARAMETERS,
    ports: &[NEXT, NAMELESS],
    errors: &[],
    uses: capabilities![contacts::name],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let name = contacts::name(&CONTACT.get()?)?;
    if name.is_empty() {
        return Ok(NAMELESS);
    }
    let greeting = if *FORMAL.get()? { format!("Dear {name}:") } else { format!("Hello, {name}") };
    GREETING.set(greeting)?;
    Ok(NEXT)
}
