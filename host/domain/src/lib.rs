//! The outbound domain: the data of a tenant, and the rules as pure functions from a snapshot to a change.
//!
//! This module imports nothing else of the project and does no I/O. It has no clock and no random source: callers pass
//! timestamps and new ids as arguments.
//!
//! # The rules and their modules
//!
//! | rule | module or item |
//! |---|---|
//! | A contact's key is its address (channel, identifier), never its name. An upsert never merges contacts and never replaces an address: `ambiguous-contact`. | [`upsert`] |
//! | An upsert replaces a stored name or correlator only on request, and fills an empty one. An empty correlator counts as none. | [`upsert`] |
//! | A phone number is stored as E.164. An impossible number is refused; a number that is not known to be assigned gives a warning. | [`phone`] |
//! | Contacts with the same correlator in the same slot belong to one person. They are linked, not merged. | [`Contact::is_linked_to`] |
//! | A date without an offset is in the tenant's zone. In a clock gap it is the first valid time after the gap, in an overlap the earlier time. An unreadable date is an error, never the current time. | [`schedule`] |
//! | A Manual campaign reads and ignores schedules. A Scheduled campaign keeps a schedule before its start waiting. A schedule must not be in the past, or after the campaign's end or validity. | [`schedule::resolve`] |
//! | A validity date lasts to the end of that day in the tenant's zone. | [`Campaign::validity_end`] |
//! | The list of a campaign and the list of its category block the campaign's records. The list of a category and the list of any campaign in it block the category. A removal by category removes both kinds of entries. | [`dnd`] |
//! | `allow_dnd` applies to the creation of a record; sending checks the lists again. The check includes internal records. | [`save_record::save_record`] |
//! | The contact's channels determine the content that an external record needs. An internal record needs none, and a chain of them ends at depth 8. | [`save_record::save_record`] |
//! | Saving updates the newest of several Ready records, which keeps its id, creation time and run. | [`save_record::save_record`] |
//! | A cancelled record stays stored. Only a Ready record of the contact can be cancelled. | [`record::is_cancellable_by`] |
//! | A record changes its state only along the allowed transitions. | [`RecordState::can_transition_to`] |
//! | Applying a configuration twice changes nothing the second time. | [`configuration`] |

pub mod campaign;
pub mod canonical_json;
pub mod configuration;
pub mod contact;
pub mod dnd;
pub mod json;
pub mod phone;
pub mod record;
pub mod refusal;
pub mod save_record;
pub mod schedule;
pub mod template;
pub mod tenant;
pub mod text;
pub mod upsert;

pub use campaign::{Campaign, CampaignKind, CampaignMode, Validity};
pub use contact::{Address, Contact};
pub use dnd::{DndEntry, Scope};
pub use record::{Record, RecordState};
pub use refusal::{Refusal, Warning};
pub use tenant::{Channel, IdentifierKind, Tenant};
