//! Attacks on another tenant's data, and reads of data that other invocations change.

use flow_sdk::prelude::*;

fn contact() -> Result<FromParameter<ContactId>, Error> {
    Ok(ContactId::from(crate::first()?).into())
}

pub(crate) fn reads_contact() -> Result<Port, Error> {
    contacts::name(&contact()?)?;
    Ok(NEXT)
}

/// Reads two contacts of its own tenant. Another invocation changes the first in between.
pub(crate) fn reads_two() -> Result<Port, Error> {
    let first = contacts::name(&contact()?)?;
    let second = contacts::name(&ContactId::from(crate::second()?).into())?;
    crate::STATUS.set(format!("{first} {second}"))?;
    Ok(NEXT)
}

pub(crate) fn blocks_contact() -> Result<Port, Error> {
    dnd::set_campaign(&CampaignId::from(crate::second()?).into(), &contact()?, true, None)?;
    Ok(NEXT)
}

pub(crate) fn uses_campaign() -> Result<Port, Error> {
    let campaign = CampaignId::from(crate::second()?).into();
    records::save(&records::Draft { internal: true.into(), ..records::Draft::new(campaign, contact()?) })?;
    Ok(NEXT)
}

/// The first id is a contact of its own tenant, the second a record of another tenant.
pub(crate) fn cancels_record() -> Result<Port, Error> {
    let cancelled = records::cancel(&contact()?, &RecordId::from(crate::second()?).into())?;
    crate::RESULT.set(cancelled)?;
    Ok(NEXT)
}
