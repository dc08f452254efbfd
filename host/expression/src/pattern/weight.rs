//! The cost of translating a parsed pattern, computed before the translation.

use std::convert::Infallible;

use regex_syntax::ast::{
    self, Ast, ClassSetBinaryOp, ClassSetItem, ClassUnicode, ClassUnicodeKind, Flag, Flags, Visitor,
};

/// Maximum steps of a pattern: about 0.5 ms, because the translation does not pause.
const MAX_WEIGHT: usize = 10_400;
/// Steps for translating a byte of a pattern.
const STEPS_PER_BYTE: usize = 8;
/// Steps for a named class such as `\w` outside of brackets.
const STEPS_PER_CLASS: usize = 325;
/// Steps for combining a named class with others.
const STEPS_PER_JOINED_CLASS: usize = 520;
/// Steps for a named class whose characters are looked up one by one. This applies to case-insensitive patterns and to
/// properties such as `\p{age=6.0}`.
const STEPS_PER_LONG_CLASS: usize = 4_550;
/// Steps for looking up the case variants of a single character.
const STEPS_PER_FOLDED_CHARACTER: usize = 13;
/// Characters of a range that one step looks up in a case-insensitive pattern.
const CHARACTERS_PER_STEP: usize = 3;

/// Returns the steps of translating a pattern, or `None` if they exceed [`MAX_WEIGHT`].
pub(super) fn weight(parsed: &Ast, source: &str) -> Option<usize> {
    let visitor = WeightVisitor { steps: STEPS_PER_BYTE * source.len(), ignores_case: false, brackets: 0 };
    let Ok(steps) = ast::visit(parsed, visitor);
    (steps <= MAX_WEIGHT).then_some(steps)
}

struct WeightVisitor {
    steps: usize,
    /// Whether a preceding flag makes the pattern case-insensitive.
    ignores_case: bool,
    /// The nesting depth of class brackets. Each level may look up the characters of the inner levels again.
    brackets: usize,
}

impl WeightVisitor {
    fn add_steps(&mut self, steps: usize) {
        self.steps = self.steps.saturating_add(steps);
    }

    fn add_flags(&mut self, flags: &Flags) {
        self.ignores_case |= flags.flag_state(Flag::CaseInsensitive) == Some(true);
    }

    fn add_class(&mut self, is_long: bool) {
        self.add_steps(match (is_long, self.brackets) {
            (true, brackets) => STEPS_PER_LONG_CLASS * brackets.max(1),
            (false, 0) => STEPS_PER_CLASS,
            (false, _) => STEPS_PER_JOINED_CLASS,
        });
    }
}

/// Returns whether the characters of a class depend on a property other than script and category.
fn is_by_value(class: &ClassUnicode) -> bool {
    matches!(class.kind, ClassUnicodeKind::NamedValue { .. })
}

impl Visitor for WeightVisitor {
    type Output = usize;
    type Err = Infallible;

    fn finish(self) -> Result<usize, Infallible> {
        Ok(self.steps)
    }

    fn visit_pre(&mut self, parsed: &Ast) -> Result<(), Infallible> {
        match parsed {
            Ast::Flags(set) => self.add_flags(&set.flags),
            Ast::Group(group) => group.flags().into_iter().for_each(|flags| self.add_flags(flags)),
            Ast::Literal(_) if self.ignores_case => self.add_steps(STEPS_PER_FOLDED_CHARACTER),
            Ast::ClassPerl(_) => self.add_class(false),
            Ast::ClassUnicode(class) => self.add_class(self.ignores_case || is_by_value(class)),
            Ast::ClassBracketed(_) => self.brackets += 1,
            _ => {}
        }
        Ok(())
    }

    fn visit_post(&mut self, parsed: &Ast) -> Result<(), Infallible> {
        if matches!(parsed, Ast::ClassBracketed(_)) {
            self.brackets -= 1;
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
        match item {
            ClassSetItem::Perl(_) => self.add_class(self.ignores_case),
            ClassSetItem::Unicode(class) => self.add_class(self.ignores_case || is_by_value(class)),
            ClassSetItem::Ascii(_) => self.add_steps(20),
            ClassSetItem::Literal(_) if self.ignores_case => self.add_steps(STEPS_PER_FOLDED_CHARACTER),
            ClassSetItem::Range(range) if self.ignores_case => {
                let characters = u32::from(range.end.c).saturating_sub(u32::from(range.start.c)) as usize;
                self.add_steps(self.brackets * (characters / CHARACTERS_PER_STEP));
            }
            ClassSetItem::Bracketed(_) => {
                self.brackets += 1;
                self.add_steps(20);
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_post(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
        if matches!(item, ClassSetItem::Bracketed(_)) {
            self.brackets -= 1;
        }
        Ok(())
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ClassSetBinaryOp) -> Result<(), Infallible> {
        self.add_steps(STEPS_PER_JOINED_CLASS);
        Ok(())
    }
}
