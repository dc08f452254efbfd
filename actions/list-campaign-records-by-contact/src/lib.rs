//! Lists a contact's Ready records in a campaign.

use flow_sdk::prelude::*;
use flow_sdk::records::Summary;

/// Limit for the listed records: the maximum of one host call.
const MOST: u32 = 1_000;

flow_sdk::parameters! {
    const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
    const CAMPAIGN: Parameter<Campaign> = presets::CAMPAIGN;
    const RESULT: Parameter<EntityOut<Json>> = Parameter::required("RECORDS_RESULT")
        .title("Entity for the records", "Entidad para los registros")
        .help(
            "The entity that becomes the list of the contact's Ready records in the campaign, oldest first, at most 1,000. \
             Each has RecordId, ScheduledStartDate (empty: as soon as the campaign runs), CampaignId, CampaignName, \
             CampaignCategory and CampaignType (1 Simple Message, 2 Multiple Message). Example: records, and then \
             records[0].RecordId.",
            "La entidad que queda con la lista de los registros del contacto en la campaña en estado Ready, del más \
             antiguo al más nuevo, 1.000 como máximo. Cada uno tiene RecordId, ScheduledStartDate (vacío: en cuanto la \
             campaña se ejecute), CampaignId, CampaignName, CampaignCategory y CampaignType (1 mensaje simple, 2 mensaje \
             múltiple). Ejemplo: records, y luego records[0].RecordId.",
        );
}

const MANIFEST: Manifest = Manifest {
    id: "list-campaign-records-by-contact",
    version: env!("CARGO_PKG_VERSION"),
    category: presets::OUTBOUND,
    title: LocalizedText { en: "List Campaign Records By Contact", es: "Listar registros de campaña por contacto" },
    description: LocalizedText {
        en: "Lists the contact's records in the campaign that have not been sent yet.",
        es: "Lista los registros del contacto en la campaña que aún no se han enviado.",
    },
    icon: "calendar-text",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![
        campaigns::name,
        campaigns::category,
        campaigns::type_,
        formats::format_date,
        records::list_ready,
    ],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let contact = CONTACT.get()?;
    let campaign = CAMPAIGN.get()?;
    let described = DescribedCampaign {
        name: campaigns::name(&campaign)?,
        category: campaigns::category(&campaign)?,
        kind: if campaigns::type_(&campaign)? == "multiple" { 2 } else { 1 },
    };
    let ready = records::list_ready(&campaign, &contact, None, MOST)?;
    if ready.len() >= MOST as usize
        && !records::list_ready(&campaign, &contact, ready.last().map(|last| &last.id), 1)?.is_empty()
    {
        let message = "the contact has more than 1000 Ready records in the campaign; only the oldest 1000 are listed";
        outcome::warn("records-truncated", message, Some(RESULT.name()));
    }
    let starts = ready.iter().map(scheduled_start).collect::<Result<Vec<_>, _>>()?;
    RESULT.set(rows(&campaign, &described, &ready, &starts))?;
    Ok(NEXT)
}

/// The parts of a campaign that every row contains.
struct DescribedCampaign {
    name: String,
    category: String,
    /// 1 Simple Message, 2 Multiple Message.
    kind: i64,
}

/// Returns the record's time in the tenant's zone, or an empty text.
fn scheduled_start(record: &Summary) -> Result<String, Error> {
    match record.scheduled_at {
        Some(at) => formats::format_date(at, "dd/MM/yyyy HH:mm:ss"),
        None => Ok(String::new()),
    }
}

fn rows(id: &CampaignId, campaign: &DescribedCampaign, ready: &[Summary], starts: &[String]) -> Json {
    json::list(|list| {
        for (record, start) in ready.iter().zip(starts) {
            list.object(|row| {
                row.text("CampaignCategory", &campaign.category)
                    .text("CampaignId", id.as_str())
                    .text("RecordId", record.id.as_str())
                    .text("ScheduledStartDate", start)
                    .integer("CampaignType", campaign.kind)
                    .text("CampaignName", &campaign.name);
            });
        }
    })
}
