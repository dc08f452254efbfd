//! The text of a key: `fh_ID_SECRET`. The id has 80 and the secret 256 random bits, in base32.

use data_encoding::{Encoding, Specification};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Characters of an id: 80 bits.
const ID_CHARACTERS: usize = 16;

/// Characters of a secret: 256 bits.
const SECRET_CHARACTERS: usize = 52;

/// The digits of base32 (RFC 4648) in lower case, without padding.
static BASE32: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().ok()
});

/// A new key: its id, its text, and the hash of the text.
pub struct NewKey {
    /// The id.
    pub id: String,
    /// The text, which nothing stores.
    pub text: String,
    /// SHA-256 of the text.
    pub hash: [u8; 32],
}

impl NewKey {
    /// Generates a key with random bits of the system.
    ///
    /// # Errors
    /// The system has no random bits.
    pub fn generate() -> Result<Self, String> {
        let (mut id, mut secret) = ([0; 10], [0; 32]);
        for bytes in [&mut id[..], &mut secret[..]] {
            getrandom::fill(bytes).map_err(|error| format!("the system has no random bits: {error}"))?;
        }
        let encoding = BASE32.as_ref().ok_or("the encoding of keys is not valid")?;
        let id = encoding.encode(&id);
        let text = format!("fh_{id}_{}", encoding.encode(&secret));
        let hash = hash(&text);
        Ok(Self { id, text, hash })
    }
}

/// Returns the hash of a key's text.
pub(crate) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Returns the id of a key.
pub(crate) fn id_of(text: &str) -> Option<&str> {
    let (id, secret) = text.strip_prefix("fh_")?.split_once('_')?;
    let is_base32 = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'2'..=b'7'));
    let has_form = id.len() == ID_CHARACTERS && secret.len() == SECRET_CHARACTERS && is_base32(id) && is_base32(secret);
    has_form.then_some(id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_generated_key_has_the_form_of_a_key() {
        let [first, second] = [NewKey::generate().unwrap(), NewKey::generate().unwrap()];
        assert_eq!(id_of(&first.text), Some(first.id.as_str()));
        assert_eq!(hash(&first.text), first.hash);
        assert_ne!(first.text, second.text);
    }

    #[test]
    fn a_key_has_one_form() {
        let (id, secret) = ("7k2m4q2w5x7c5v3b", "a".repeat(52));
        assert_eq!(id_of(&format!("fh_{id}_{secret}")), Some(id));
        let upper = format!("fh_{}_{secret}", id.to_uppercase());
        for other in [format!("fh_{id}_{secret}a"), format!("fh_{id}{secret}"), format!("{id}_{secret}"), upper] {
            assert_eq!(id_of(&other), None, "{other}");
        }
    }
}
