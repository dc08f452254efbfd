//! A campaign: the strategy for contacting the contacts of a tenant.

use super::refusal::Refusal;
use super::schedule;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use uuid::Uuid;

/// A campaign of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// The id, unique in the tenant. The operator chooses it.
    pub id: Uuid,
    /// The id of the tenant.
    pub tenant: String,
    /// The name, unique in the tenant.
    pub name: String,
    /// Whether a session waits for the client's reaction.
    pub kind: CampaignKind,
    /// The way in which the campaign starts and stops.
    pub mode: CampaignMode,
    /// The category, which groups campaigns for DND.
    pub category: String,
    /// The end of the time in which the campaign runs and accepts records. `None`: no end.
    pub valid_until: Option<Validity>,
    /// Hours after Sent in which a reaction counts. Default: 24.
    pub validity_hours: u32,
    /// The flow that starts when a client reacts.
    pub intention: String,
    /// The start of a Scheduled campaign's period.
    pub starts_at: Option<DateTime<Utc>>,
    /// The end of the campaign.
    pub ends_at: Option<DateTime<Utc>>,
    /// Minutes after the scheduled time in which a record may still be sent. Default: 60.
    pub grace_minutes: u32,
}

impl Campaign {
    /// Returns the last valid time. A day ends at midnight in `zone`, the tenant's time zone. `None`: no end.
    pub fn validity_end(&self, zone: Tz) -> Option<DateTime<Utc>> {
        match self.valid_until? {
            Validity::Instant(at) => Some(at),
            Validity::Day(day) => {
                let midnight = schedule::to_utc(zone, day.succ_opt()?.and_time(NaiveTime::MIN));
                midnight.checked_sub_signed(TimeDelta::nanoseconds(1))
            }
        }
    }

    /// Returns the time after which nothing may happen in the campaign, and its origin: `end` or `validity`.
    pub fn effective_end(&self, zone: Tz) -> Option<(DateTime<Utc>, &'static str)> {
        let end = self.ends_at.map(|at| (at, "end"));
        let validity = self.validity_end(zone).map(|at| (at, "validity"));
        end.into_iter().chain(validity).min_by_key(|(at, _)| *at)
    }

    /// Returns whether the validity has passed.
    pub fn is_expired(&self, zone: Tz, now: DateTime<Utc>) -> bool {
        self.validity_end(zone).is_some_and(|last| now > last)
    }

    /// Returns whether the end has passed.
    pub fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.ends_at.is_some_and(|last| now > last)
    }

    /// Checks that the campaign accepts records at `now`. The errors name `campaign`: `campaign-expired`,
    /// `campaign-ended`.
    pub fn check_accepts_records(&self, zone: Tz, now: DateTime<Utc>) -> Result<(), Refusal> {
        let refuse = |code, what: &str, last: Option<DateTime<Utc>>| {
            let when = last.map(|last| schedule::format(last, zone)).unwrap_or_default();
            let name = quote(&self.name);
            let message =
                format!("the {what} of the campaign {name} passed on {when} in {zone}; choose another or extend it");
            Err(Refusal::new(code, message).about_argument("campaign"))
        };
        if self.is_expired(zone, now) {
            refuse(ErrorCode::CampaignExpired, "validity", self.validity_end(zone))
        } else if self.has_ended(now) {
            refuse(ErrorCode::CampaignEnded, "end", self.ends_at)
        } else {
            Ok(())
        }
    }
}

/// The content that a campaign sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignKind {
    /// Simple Message (`simple`, 1): a message, and a session after the client's reaction.
    Simple,
    /// Multiple Message (`multiple`, 2): a message and a session at once.
    Multiple,
}

