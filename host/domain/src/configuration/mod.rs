//! Tenants and campaigns as operators configure them: the apply file, the plan of its changes, and the same form as
//! output.
//!
//! ```json
//! {"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
//!   "default_intention": "menu", "quota_campaigns": null,
//!   "channels": ["whatsapp", {"name": "kiosk", "identifier": "opaque", "can_send": false}]}],
//!  "campaigns": [{"tenant": "acme", "id": "a47be8af-d40d-452c-9a3e-bcf668fcd1dc", "name": "Demo", "type": "simple",
//!   "mode": "always-on", "category": "Test", "valid_until": "2027-01-31", "validity_hours": 24, "intention": "pay",
//!   "starts_at": null, "ends_at": null, "grace_minutes": 60}]}
//! ```
//!
//! An omitted field keeps its value. A new tenant needs `id`, `name`, `time_zone`, `phone_region` and `channels`. A new
//! campaign needs `tenant`, `id`, `name`, `type`, `mode` and `category`. The other fields have defaults, and a null
//! restores the default:
//!
//! | field | default |
//! |---|---|
//! | `default_intention`, `intention` | empty: none |
//! | `quota_campaigns` | null: unlimited |
//! | `valid_until`, `starts_at`, `ends_at` | null: no limit |
//! | `validity_hours` | 24 |
//! | `grace_minutes` | 60 |

mod channel;
mod field;
mod file;
mod json;
mod plan;

pub use file::ApplyFile;
pub use plan::{ChangeAction, ChangeReport, ObjectKind, Plan, TenantChange, plan};
