//! Attacks that fail between their writes.

use flow_sdk::prelude::*;

/// Creates a contact, saves a record for it, and blocks it. The first id is the campaign's.
fn write() -> Result<(), Error> {
    let campaign = FromParameter::from(CampaignId::from(crate::first()?));
    let contact = FromParameter::from(contacts::upsert_session_user(&String::from("Eve").into(), true, &[])?.id);
    records::save(&records::Draft { internal: true.into(), ..records::Draft::new(campaign.clone(), contact.clone()) })?;
    dnd::set_campaign(&campaign, &contact, true, Some("no reason"))?;
    session::set_entity("anything", Some(true))
}

#[expect(clippy::panic, reason = "the attack")]
pub(crate) fn traps() -> Result<Port, Error> {
    write()?;
    panic!("in the middle of writes")
}

pub(crate) fn infinite_loop() -> Result<Port, Error> {
    write()?;
    crate::infinite::infinite_loop()
}

pub(crate) fn refuses() -> Result<Port, Error> {
    write()?;
    Err(Error::new("acme/changed-its-mind", "the plugin wrote, and then returned an error"))
}

/// Saves a record for the contact of the first id and the campaign of the second, with a log line and a warning.
pub(crate) fn write_and_log() -> Result<Port, Error> {
    flow_sdk::log::write(flow_sdk::log::Level::Info, "a line of one run");
    flow_sdk::outcome::warn("acme/told", "a warning of one run", None);
    let (contact, campaign) = (ContactId::from(crate::first()?).into(), CampaignId::from(crate::second()?).into());
    records::save(&records::Draft { internal: true.into(), ..records::Draft::new(campaign, contact) })?;
    Ok(NEXT)
}
