//! Creates or updates a campaign record for a contact.

mod parameters;

use flow_sdk::prelude::*;
use flow_sdk::records::{Content, Draft, Template};
use parameters::{
    ADDITIONAL_DATA, ALLOW_DND, BODY_DATA, CAMPAIGN, CONTACT, HEADER_DATA, HSM_TYPE, INTERNAL, LOCALE, MESSAGE,
    MTM_DATA, MULTIPLE, NAMESPACE, OPERATION, PARAMETERS, RECORD, SCHEDULE, TEMPLATE, WHATSAPP_NUMBER,
};

const MANIFEST: Manifest = Manifest {
    id: "campaign-record-administration",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "Campaign Record Administration", es: "Administración de registros de campaña" },
    description: LocalizedText {
        en: "Creates a campaign record for a contact, or updates the record that has not been sent yet. An external \
             record sends a message, an internal record starts a session.",
        es: "Crea un registro de campaña para un contacto, o actualiza el registro que aún no se ha enviado. Un registro \
             externo envía un mensaje, uno interno inicia una sesión.",
    },
    icon: "calendar-edit",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![contacts::channels, records::save],
};

flow_sdk::action!(MANIFEST, run);

const WHATSAPP: &str = "whatsapp";
const VOICE: &str = "voice";

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let channels = contacts::channels(&contact)?;
    let mut draft = Draft::new(CAMPAIGN.get()?, contact);
    draft.internal = INTERNAL.get()?;
    draft.schedule = SCHEDULE.get()?;
    draft.allow_dnd = *ALLOW_DND.get()?;
    draft.multiple = *MULTIPLE.get()?;
    if *draft.internal {
        draft.data = data_for_a_session(&channels)?;
    } else {
        fill_message(&mut draft, &channels)?;
    }
    let saved = records::save(&draft)?;
    RECORD.set(saved.id)?;
    OPERATION.set(if saved.created { "NEW" } else { "UPDATE" })?;
    Ok(NEXT)
}

/// The data of the channel `whatsapp` if it is given, otherwise the first data of the contact's other channels.
fn data_for_a_session(channels: &[String]) -> Result<FromParameter<Option<Json>>, Error> {
    let (whatsapp, others): (Vec<_>, Vec<_>) = channels.iter().partition(|channel| *channel == WHATSAPP);
    for channel in whatsapp.into_iter().chain(others) {
        let data = ADDITIONAL_DATA.get(channel)?;
        if data.is_some() {
            return Ok(data);
        }
    }
    Ok(FromParameter::default())
}

/// Sets the message of the contact's channel and its data. A contact with a number in both WhatsApp and Voice gets a
/// WhatsApp message if there is a template, otherwise a call. The host refuses an incomplete draft.
fn fill_message(draft: &mut Draft, channels: &[String]) -> Result<(), Error> {
    let has = |channel: &str| channels.iter().any(|each| each == channel);
    if has(WHATSAPP) {
        draft.template = template()?;
        if draft.template.is_some() {
            draft.data = ADDITIONAL_DATA.get(WHATSAPP)?;
            return Ok(());
        }
    }
    if has(VOICE) {
        draft.data = ADDITIONAL_DATA.get(VOICE)?;
        return Ok(());
    }
    for channel in channels.iter().filter(|channel| *channel != WHATSAPP) {
        draft.message = MESSAGE.get(channel)?;
        if draft.message.is_some() {
            draft.data = ADDITIONAL_DATA.get(channel)?;
            break;
        }
    }
    Ok(())
}

fn template() -> Result<FromParameter<Option<Template>>, Error> {
    let name = TEMPLATE.get()?;
    if name.is_none() {
        return Ok(name.map(|_| None));
    }
    let namespace = NAMESPACE.get()?;
    let locale = LOCALE.get()?;
    let whatsapp_number = WHATSAPP_NUMBER.get()?;
    let content = if *HSM_TYPE.get()? == "MMT" {
        Content::Media { header: HEADER_DATA.get()?, body: BODY_DATA.get()? }
    } else {
        Content::Text(MTM_DATA.get()?)
    };
    Ok(name.map(|name| name.map(|name| Template { name, namespace, locale, whatsapp_number, content })))
}
