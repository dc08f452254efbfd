//! Calls of the functions of `flow:outbound`.

use crate::Answer;
use crate::action_functions::timestamp_json;
use crate::arguments::Arguments;
use flow_sdk::bindings::flow::outbound::{campaigns, contacts, dnd, records};
use serde_json::{Map, Value as Json, json};

/// Calls a function. `None`: `flow:outbound` does not have it.
pub(crate) fn call(name: &str, arguments: &Arguments<'_>) -> Option<Answer> {
    Some(match name {
        "contacts.find" => find(arguments),
        "contacts.find-session-user" => contacts::find_session_user().map(Json::from),
        "contacts.upsert" => upsert(arguments),
        "contacts.upsert-session-user" => upsert_session_user(arguments),
        "contacts.channels" => arguments.text(0).and_then(contacts::channels).map(Json::from),
        "contacts.addresses" => addresses(arguments),
        "contacts.name" => arguments.text(0).and_then(contacts::name).map(Json::from),
        "contacts.linked" => linked(arguments),
        "campaigns.name" => arguments.text(0).and_then(campaigns::name).map(Json::from),
        "campaigns.category" => arguments.text(0).and_then(campaigns::category).map(Json::from),
        "campaigns.type" => arguments.text(0).and_then(campaigns::type_).map(Json::from),
        "campaigns.mode" => arguments.text(0).and_then(campaigns::mode).map(Json::from),
        "campaigns.intention" => arguments.text(0).and_then(campaigns::intention).map(Json::from),
        "campaigns.valid-until" => valid_until(arguments),
        "campaigns.is-open" => arguments.text(0).and_then(campaigns::is_open).map(Json::from),
        "campaigns.list" => list(arguments),
        "campaigns.in-category" => in_category(arguments),
        "records.save" => save(arguments),
        "records.list-ready" => list_ready(arguments),
        "records.state" => state(arguments),
        "records.cancel" => cancel(arguments),
        "dnd.blocks-campaign" => blocks_campaign(arguments),
        "dnd.blocks-category" => blocks_category(arguments),
        "dnd.reasons" => reasons(arguments),
        "dnd.set-campaign" => set_campaign(arguments),
        "dnd.set-category" => set_category(arguments),
        _ => return None,
    })
}

fn address(json: &Json) -> contacts::Address {
    let field = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    contacts::Address { channel: field("channel"), identifier: field("identifier") }
}

fn find(arguments: &Arguments<'_>) -> Answer {
    contacts::find(&address(arguments.json(0))).map(Json::from)
}

fn correlators(json: &Json) -> Vec<contacts::Correlator> {
    let correlator = |json: &Json| contacts::Correlator {
        slot: json["slot"].as_u64().and_then(|slot| slot.try_into().ok()).unwrap_or_default(),
        value: json["value"].as_str().unwrap_or_default().to_owned(),
        update: json["update"].as_bool().unwrap_or_default(),
    };
    json.as_array().into_iter().flatten().map(correlator).collect()
}

fn upserted(result: contacts::Upserted) -> Json {
    json!({ "id": result.id, "created": result.created })
}

fn upsert(arguments: &Arguments<'_>) -> Answer {
    let addresses: Vec<_> = arguments.json(0).as_array().into_iter().flatten().map(address).collect();
    let correlators = correlators(arguments.json(3));
    contacts::upsert(&addresses, arguments.text(1)?, arguments.boolean(2)?, &correlators).map(upserted)
}

fn upsert_session_user(arguments: &Arguments<'_>) -> Answer {
    let correlators = correlators(arguments.json(2));
    contacts::upsert_session_user(arguments.text(0)?, arguments.boolean(1)?, &correlators).map(upserted)
}

fn addresses(arguments: &Arguments<'_>) -> Answer {
    let to_json = |address: contacts::Address| json!([address.channel, address.identifier]);
    Ok(contacts::addresses(arguments.text(0)?)?.into_iter().map(to_json).collect())
}

fn linked(arguments: &Arguments<'_>) -> Answer {
    contacts::linked(arguments.text(0)?, arguments.text(1)?).map(Json::from)
}

fn valid_until(arguments: &Arguments<'_>) -> Answer {
    Ok(campaigns::valid_until(arguments.text(0)?)?.map_or(Json::Null, timestamp_json))
}

fn list(arguments: &Arguments<'_>) -> Answer {
    campaigns::list(arguments.optional_text(0), arguments.count(1)?).map(Json::from)
}

fn in_category(arguments: &Arguments<'_>) -> Answer {
    campaigns::in_category(arguments.text(0)?, arguments.optional_text(1), arguments.count(2)?).map(Json::from)
}

fn save(arguments: &Arguments<'_>) -> Answer {
    let json = arguments.json(0);
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let boolean = |name: &str| json[name].as_bool().unwrap_or_default();
    let extras = json["extras"].as_object();
    let draft = records::Draft {
        campaign: text("campaign").unwrap_or_default(),
        contact: text("contact").unwrap_or_default(),
        schedule: text("schedule"),
        internal: boolean("internal"),
        allow_dnd: boolean("allow-dnd"),
        multiple: boolean("multiple"),
        message: text("message"),
        template: text("template"),
        data: text("data"),
        extras: extras
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    records::save(&draft).map(|saved| json!({ "id": saved.id, "created": saved.created }))
}

fn list_ready(arguments: &Arguments<'_>) -> Answer {
    let after = arguments.optional_text(2);
    let records = records::list_ready(arguments.text(0)?, arguments.text(1)?, after, arguments.count(3)?)?;
    let to_json =
        |record: records::Summary| json!({ "id": record.id, "scheduled-at": record.scheduled_at.map(timestamp_json) });
    Ok(records.into_iter().map(to_json).collect())
}

fn state(arguments: &Arguments<'_>) -> Answer {
    records::state(arguments.text(0)?, arguments.text(1)?).map(Json::from)
}

fn cancel(arguments: &Arguments<'_>) -> Answer {
    records::cancel(arguments.text(0)?, arguments.text(1)?).map(Json::from)
}

fn blocks_campaign(arguments: &Arguments<'_>) -> Answer {
    dnd::blocks_campaign(arguments.text(0)?, arguments.text(1)?).map(Json::from)
}

fn blocks_category(arguments: &Arguments<'_>) -> Answer {
    dnd::blocks_category(arguments.text(0)?, arguments.text(1)?).map(Json::from)
}

fn reasons(arguments: &Arguments<'_>) -> Answer {
    let object = |pairs: Vec<(String, String)>| pairs.into_iter().map(|(name, value)| (name, value.into()));
    let reasons = dnd::reasons(arguments.text(0)?, arguments.optional_text(1))?;
    Ok(reasons.into_iter().map(|reason| Json::Object(object(reason).collect::<Map<_, _>>())).collect())
}

fn set_campaign(arguments: &Arguments<'_>) -> Answer {
    let blocked = arguments.boolean(2)?;
    dnd::set_campaign(arguments.text(0)?, arguments.text(1)?, blocked, arguments.optional_text(3)).map(Json::from)
}

fn set_category(arguments: &Arguments<'_>) -> Answer {
    let blocked = arguments.boolean(2)?;
    dnd::set_category(arguments.text(0)?, arguments.text(1)?, blocked, arguments.optional_text(3)).map(Json::from)
}
