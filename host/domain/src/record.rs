//! A campaign record: one message or one session start that a campaign owes a contact.

use super::refusal::Refusal;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The most records that one page of a contact's Ready records holds.
pub const MAX_READY_PAGE: u32 = 1000;

/// A campaign record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Made by the host.
    pub id: Uuid,
    /// The campaign that owes it.
    pub campaign: Uuid,
    /// The contact that it is for.
    pub contact: Uuid,
    /// Where it is in its life.
    pub state: RecordState,
    /// Starts a session in place of sending a message.
    pub internal: bool,
    /// The depth of the session that an internal record starts; 0 for an external one.
    pub depth: u32,
    /// When it is due, and the text that said so; `None`: as soon as the campaign runs.
    pub schedule: Option<Schedule>,
    /// The text to send.
    pub message: Option<String>,
    /// WhatsApp's template as a JSON object in canonical form, see [`crate::template`].
    pub template: Option<String>,
    /// Entities for the session that it leads to: a JSON object.
    pub data: String,
    /// 1 for the first run; reuse by an administrator adds one.
    pub run: u32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// When a record is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The instant.
    pub at: DateTime<Utc>,
    /// What the designer's expression yielded.
    pub text: String,
}

/// Where a record is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordState {
    /// To be sent.
    Ready,
    /// Handed to the channel, or its session started.
    Sent,
    /// The client reacted in time.
    Confirmed,
    /// The attempt failed for good.
    Error,
    /// Its moment and the grace, or the campaign's validity, have passed.
    Expired,
    /// The contact was on a do-not-disturb list when it was to be sent.
    Dnd,
    /// An action cancelled it, or its campaign ended.
    Cancelled,
}

impl RecordState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Ready, Self::Sent, Self::Confirmed, Self::Error, Self::Expired, Self::Dnd, Self::Cancelled];

    /// As lists and filters write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Error => "error",
            Self::Expired => "expired",
            Self::Dnd => "dnd",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that lists and filters write so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether a record in this state may enter `next`:
    ///
    /// | from | to | when |
    /// |---|---|---|
    /// | Ready | Sent | it was handed to the channel, or its session started |
    /// | Ready | Error | the attempt failed for good |
    /// | Ready | Expired | its moment and the grace have passed, or the campaign's validity |
    /// | Ready | Dnd | the contact was on a list when it was to be sent |
    /// | Ready | Cancelled | an action cancelled it, or its campaign ended |
    /// | Sent | Confirmed | the client reacted in time |
    /// | any but Ready | Ready | an administrator uses it again, which begins a new run |
    pub fn can_transition_to(self, next: Self) -> bool {
        match next {
            Self::Ready => self != Self::Ready,
            Self::Confirmed => self == Self::Sent,
            Self::Sent | Self::Error | Self::Expired | Self::Dnd | Self::Cancelled => self == Self::Ready,
        }
    }
}

/// Whether cancelling makes `record` Cancelled: it exists, is the contact's, and is Ready. Anything else stays as it
/// is.
pub fn is_cancellable_by(contact: Uuid, record: Option<&Record>) -> bool {
    record.is_some_and(|record| record.contact == contact && record.state.can_transition_to(RecordState::Cancelled))
}

/// Checks how many Ready records are asked for. Errors: `parameter-invalid` (`limit`) outside of 1 to
/// [`MAX_READY_PAGE`].
pub fn check_page_limit(limit: u32) -> Result<u32, Refusal> {
    if (1..=MAX_READY_PAGE).contains(&limit) {
        return Ok(limit);
    }
    let message = format!("the limit {limit} is out of range; ask for 1 to {MAX_READY_PAGE} records");
    Err(Refusal::new("parameter-invalid", message).about_argument("limit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(state: RecordState) -> Record {
        Record {
            id: Uuid::from_u128(1),
            campaign: Uuid::from_u128(2),
            contact: Uuid::from_u128(3),
            state,
            internal: false,
            depth: 0,
            schedule: None,
            message: None,
            template: None,
            data: "{}".into(),
            run: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn allowed_state_transitions() {
        use RecordState::{Cancelled, Confirmed, Dnd, Error, Expired, Ready, Sent};
        let mut allowed =
            vec![(Ready, Sent), (Ready, Error), (Ready, Expired), (Ready, Dnd), (Ready, Cancelled), (Sent, Confirmed)];
        allowed.extend([Sent, Confirmed, Error, Expired, Dnd, Cancelled].map(|from| (from, Ready)));
        for from in RecordState::ALL {
            for to in RecordState::ALL {
                assert_eq!(from.can_transition_to(to), allowed.contains(&(from, to)), "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn state_names_round_trip() {
        assert!(RecordState::ALL.into_iter().all(|state| RecordState::from_name(state.as_str()) == Some(state)));
        assert_eq!(RecordState::from_name("Ready"), None);
    }

    #[test]
    fn only_a_ready_record_of_the_contact_is_cancelled() {
        let owner = Uuid::from_u128(3);
        assert!(is_cancellable_by(owner, Some(&record(RecordState::Ready))));
        assert!(!is_cancellable_by(owner, Some(&record(RecordState::Cancelled))));
        assert!(!is_cancellable_by(Uuid::from_u128(4), Some(&record(RecordState::Ready))));
        assert!(!is_cancellable_by(owner, None));
    }

    #[test]
    fn a_page_holds_1_to_1000() {
        assert_eq!([check_page_limit(1), check_page_limit(1000)], [Ok(1), Ok(1000)]);
        assert_eq!([0, 1001].map(|limit| check_page_limit(limit).is_err()), [true, true]);
    }
}