impl CampaignKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Simple, Self::Multiple];

    /// Returns the name that configurations use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Multiple => "multiple",
        }
    }

    /// Returns the number that lists of records use.
    pub fn number(self) -> u8 {
        match self {
            Self::Simple => 1,
            Self::Multiple => 2,
        }
    }

    /// Returns the kind with this name in configurations.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The way in which a campaign starts and stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignMode {
    /// `manual`: an administrator starts and stops it.
    Manual,
    /// `scheduled`: its period starts and stops it.
    Scheduled,
    /// `always-on`: it always runs.
    AlwaysOn,
}

impl CampaignMode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Manual, Self::Scheduled, Self::AlwaysOn];

    /// Returns the name that configurations use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Scheduled => "scheduled",
            Self::AlwaysOn => "always-on",
        }
    }

    /// Returns the mode with this name in configurations.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// A validity date as given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Valid until the end of that day in the tenant's zone.
    Day(NaiveDate),
    /// Valid until that time.
    Instant(DateTime<Utc>),
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono_tz::America::Santiago;

    /// Returns an AlwaysOn campaign without an end.
    pub(crate) fn campaign() -> Campaign {
        Campaign {
            id: Uuid::from_u128(0xca),
            tenant: "acme".into(),
            name: "Demo".into(),
            kind: CampaignKind::Simple,
            mode: CampaignMode::AlwaysOn,
            category: "Test".into(),
            valid_until: None,
            validity_hours: 24,
            intention: "pay".into(),
            starts_at: None,
            ends_at: None,
            grace_minutes: 60,
        }
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn valid_on(day: &str) -> Campaign {
        Campaign { valid_until: Some(Validity::Day(day.parse().unwrap())), ..campaign() }
    }

    #[test]
    fn a_day_lasts_until_the_tenants_midnight() {
        let campaign = valid_on("2027-01-31");
        assert!(!campaign.is_expired(Santiago, utc("2027-02-01T02:59:59.999Z")));
        assert_eq!(
            campaign.check_accepts_records(Santiago, utc("2027-02-01T03:00:00Z")).unwrap_err().code,
            "campaign-expired"
        );
    }

    #[test]
    fn a_day_before_a_gap_at_midnight_ends_where_the_gap_does() {
        let campaign = valid_on("2026-09-05");
        assert!(!campaign.is_expired(Santiago, utc("2026-09-06T03:59:59Z")));
        assert!(campaign.is_expired(Santiago, utc("2026-09-06T04:00:00Z")));
    }

    #[test]
    fn a_validity_instant_is_inclusive() {
        let at = utc("2027-01-31T10:00:00Z");
        let campaign = Campaign { valid_until: Some(Validity::Instant(at)), ..campaign() };
        assert!(!campaign.is_expired(Santiago, at));
        assert!(campaign.is_expired(Santiago, at + TimeDelta::seconds(1)));
    }

    #[test]
    fn a_campaign_past_its_end_has_ended() {
        let end = utc("2027-01-31T10:00:00Z");
        let campaign = Campaign { ends_at: Some(end), ..campaign() };
        assert_eq!(campaign.check_accepts_records(Santiago, end), Ok(()));
        let refusal = campaign.check_accepts_records(Santiago, end + TimeDelta::seconds(1)).unwrap_err();
        assert_eq!((refusal.code, refusal.argument), (ErrorCode::CampaignEnded, Some("campaign")));
    }

    #[test]
    fn the_effective_end_is_the_earlier_of_end_and_validity() {
        let end = utc("2027-01-31T10:00:00Z");
        let campaign = Campaign { ends_at: Some(end), ..valid_on("2027-01-31") };
        assert_eq!(campaign.effective_end(Santiago), Some((end, "end")));
    }

    #[test]
    fn names_round_trip() {
        assert!(CampaignKind::ALL.into_iter().all(|kind| CampaignKind::from_name(kind.as_str()) == Some(kind)));
        assert!(CampaignMode::ALL.into_iter().all(|mode| CampaignMode::from_name(mode.as_str()) == Some(mode)));
        assert_eq!(CampaignMode::from_name("AlwaysOn"), None);
    }
}
