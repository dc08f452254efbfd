//! An action that names the tier of a number of points.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const POINTS: Parameter<EntityIn<i64>> = Parameter::required("POINTS_ENTITY")
        .title("Entity with the points", "Entidad con los puntos")
        .help(
            "The entity that holds the number of points, an integer. Example: points.",
            "La entidad que tiene la cantidad de puntos, un entero. Ejemplo: points.",
        );

    const TIER: Parameter<EntityOut<String>> = Parameter::required("TIER_ENTITY")
        .title("Entity for the tier", "Entidad para el nivel")
        .help(
            "The entity that becomes gold or silver. Example: tier.",
            "La entidad que queda en gold o silver. Ejemplo: tier.",
        );
}

const POINTS_NEGATIVE: DeclaredError = DeclaredError::new("{{prefix}}/points-negative").help(
    "The points are below 0. Correct the entity with the points.",
    "Los puntos son menores que 0. Corrija la entidad con los puntos.",
);

const MANIFEST: Manifest = Manifest {
    id: "{{id}}",
    version: env!("CARGO_PKG_VERSION"),
    category: "{{prefix}}",
    title: LocalizedText { en: "{{title}}", es: "{{title}}" },
    description: LocalizedText {
        en: "Names the tier of a number of points.",
        es: "Nombra el nivel de una cantidad de puntos.",
    },
    icon: "star",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[POINTS_NEGATIVE],
    uses: capabilities![],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let points = *POINTS.get()?;
    if points < 0 {
        let message = format!("the points are not at least 0: {points}");
        return Err(POINTS_NEGATIVE.error(message).for_parameter(POINTS.name()));
    }
    let tier = if points >= 1_000 { "gold" } else { "silver" };
    TIER.set(tier)?;
    Ok(NEXT)
}
