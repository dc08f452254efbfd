//! The host's functions. In WebAssembly, they are the component's imports. Elsewhere, there is no host, and
//! [`outside`](crate::outside) has the functions.

#[cfg(target_family = "wasm")]
pub(crate) use crate::bindings::flow::{
    action::{expressions, formats, log, outcome, parameters, session, tenant},
    outbound::{campaigns, contacts, dnd, records},
};

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::outside::{
    campaigns, contacts, dnd, expressions, formats, log, outcome, parameters, records, session, tenant,
};
