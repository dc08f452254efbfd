//! Cancels a Ready record of a contact.

use flow_sdk::prelude::*;

flow_sdk::parameters! {
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const RECORD: Parameter<TextExpression> = Parameter::required("CAMPAIGN_RECORD_ID")
        .title("Record's id", "Id del registro")
        .help(
            "An expression that yields the id of the campaign record to cancel. The action for record administration and \
             the list of records provide it. Example: record_id.",
            "Una expresión que da el id del registro de campaña que se cancela. Lo entregan la acción de administración \
             de registros y la lista de registros. Ejemplo: record_id.",
        );
    const RESULT: Parameter<EntityOut<bool>> = Parameter::required("CANCEL_RESULT")
        .title("Entity for the result", "Entidad para el resultado")
        .help(
            "The entity that becomes true if this action cancelled the record, and false if there was nothing to cancel: \
             no such record of this contact, or one that is no longer Ready. Example: was_cancelled.",
            "La entidad que queda en true si esta acción canceló el registro, y en false si no había nada que cancelar: \
             el contacto no tiene ese registro, o ya no está en estado Ready. Ejemplo: was_cancelled.",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "cancel-campaign-records-by-contact",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText {
        en: "Cancel Campaign Records By Contact", es: "Cancelar registros de campaña por contacto"
    },
    description: LocalizedText {
        en: "Cancels a record of the contact that has not been sent yet. The record stays in the store as Cancelled.",
        es: "Cancela un registro del contacto que aún no se ha enviado. El registro se conserva en estado Cancelled.",
    },
    icon: "calendar-remove",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![records::cancel],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let record = RECORD.get()?.map(RecordId::from);
    RESULT.set(records::cancel(&contact, &record)?)?;
    Ok(NEXT)
}
