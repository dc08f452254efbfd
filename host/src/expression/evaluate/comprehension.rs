//! Comprehensions: `map`, `filter`, `all`, `exists`, `exists_one`, `sortBy`, `optMap` and `optFlatMap`.

use super::super::bounds::{COMPREHENSION_ELEMENTS, NESTED_COMPREHENSION_ELEMENTS};
use super::super::datum::Datum;
use super::super::error::{Fault, Outcome};
use super::super::function;
use super::super::tree::{Comprehension, ComprehensionKind, Node};
use super::{Run, keep};

impl<'a> Run<'a> {
    pub(super) fn comprehension(&mut self, range: &Datum<'a>, comprehension: &'a Comprehension) -> Outcome<Datum<'a>> {
        let name = comprehension.kind.name();
        if !comprehension.kind.repeats() {
            let Datum::Optional(value) = range else {
                return Err(Fault::failed(format!("`{name}` needs an optional, and this is {}", range.words())));
            };
            let Some(nested) = value else { return Ok(Datum::Optional(None)) };
            return match (
                comprehension.kind,
                self.with_local(nested.value().clone(), comprehension, &comprehension.body)?,
            ) {
                (ComprehensionKind::OptionalMap, value) => Datum::some(value),
                (_, Datum::Optional(value)) => Ok(Datum::Optional(value)),
                (_, other) => Err(Fault::failed(format!("`{name}` needs an optional, and this is {}", other.words()))),
            };
        }
        let limit = if comprehension.nested { NESTED_COMPREHENSION_ELEMENTS } else { COMPREHENSION_ELEMENTS };
        let count = match range {
            Datum::List(list) => list.len(),
            Datum::Map(map) if comprehension.kind != ComprehensionKind::SortBy => map.len(&mut self.fuel)?,
            other => return Err(Fault::failed(format!("`{name}` needs a list, and this is {}", other.words()))),
        };
        if count > limit {
            let hint = if comprehension.nested { " where comprehensions are nested" } else { "" };
            let message = format!("`{name}` runs over at most {limit} elements{hint}, and there are {count}");
            return Err(Fault::too_large("list", message));
        }
        match range {
            Datum::List(list) => self.repeat(list.iter(), comprehension),
            Datum::Map(map) => self.repeat(map.keys().into_iter(), comprehension),
            _ => Ok(Datum::Null),
        }
    }

    fn repeat(
        &mut self,
        elements: impl Iterator<Item = Datum<'a>>,
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
            ComprehensionKind::Map | ComprehensionKind::Filter => Datum::list(items),
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
