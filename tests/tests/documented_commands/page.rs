//! The fenced blocks of a Markdown page.

/// A fenced block.
pub(crate) struct Block {
    /// The word behind the fence, for example `sh`; empty for a plain fence.
    pub(crate) language: String,
    /// The lines between the fences.
    pub(crate) text: String,
    /// The number of the opening fence's line, from 1.
    pub(crate) line: usize,
    /// The number of headings before the block.
    section: usize,
}

/// A page as its fenced blocks, in order.
pub(crate) struct Page {
    blocks: Vec<Block>,
}

/// A block of commands, and the output that the page shows for it.
pub(crate) struct Commands<'p> {
    /// The block `sh`.
    pub(crate) block: &'p Block,
    /// The next block of the same section, if it shows an output: `json` for stdout, a plain fence for stderr.
    pub(crate) output: Option<&'p Block>,
}

impl Page {
    /// Parses the text of a page.
    pub(crate) fn parse(text: &str) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut section, mut is_open) = (0, false);
        for (index, line) in text.lines().enumerate() {
            if let Some(language) = line.strip_prefix("```") {
                is_open = !is_open;
                if is_open {
                    blocks.push(Block { language: language.to_owned(), text: String::new(), line: index + 1, section });
                }
            } else if is_open {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            } else if line.starts_with('#') {
                section += 1;
            }
        }
        assert!(!is_open, "a fence is not closed");
        Self { blocks }
    }

    /// The blocks of commands, in order.
    pub(crate) fn commands(&self) -> impl Iterator<Item = Commands<'_>> {
        let blocks = self.blocks.iter().enumerate().filter(|(_, block)| block.language == "sh");
        blocks.map(|(index, block)| {
            let next = self.blocks.get(index + 1).filter(|next| next.section == block.section);
            Commands { block, output: next.filter(|next| ["", "json"].contains(&next.language.as_str())) }
        })
    }

    /// The text of the first block in this language that contains `part`.
    pub(crate) fn block_with(&self, language: &str, part: &str) -> &str {
        let mut blocks = self.blocks.iter();
        let found = blocks.find(|block| block.language == language && block.text.contains(part));
        &found.unwrap_or_else(|| panic!("there is no block {language} with {part}")).text
    }
}

/// The text with its ids and times replaced, and with single spaces.
pub(crate) fn comparable(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| {
        let mut words: Vec<_> = line.split_whitespace().map(without_id).collect();
        for index in 1..words.len() {
            if ["s", "ms", "µs"].contains(&words[index].as_str()) && words[index - 1].parse::<f64>().is_ok() {
                words[index - 1] = "TIME".to_owned();
                words[index] = String::new();
            }
        }
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The word with `ID` in place of a UUID.
fn without_id(word: &str) -> String {
    let is_id = |text: &str| uuid_shape(text.as_bytes());
    let starts = (0..word.len()).filter(|start| word.get(*start..start + 36).is_some_and(is_id));
    let start = starts.min();
    start.map_or_else(|| word.to_owned(), |start| format!("{}ID{}", &word[..start], &word[start + 36..]))
}

fn uuid_shape(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[test]
fn ids_and_times_do_not_count() {
    let shown = "  1  n1 [a] → next  14.1 ms\n  id = \"01a22b1e-5510-77a9-a20c-0cc87d306fb5\"\n";
    let printed = "  1  n1 [a] → next  9 s\n  id = \"01a22b1e-551e-7829-8194-478bccf67686\"\n\n";
    assert_eq!(comparable(shown), comparable(printed));
    assert_ne!(comparable(shown), comparable("  1  n2 [a] → next  14.1 ms\n"));
}

#[test]
fn an_output_belongs_to_the_commands_of_its_section() {
    let page = Page::parse("```sh\na\n```\nText:\n\n```\nb\n```\n# Next\n```sh\nc\n```\n## Other\n```json\n{}\n```\n");
    let outputs: Vec<_> = page.commands().map(|commands| commands.output.map(|block| block.text.as_str())).collect();
    assert_eq!(outputs, [Some("b\n"), None]);
}
