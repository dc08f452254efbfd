//! The parameters of the action.

use flow_sdk::prelude::*;

const CAMPAIGN_GROUP: Group = Group { id: "record", title: LocalizedText { en: "Record", es: "Registro" } };
const MESSAGE_GROUP: Group =
    Group { id: "message", title: LocalizedText { en: "Message by channel", es: "Mensaje por canal" } };
const TEMPLATE_GROUP: Group =
    Group { id: "whatsapp-template", title: LocalizedText { en: "WhatsApp template", es: "Plantilla de WhatsApp" } };

flow_sdk::parameters! {
    pub(crate) const CAMPAIGN: Parameter<Campaign> = presets::CAMPAIGN.group(&CAMPAIGN_GROUP);

    pub(crate) const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT.group(&CAMPAIGN_GROUP);

    pub(crate) const SCHEDULE: OptionalParameter<TextExpression> = Parameter::optional("SCHEDULE_CONTACT_ENTITY")
        .title("Date and time", "Fecha y hora")
        .help(
            "An expression or a template that yields the time for the record, as dd/MM/yyyy HH:mm:ss in the tenant's \
             time zone; empty: as soon as the campaign runs. Examples: \"24/12/2027 09:30:00\", or \
             formatDate(now + duration(\"24h\"), \"dd/MM/yyyy HH:mm:ss\"). A Manual campaign ignores it.",
            "Una expresión o una plantilla que da la fecha y hora del registro, como dd/MM/yyyy HH:mm:ss en la zona \
             horaria del tenant; vacío: en cuanto la campaña se ejecute. Ejemplos: \"24/12/2027 09:30:00\", o \
             formatDate(now + duration(\"24h\"), \"dd/MM/yyyy HH:mm:ss\"). Una campaña Manual la ignora.",
        )
        .group(&CAMPAIGN_GROUP);

    pub(crate) const INTERNAL: Parameter<BooleanExpression> = Parameter::with_default("IS_INTERNAL", Literal::Boolean(false))
        .title("Internal", "Interno")
        .help(
            "An expression that yields true for an internal record, which starts a session with the additional data, or \
             false for an external one, which sends a message. Examples: false, or needs_follow_up.",
            "Una expresión que da true para un registro interno, que inicia una sesión con los datos adicionales, o false \
             para uno externo, que envía un mensaje. Ejemplos: false, o needs_follow_up.",
        )
        .group(&CAMPAIGN_GROUP);

    pub(crate) const ALLOW_DND: Parameter<Boolean> = Parameter::with_default("ALLOW_DND_CONTACT", Literal::Boolean(false))
        .title("Allow contacts in do-not-disturb", "Permitir contactos en no molestar")
        .help(
            "YES: create the record although the contact is on a do-not-disturb list. The campaign checks the list again \
             before it sends, and sends only if the contact is no longer on it. NO: exit through the error port.",
            "SÍ: crear el registro aunque el contacto esté en una lista de no molestar. La campaña vuelve a comprobar la \
             lista antes de enviar, y solo envía si el contacto ya no está en ella. NO: salir por el puerto de error.",
        )
        .group(&CAMPAIGN_GROUP);

    pub(crate) const MULTIPLE: Parameter<Boolean> = Parameter::with_default("MULTIPLE_ACTIVE_RECORDS", Literal::Boolean(false))
        .title("Several active records", "Varios registros activos")
        .help(
            "YES: each run of this action creates a record. NO: if the contact has a Ready record in the campaign, the \
             action replaces the newest one, which keeps its id.",
            "SÍ: cada ejecución de esta acción crea un registro. NO: si el contacto tiene un registro en estado Ready en \
             la campaña, la acción reemplaza el más nuevo, que conserva su id.",
        )
        .group(&CAMPAIGN_GROUP);

    pub(crate) const MESSAGE: PerChannelParameter<TextExpression> =
        Parameter::per_channel("OUTBOUND_MESSAGE_EXPRESSION_<CHANNEL>")
            .except(&["whatsapp", "voice"])
            .title("Message", "Mensaje")
            .help(
                "An expression or a template that yields the text to send, for contacts of this channel. Example: Hello \
                 {{ contact_name }}, your order {{ order_id }} is ready. An external record needs it.",
                "Una expresión o una plantilla que da el texto que se envía, para contactos de este canal. Ejemplo: Hola \
                 {{ contact_name }}, tu pedido {{ order_id }} está listo. Un registro externo lo necesita.",
            )
            .group(&MESSAGE_GROUP);

    pub(crate) const ADDITIONAL_DATA: PerChannelParameter<EntityList> = Parameter::per_channel("<CHANNEL>_ADDITIONAL_DATA")
        .title("Additional data", "Datos adicionales")
        .help(
            "Names of entities whose current values the record stores, for contacts of this channel. The session that the \
             record starts has these entities. Example: contact_name, order_id.",
            "Nombres de entidades cuyos valores actuales guarda el registro, para contactos de este canal. La sesión que \
             inicia el registro tiene estas entidades. Ejemplo: contact_name, order_id.",
        )
        .group(&MESSAGE_GROUP);

    pub(crate) const TEMPLATE: OptionalParameter<Text> = Parameter::optional("TEMPLATE")
        .title("Template", "Plantilla")
        .help(
            "The name or id of a template that WhatsApp has approved. An external record for a WhatsApp contact needs it. \
             Example: order_ready.",
            "El nombre o id de una plantilla aprobada por WhatsApp. Un registro externo para un contacto de WhatsApp la \
             necesita. Ejemplo: order_ready.",
        )
        .group(&TEMPLATE_GROUP);

    pub(crate) const NAMESPACE: OptionalParameter<Text> = Parameter::optional("NAMESPACE")
        .title("Namespace", "Espacio de nombres")
        .help(
            "The workspace that the template belongs to, if the provider requires it.",
            "El espacio de trabajo al que pertenece la plantilla, si el proveedor lo exige.",
        )
        .group(&TEMPLATE_GROUP)
        .shown_when(Condition::Given("TEMPLATE"));

    pub(crate) const LOCALE: OptionalParameter<Text> = Parameter::optional("LOCALE")
        .title("Language", "Idioma")
        .help(
            "The template's language, required with a template. Example: es_CL.",
            "El idioma de la plantilla, obligatorio con una plantilla. Ejemplo: es_CL.",
        )
        .group(&TEMPLATE_GROUP)
        .shown_when(Condition::Given("TEMPLATE"));

    pub(crate) const WHATSAPP_NUMBER: OptionalParameter<Text> = Parameter::optional("WHATSAPP_NUMBER")
        .title("WhatsApp number", "Número de WhatsApp")
        .help(
            "The number of the service that sends the template, required with a template. Example: 56221234567.",
            "El número del servicio que envía la plantilla, obligatorio con una plantilla. Ejemplo: 56221234567.",
        )
        .group(&TEMPLATE_GROUP)
        .shown_when(Condition::Given("TEMPLATE"));

    pub(crate) const HSM_TYPE: Parameter<Choice> = Parameter::with_default("HSM_TYPE", Literal::Text("MTM"))
        .title("Type of template", "Tipo de plantilla")
        .help(
            "MTM: a text message. MMT: a multimedia message, with a header.",
            "MTM: un mensaje de texto. MMT: un mensaje multimedia, con encabezado.",
        )
        .choices(&["MTM", "MMT"])
        .group(&TEMPLATE_GROUP)
        .shown_when(Condition::Given("TEMPLATE"));

    pub(crate) const MTM_DATA: Parameter<ExpressionList> = Parameter::with_default("HSM_MTM_DATA", Literal::List(&[]))
        .title("Text parameters", "Parámetros del texto")
        .help(
            "Expressions for the template's parameters, in their order. Example: contact_name, then order_id.",
            "Expresiones para los parámetros de la plantilla, en su orden. Ejemplo: contact_name y luego order_id.",
        )
        .group(&TEMPLATE_GROUP)
        .shown_when(Condition::Is("HSM_TYPE", &["MTM"]));

    pub(crate) const HEADER_DATA: Parameter<ExpressionList> = Parameter::with_default("HSM_MMT_HEADER_DATA", Literal::List(&[]))
        .title("Header parameters", "Parámetros del encabezado")
        .help(
            "Expressions for the parameters of the template's header, in their order. Example: image_url.",
            "Expresiones para los parámetros del encabezado de la plantilla, en su orden. Ejemplo: image_url.",
        )
        .group(&TEMPLATE_GROUP)
        .shown_when(Condition::Is("HSM_TYPE", &["MMT"]));

    pub(crate) const BODY_DATA: Parameter<ExpressionList> = Parameter::with_default("HSM_MMT_BODY_DATA", Literal::List(&[]))
        .title("Body parameters", "Parámetros del cuerpo")
        .help(
            "Expressions for the parameters of the template's body, in their order. Example: contact_name, then order_id.",
            "Expresiones para los parámetros del cuerpo de la plantilla, en su orden. Ejemplo: contact_name y luego \
             order_id.",
        )
        .group(&TEMPLATE_GROUP)
        .shown_when(Condition::Is("HSM_TYPE", &["MMT"]));

    pub(crate) const RECORD: Parameter<EntityOut<RecordId>> = Parameter::required("RECORD_ID_ENTITY")
        .title("Entity for the record's id", "Entidad para el id del registro")
        .help(
            "The entity in which the record's id is stored. Example: record_id. It is cleared when the action exits \
             through the error port.",
            "La entidad en la que se guarda el id del registro. Ejemplo: record_id. Queda vacía cuando la acción sale por \
             el puerto de error.",
        )
        .group(&presets::group::RESULT);

    pub(crate) const OPERATION: Parameter<EntityOut<String>> = Parameter::required("OPERATION_ENTITY")
        .title("Entity for the operation", "Entidad para la operación")
        .help(
            "The entity that becomes NEW, UPDATE, or ERROR when the action exits through the error port. \
             Example: operation.",
            "La entidad que queda en NEW, UPDATE, o ERROR cuando la acción sale por el puerto de error. \
             Ejemplo: operation.",
        )
        .on_error(Literal::Text("ERROR"))
        .group(&presets::group::RESULT);
}
