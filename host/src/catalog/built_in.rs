//! The actions that ship: components that the build made, like any author's.

include!(concat!(env!("OUT_DIR"), "/actions.rs"));
