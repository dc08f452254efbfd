//! The outbound domain: what a tenant owns, and the rules as pure functions from a snapshot to a change.
//!
//! Imports nothing of the project, does no I/O and has no clock or random source of its own: instants and new
//! ids are arguments.
//!
//! # The rules, and where they stand
//!
//! | rule | in |
//! |---|---|
//! | A contact's key is its address (channel, identifier), never its name. Contacts are never merged, and an address is never replaced: `ambiguous-contact`. | [`upsert`] |
//! | A stored name or correlator is replaced only when told, and filled when empty. An empty correlator is none. | [`upsert`] |
//! | Phones are stored as E.164; an impossible one is refused, one not known to be assigned warns. | [`phone`] |
//! | Contacts with the same correlator in the same slot are one person's: linked, not merged. | [`Contact::is_linked_to`] |
//! | A date without an offset is in the tenant's zone; in a clock gap the first valid instant after it, in an overlap the earlier. Nothing unreadable ever means now. | [`schedule`] |
//! | A Manual campaign reads and ignores schedules, a Scheduled one makes those before its start wait; none may lie in the past or beyond the campaign's end or validity. | [`schedule::resolve`] |
//! | A validity date lasts to the end of that day in the tenant's zone. | [`Campaign::validity_end`] |
//! | A campaign's own list and its category's block its records; the category's list and that of any campaign in it block the category. Leaving by category leaves both kinds. | [`dnd`] |
//! | Being allowed on a list is for the creation of a record; sending checks again. Internal records are checked too. | [`save_record::save_record`] |
//! | What an external record needs depends on the contact's channels; an internal one needs nothing, and chains of them end at depth 8. | [`save_record::save_record`] |
//! | Of several Ready records the newest is updated and keeps its id, creation and run. | [`save_record::save_record`] |
//! | Cancelling keeps the record; only a Ready one of that contact can be cancelled. | [`record::is_cancellable_by`] |
//! | The states of a record, and which may follow which. | [`RecordState::can_transition_to`] |
//! | Applying a configuration twice changes nothing the second time. | [`configuration`] |

pub mod campaign;
pub mod configuration;
pub mod contact;
pub mod dnd;
pub mod escape;
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
