//! The idempotency key of a step.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Returns the idempotency key of a session's `visit`-th visit of a node. The key has a fixed length, since ids may be
/// longer than a key. It is unique for each session, node and visit.
pub(super) fn step_key(session: &str, node: &str, visit: u64) -> String {
    let mut hasher = Sha256::new();
    for part in [session, node] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.update(visit.to_le_bytes());
    hasher.finalize().iter().fold(String::from("run:"), |mut key, byte| {
        // Writing to a `String` can't fail.
        write!(key, "{byte:02x}").ok();
        key
    })
}

#[cfg(test)]
mod tests {
    use super::step_key;

    #[test]
    fn no_two_steps_share_a_key() {
        let keys = [step_key("s", "n1", 1), step_key("s", "n1", 2), step_key("s", "n", 1), step_key("sn", "1", 1)];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert!(keys.iter().all(|key| key.len() == 68));
        assert_eq!(step_key("s", "n1", 1), keys[0]);
    }
}
