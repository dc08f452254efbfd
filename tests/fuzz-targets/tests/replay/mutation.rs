//! Reproducible mutations of a corpus.

use rand_xoshiro::Xoshiro256PlusPlus as Generator;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// A generator of mutated inputs.
pub(crate) struct Mutator<'c> {
    corpus: &'c [Vec<u8>],
    dictionary: Vec<Vec<u8>>,
    max_bytes: usize,
    random: Generator,
}

impl<'c> Mutator<'c> {
    /// A generator whose sequence depends only on its arguments.
    pub(crate) fn seeded(corpus: &'c [Vec<u8>], dictionary: Vec<Vec<u8>>, largest: usize, seed: u64) -> Self {
        Self { corpus, dictionary, max_bytes: largest, random: Generator::seed_from_u64(seed) }
    }

    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut file = self.pick_file().to_vec();
        for _ in 0..=self.below(4) {
            self.mutate(&mut file);
        }
        file.truncate(self.max_bytes);
        file
    }

    fn pick_file(&mut self) -> &'c [u8] {
        &self.corpus[self.below(self.corpus.len())]
    }

    /// A random number below `end`, or zero if `end` is zero.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.next_u64() % end.max(1) as u64).unwrap()
    }

    fn mutate(&mut self, file: &mut Vec<u8>) {
        let at = self.below(file.len() + 1);
        let end = (at + 1 + self.below(16)).min(file.len());
        match self.below(7) {
            0 if at < file.len() => file[at] ^= 1 << self.below(8),
            1 if at < file.len() => file[at] = [0, b'0', b'9', b'"', b'\\', b'-', b'\n', 0x7f, 0xff][self.below(9)],
            2 => drop(file.drain(at.min(end)..end)),
            3 => {
                let piece = file[at.min(end)..end].repeat(1 + self.below(40));
                file.splice(at..at, piece);
            }
            4 => {
                let other = self.pick_file();
                let from = self.below(other.len() + 1);
                let to = from + self.below(other.len() - from + 1);
                file.splice(at..at, other[from..to].iter().copied());
            }
            5 => {
                let other = self.pick_file();
                let from = self.below(other.len() + 1);
                file.truncate(at);
                file.extend(&other[from..]);
            }
            _ if self.dictionary.is_empty() => {}
            _ => {
                let word = &self.dictionary[usize::try_from(self.random.next_u32()).unwrap() % self.dictionary.len()];
                // Words of even length replace bytes, others are inserted.
                let end = if word.len().is_multiple_of(2) { end } else { at };
                file.splice(at.min(end)..end, word.iter().copied());
            }
        }
    }
}

/// The word on a line of a libFuzzer dictionary: `"\x01\"…"`, with or without a name before it.
pub(crate) fn parse_word(line: &str) -> Option<Vec<u8>> {
    let line = line.strip_suffix('"').filter(|line| !line.starts_with('#'))?;
    let mut bytes = line.split_once('"')?.1.bytes();
    let mut word = Vec::new();
    while let Some(byte) = bytes.next() {
        word.push(match byte {
            b'\\' => match bytes.next()? {
                b'x' => {
                    let digits = [bytes.next()?, bytes.next()?];
                    u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
                }
                other => other,
            },
            other => other,
        });
    }
    Some(word)
}

#[test]
fn words_are_parsed_as_by_libfuzzer() {
    assert_eq!(parse_word(r#"name="a\x0c\"\\""#).unwrap(), b"a\x0c\"\\");
    assert_eq!(parse_word(r#""a""#).unwrap(), b"a");
    assert_eq!(parse_word("# \"a\""), None);
}
