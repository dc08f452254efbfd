//! Parameters that many outbound actions share, so that they have the same names and texts in all of them.

use crate::kind::{Boolean, Campaign, Category, EntityIn, EntityOut, TextExpression};
use crate::manifest::{Literal, LocalizedText};
use crate::parameter::Parameter;
use crate::value::ContactId;

/// The category of outbound actions in the palette.
pub const OUTBOUND: &str = "Outbound";

/// The contact that the action works on.
pub const CONTACT: Parameter<EntityIn<ContactId>> =
    Parameter::required("CONTACT_IDENTIFIER_ENTITY").title("Contact", "Contacto").help(
        "The entity that holds the contact's id, as a contact manager action stored it. Example: contact_id.",
        "La entidad que contiene el id del contacto, tal como la guardó una acción de gestión de contactos. \
         Ejemplo: contact_id.",
    );

/// The entity that receives the id of the contact.
pub const CONTACT_OUT: Parameter<EntityOut<ContactId>> = Parameter::required("CONTACT_IDENTIFIER_ENTITY")
    .title("Entity for the contact's id", "Entidad para el id del contacto")
    .help(
        "The entity in which the contact's id is stored, for the actions that follow. Example: contact_id. It is \
         cleared when the action exits through the error port.",
        "La entidad en la que se guarda el id del contacto, para las acciones siguientes. Ejemplo: contact_id. Queda \
         vacía cuando la acción sale por el puerto de error.",
    );

/// The name of a contact.
pub const CONTACT_NAME: Parameter<TextExpression> =
    Parameter::required("CONTACT_NAME_EXPRESSION").title("Contact's name", "Nombre del contacto").help(
        "An expression or a template that yields the contact's name, at most 256 characters. Examples: contact_name, \
         or {{ first_name }} {{ last_name }}.",
        "Una expresión o una plantilla que da el nombre del contacto, de 256 caracteres como máximo. Ejemplos: \
         contact_name, o {{ first_name }} {{ last_name }}.",
    );

/// Whether the action overwrites the name of an existing contact.
pub const UPDATE_CONTACT_NAME: Parameter<Boolean> = Parameter::with_default(
    "UPDATE_CONTACT_NAME",
    Literal::Boolean(false),
)
.title("Update the contact's name", "Actualizar el nombre del contacto")
.help(
    "YES: each run of this action overwrites the name of an existing contact. NO: the contact keeps its name, unless \
         it is empty.",
    "SÍ: cada ejecución de esta acción sobrescribe el nombre de un contacto existente. NO: el contacto conserva su \
         nombre, salvo que esté vacío.",
);

/// The campaign that the action works on.
pub const CAMPAIGN: Parameter<Campaign> = Parameter::required("CAMPAIGN_ID").title("Campaign", "Campaña").help(
    "The campaign, selected from the tenant's list. The flow stores its id, so the campaign may be renamed.",
    "La campaña, elegida de la lista del tenant. El flujo guarda su id, así que la campaña puede cambiar de nombre.",
);

/// The category of campaigns that the action works on.
pub const CATEGORY: Parameter<Category> =
    Parameter::required("CAMPAIGN_CATEGORY").title("Campaign category", "Categoría de campañas").help(
        "The category, selected from those of the tenant's campaigns. It exists as long as a campaign has it.",
        "La categoría, elegida entre las de las campañas del tenant. Existe mientras alguna campaña la tenga.",
    );

/// Headings of form sections.
pub mod group {
    use super::LocalizedText;
    use crate::manifest::Group;

    /// The section for the contact.
    pub const CONTACT: Group = Group { id: "contact", title: LocalizedText { en: "Contact", es: "Contacto" } };
    /// The section for the entities that receive results.
    pub const RESULT: Group = Group { id: "result", title: LocalizedText { en: "Result", es: "Resultado" } };
}
