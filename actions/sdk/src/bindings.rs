//! What the contract's WIT becomes in Rust. Generated here once, so that an action depends on this crate alone; a
//! component imports only the functions that its code reaches.
#![allow(missing_docs, unreachable_pub, unsafe_code, reason = "generated")]
#![allow(clippy::all, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "generated")]

wit_bindgen::generate!({
    path: "../../wit/outbound",
    world: "outbound-action",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_handler",
    default_bindings_module: "flow_sdk::bindings",
    runtime_path: "flow_sdk::wit_bindgen_runtime",
});
