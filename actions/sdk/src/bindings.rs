//! Rust bindings for the contract's WIT. They are generated in this crate, so that an action depends only on it. A
//! component imports only the functions that its code uses.
#![allow(missing_docs, unreachable_pub, unsafe_code, reason = "generated")]
#![allow(clippy::all, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "generated")]

wit_bindgen::generate!({
    path: "wit",
    world: "outbound-action",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_handler",
    default_bindings_module: "flow_sdk::bindings",
    runtime_path: "flow_sdk::wit_bindgen_runtime",
});
