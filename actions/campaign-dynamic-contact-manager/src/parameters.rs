//! The parameters of the action.

use flow_sdk::prelude::*;

const CORRELATION: Group = Group {
    id: "correlation",
    title: LocalizedText { en: "Linking contacts (optional)", es: "Vincular contactos (opcional)" },
};

pub(crate) const CORRELATIONS: [OptionalParameter<TextExpression>; 3] = [CORRELATION_1, CORRELATION_2, CORRELATION_3];
pub(crate) const UPDATE_CORRELATIONS: [Parameter<Boolean>; 3] =
    [UPDATE_CORRELATION_1, UPDATE_CORRELATION_2, UPDATE_CORRELATION_3];

flow_sdk::parameters! {
    pub(crate) const CHANNEL: Parameter<Channel> = Parameter::required("CONTACT_CHANNEL")
        .title("Channel", "Canal")
        .help(
            "The channel in which the contact can be reached; it need not be the session's. Example: whatsapp.",
            "El canal en el que se puede llegar al contacto; no tiene que ser el de la sesión. Ejemplo: whatsapp.",
        )
        .group(&presets::group::CONTACT);
    pub(crate) const NAME: Parameter<TextExpression> = presets::CONTACT_NAME.group(&presets::group::CONTACT);
    pub(crate) const IDENTIFIER: Parameter<TextExpression> = Parameter::required("CONTACT_IDENTIFIER_EXPRESSION")
        .title("Contact's identifier", "Identificador del contacto")
        .help(
            "An expression or a template that yields the user's identifier in that channel: a phone number for WhatsApp, \
             Voice and SMS. Example: customer_phone.",
            "Una expresión o una plantilla que da el identificador del usuario en ese canal: un número de teléfono para \
             WhatsApp, Voz y SMS. Ejemplo: customer_phone.",
        )
        .group(&presets::group::CONTACT);
    pub(crate) const UPDATE_NAME: Parameter<Boolean> = presets::UPDATE_CONTACT_NAME.group(&presets::group::CONTACT);
    const CORRELATION_1: OptionalParameter<TextExpression> = correlation(
        "CORRELATION_1_EXPRESSION",
        "Correlation 1",
        "Correlación 1",
    );
    const UPDATE_CORRELATION_1: Parameter<Boolean> = update_correlation(
        "UPDATE_CORRELATION_1",
        "CORRELATION_1_EXPRESSION",
        "Update correlation 1",
        "Actualizar la correlación 1",
    );
    const CORRELATION_2: OptionalParameter<TextExpression> = correlation(
        "CORRELATION_2_EXPRESSION",
        "Correlation 2",
        "Correlación 2",
    );
    const UPDATE_CORRELATION_2: Parameter<Boolean> = update_correlation(
        "UPDATE_CORRELATION_2",
        "CORRELATION_2_EXPRESSION",
        "Update correlation 2",
        "Actualizar la correlación 2",
    );
    const CORRELATION_3: OptionalParameter<TextExpression> = correlation(
        "CORRELATION_3_EXPRESSION",
        "Correlation 3",
        "Correlación 3",
    );
    const UPDATE_CORRELATION_3: Parameter<Boolean> = update_correlation(
        "UPDATE_CORRELATION_3",
        "CORRELATION_3_EXPRESSION",
        "Update correlation 3",
        "Actualizar la correlación 3",
    );
    pub(crate) const CONTACT: Parameter<EntityOut<ContactId>> = presets::CONTACT_OUT.group(&presets::group::RESULT);
}

const fn correlation(name: &'static str, en: &'static str, es: &'static str) -> OptionalParameter<TextExpression> {
    Parameter::optional(name)
        .title(en, es)
        .help(
            "An expression that yields a value which is the same for this person in every channel, such as the number of \
             an id card. The host links contacts with the same value. Example: id_card.",
            "Una expresión que da un valor que es el mismo para esta persona en todos los canales, como el número de su \
             documento de identidad. Los contactos con el mismo valor quedan vinculados. Ejemplo: id_card.",
        )
        .group(&CORRELATION)
}

const fn update_correlation(
    name: &'static str,
    expression: &'static str,
    en: &'static str,
    es: &'static str,
) -> Parameter<Boolean> {
    Parameter::with_default(name, Literal::Boolean(false))
        .title(en, es)
        .help(
            "YES: overwrite the value that the contact has. NO: keep it, and store the new value only if there is none.",
            "SÍ: sobrescribir el valor que tiene el contacto. NO: conservarlo, y guardar el nuevo solo si no tiene ninguno.",
        )
        .group(&CORRELATION)
        .shown_when(Condition::Given(expression))
}
