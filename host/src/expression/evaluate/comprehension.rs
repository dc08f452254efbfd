//! Comprehensions: `map`, `filter`, `all`, `exists`, `exists_one`, `sortBy`, `optMap` and `optFlatMap`.

use super::super::bounds::{COMPREHENSION_ELEMENTS, NESTED_COMPREHENSION_ELEMENTS, STEPS_PER_VALUE};
use super::super::datum::Datum;
use super::super::error::{Fault, Outcome};
use super::super::function;
use super::super::tree::{Comprehension, ComprehensionKind, Node};
use super::{Run, keep};

impl<'a> Run<'a> {
    pub(super) fn comprehension(&mut self, range: &Datum<'a>, comprehension: &'a Comprehension) -> Outcome<Datum<'a>> {
        match range {
            Datum::Optional(None) if !comprehension.kind.repeats() => Ok(Datum::Optional(None)),
            Datum::Optional(Some(nested)) if !comprehension.kind.repeats() => {
                self.optional(nested.value().clone(), comprehension)
            }
            Datum::List(list) if comprehension.kind.repeats() => {
                check_count(comprehension, list.len())?;
                self.repeat(&mut list.iter(), comprehension)
            }
            Datum::Map(map) if comprehension.kind.repeats() && comprehension.kind != ComprehensionKind::SortBy => {
                check_count(comprehension, map.len(&mut self.fuel)?)?;
                self.repeat(&mut map.entries().map(|(key, _)| key), comprehension)
            }
            other => {
                let wanted = if comprehension.kind.repeats() { "a list" } else { "an optional" };
                Err(wrong(comprehension, wanted, other))
            }
        }
    }

    fn optional(&mut self, value: Datum<'a>, comprehension: &'a Comprehension) -> Outcome<Datum<'a>> {
        match (comprehension.kind, self.with_local(value, comprehension, &comprehension.body)?) {
            (ComprehensionKind::OptionalMap, value) => {
                self.fuel.spend(STEPS_PER_VALUE)?;
                Datum::some(value)
            }
            (_, Datum::Optional(value)) => Ok(Datum::Optional(value)),
            (_, other) => Err(wrong(comprehension, "an optional", &other)),
        }
    }

    fn repeat(
        &mut self,
        elements: &mut dyn Iterator<Item = Datum<'a>>,
        comprehension: &'a Comprehension,
    ) -> Outcome<Datum<'a>> {
        let kind = comprehension.kind;
        let body = &comprehension.body;
        let mut failure = None;
        let mut matches = 0_usize;
        let mut items = Vec::new();
        let mut keyed = Vec::new();
        for element in elements {
            if let Some(filter) = &comprehension.filter
                && !self.test(element.clone(), comprehension, filter)?
            {
                continue;
            }
            match kind {
                ComprehensionKind::Map => items.push(self.with_local(element, comprehension, body)?),
                ComprehensionKind::SortBy => {
                    let key = self.with_local(element.clone(), comprehension, body)?;
                    keyed.push((key, element));
                }
                ComprehensionKind::Filter => {
                    if self.test(element.clone(), comprehension, body)? {
                        items.push(element);
                    }
                }
                ComprehensionKind::ExistsOne => matches += usize::from(self.test(element, comprehension, body)?),
                _ => match self.test(element, comprehension, body) {
                    Ok(value) if value == (kind == ComprehensionKind::Exists) => return Ok(Datum::Boolean(value)),
                    Ok(_) => {}
                    Err(fault) => keep(&mut failure, fault)?,
                },
            }
        }
        match kind {
            ComprehensionKind::Map | ComprehensionKind::Filter => {
                self.fuel.spend(STEPS_PER_VALUE)?;
                Datum::list(items)
            }
            ComprehensionKind::SortBy => function::sorted(self, keyed),
            ComprehensionKind::ExistsOne => Ok(Datum::Boolean(matches == 1)),
            _ => failure.map_or(Ok(Datum::Boolean(kind == ComprehensionKind::All)), Err),
        }
    }

    /// A node evaluated with a comprehension's variable.
    fn with_local(&mut self, value: Datum<'a>, comprehension: &'a Comprehension, node: &'a Node) -> Outcome<Datum<'a>> {
        // Whatever a failed body left behind goes too.
        self.locals.truncate(comprehension.local);
        self.locals.push(value);
        self.evaluate(node)
    }

    fn test(&mut self, value: Datum<'a>, comprehension: &'a Comprehension, node: &'a Node) -> Outcome<bool> {
        self.locals.truncate(comprehension.local);
        self.locals.push(value);
        self.condition(node)
    }
}

fn check_count(comprehension: &Comprehension, count: usize) -> Outcome<()> {
    let name = comprehension.kind.name();
    let (limit, place) = if comprehension.nested {
        (NESTED_COMPREHENSION_ELEMENTS, " where comprehensions are nested")
    } else {
        (COMPREHENSION_ELEMENTS, "")
    };
    if count > limit {
        let message = format!("`{name}` runs over at most {limit} elements{place}, and there are {count}");
        return Err(Fault::too_large("list", message));
    }
    Ok(())
}

fn wrong(comprehension: &Comprehension, wanted: &str, value: &Datum<'_>) -> Box<Fault> {
    Fault::failed(format!("`{}` needs {wanted}, and this is {}", comprehension.kind.name(), value.words()))
}
