//! Types of functions, written in full and compared part by part. The linker ignores the names of types, but not their
//! contents.

use std::collections::BTreeMap;
use std::fmt;
use wit_parser::{Function, Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId};

/// The text for a part that one of two types does not have.
const ABSENT: &str = "absent";

/// The type of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FunctionType {
    is_async: bool,
    parameters: Vec<(String, WitType)>,
    result: Option<WitType>,
}

/// A type without the names of its definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WitType {
    /// A type without parts, for example `u32`.
    Simple(String),
    /// A record, variant, enum or flags: its parts have names.
    Named { kind: &'static str, parts: Vec<(String, Option<WitType>)> },
    /// A type with arguments, for example `list<u8>`.
    Generic { kind: &'static str, arguments: Vec<WitType> },
}

/// Returns the functions of an interface by name.
pub(super) fn functions(resolve: &Resolve, interface: InterfaceId) -> BTreeMap<String, FunctionType> {
    let functions = resolve.interfaces.get(interface).into_iter().flat_map(|interface| &interface.functions);
    functions.map(|(name, function)| (name.clone(), FunctionType::new(resolve, function))).collect()
}

impl FunctionType {
    fn new(resolve: &Resolve, function: &Function) -> Self {
        let parameters = function.params.iter();
        Self {
            is_async: function.kind.is_async(),
            parameters: parameters
                .map(|parameter| (parameter.name.clone(), WitType::new(resolve, &parameter.ty)))
                .collect(),
            result: function.result.as_ref().map(|result| WitType::new(resolve, result)),
        }
    }

    /// Returns the first part that differs from the host's function: `limit: u64, not u32`. `None`: the types are equal.
    pub(super) fn difference(&self, host: &Self) -> Option<String> {
        if self.is_async != host.is_async {
            let name = |is_async| if is_async { "async func" } else { "func" };
            return Some(format!("{}, not {}", name(self.is_async), name(host.is_async)));
        }
        let count = self.parameters.len().max(host.parameters.len());
        let parameters = (0..count).find_map(|index| match (self.parameters.get(index), host.parameters.get(index)) {
            (Some((name, own)), Some((host_name, host))) if name == host_name => own.difference(host, name),
            (Some((name, own)), Some((host_name, host))) => Some(format!("{name}: {own}, not {host_name}: {host}")),
            (Some((name, own)), None) => Some(format!("{name}: {own}, not {ABSENT}")),
            (None, Some((name, host))) => Some(format!("{name}: {ABSENT}, not {host}")),
            (None, None) => None,
        });
        parameters.or_else(|| difference(self.result.as_ref(), host.result.as_ref(), "result"))
    }
}

impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_async { "async func(" } else { "func(" })?;
        for (index, (name, parameter)) in self.parameters.iter().enumerate() {
            write!(f, "{}{name}: {parameter}", if index > 0 { ", " } else { "" })?;
        }
        f.write_str(")")?;
        self.result.as_ref().map_or(Ok(()), |result| write!(f, " -> {result}"))
    }
}

impl WitType {
    fn new(resolve: &Resolve, ty: &Type) -> Self {
        let name = match ty {
            Type::Bool => "bool",
            Type::U8 => "u8",
            Type::U16 => "u16",
            Type::U32 => "u32",
            Type::U64 => "u64",
            Type::S8 => "s8",
            Type::S16 => "s16",
            Type::S32 => "s32",
            Type::S64 => "s64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::ErrorContext => "error-context",
            Type::Id(id) => return Self::defined(resolve, *id),
        };
        Self::Simple(name.to_owned())
    }

    fn defined(resolve: &Resolve, id: TypeId) -> Self {
        let Some(definition) = resolve.types.get(id) else { return Self::Simple("?".to_owned()) };
        let of = |ty: &Type| Self::new(resolve, ty);
        let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| Self::Simple("_".to_owned()), of);
        let named = |kind: &str| Self::Simple(definition.name.clone().unwrap_or_else(|| kind.to_owned()));
        let names = |kind, names: Vec<&String>| Self::Named {
            kind,
            parts: names.into_iter().map(|name| (name.clone(), None)).collect(),
        };
        let generic = |kind, arguments| Self::Generic { kind, arguments };
        match &definition.kind {
            TypeDefKind::Type(ty) => of(ty),
            TypeDefKind::Record(record) => Self::Named {
                kind: "record",
                parts: record.fields.iter().map(|field| (field.name.clone(), Some(of(&field.ty)))).collect(),
            },
            TypeDefKind::Variant(variant) => Self::Named {
                kind: "variant",
                parts: variant.cases.iter().map(|case| (case.name.clone(), case.ty.as_ref().map(of))).collect(),
            },
            TypeDefKind::Enum(cases) => names("enum", cases.cases.iter().map(|case| &case.name).collect()),
            TypeDefKind::Flags(flags) => names("flags", flags.flags.iter().map(|flag| &flag.name).collect()),
            TypeDefKind::Tuple(tuple) => generic("tuple", tuple.types.iter().map(of).collect()),
            TypeDefKind::Option(ty) => generic("option", vec![of(ty)]),
            TypeDefKind::Result(result) => generic("result", vec![maybe(&result.ok), maybe(&result.err)]),
            TypeDefKind::List(ty) => generic("list", vec![of(ty)]),
            TypeDefKind::FixedLengthList(ty, length) => generic("list", vec![of(ty), Self::Simple(length.to_string())]),
            TypeDefKind::Map(key, value) => generic("map", vec![of(key), of(value)]),
            TypeDefKind::Future(ty) => generic("future", vec![maybe(ty)]),
            TypeDefKind::Stream(ty) => generic("stream", vec![maybe(ty)]),
            TypeDefKind::Handle(Handle::Own(id)) => generic("own", vec![Self::defined(resolve, *id)]),
            TypeDefKind::Handle(Handle::Borrow(id)) => generic("borrow", vec![Self::defined(resolve, *id)]),
            TypeDefKind::Resource => named("resource"),
            TypeDefKind::Unknown => named("unknown"),
        }
    }

    /// Returns the innermost part with a name that differs from the host's type. `name` is that of the whole type.
    fn difference(&self, host: &Self, name: &str) -> Option<String> {
        if self == host {
            return None;
        }
        let inner = match (self, host) {
            (Self::Named { kind, parts }, Self::Named { kind: host_kind, parts: host_parts }) if kind == host_kind => {
                named_difference(parts, host_parts)
            }
            (Self::Generic { kind, arguments }, Self::Generic { kind: host_kind, arguments: host_arguments })
                if kind == host_kind && arguments.len() == host_arguments.len() =>
            {
                arguments.iter().zip(host_arguments).find_map(|(own, host)| own.difference(host, name))
            }
            _ => None,
        };
        inner.or_else(|| Some(format!("{name}: {self}, not {host}")))
    }
}

/// Returns the first field or case that differs. `None`: only the order differs.
fn named_difference(own: &[(String, Option<WitType>)], host: &[(String, Option<WitType>)]) -> Option<String> {
    let changed_or_added =
        own.iter().find_map(|(name, part)| match host.iter().find(|(host_name, _)| host_name == name) {
            Some((_, host_part)) => difference(part.as_ref(), host_part.as_ref(), name),
            None => Some(format!("{name}: {}, not {ABSENT}", text(part.as_ref()))),
        });
    let removed = || {
        let (name, part) = host.iter().find(|(name, _)| own.iter().all(|(own_name, _)| own_name != name))?;
        Some(format!("{name}: {ABSENT}, not {}", text(part.as_ref())))
    };
    changed_or_added.or_else(removed)
}

fn difference(own: Option<&WitType>, host: Option<&WitType>, name: &str) -> Option<String> {
    match (own, host) {
        (Some(own), Some(host)) => own.difference(host, name),
        (None, None) => None,
        (own, host) => Some(format!("{name}: {}, not {}", text(own), text(host))),
    }
}

/// Returns the text of a case's or result's type, which may be missing.
fn text(part: Option<&WitType>) -> String {
    part.map_or_else(|| "no value".to_owned(), WitType::to_string)
}

impl fmt::Display for WitType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = |index: usize| if index > 0 { ", " } else { "" };
        match self {
            Self::Simple(name) => f.write_str(name),
            Self::Named { kind, parts } => {
                write!(f, "{kind} {{ ")?;
                for (index, (name, part)) in parts.iter().enumerate() {
                    write!(f, "{}{name}", separator(index))?;
                    match part {
                        Some(part) if *kind == "record" => write!(f, ": {part}")?,
                        Some(part) => write!(f, "({part})")?,
                        None => {}
                    }
                }
                f.write_str(" }")
            }
            Self::Generic { kind, arguments } => {
                write!(f, "{kind}<")?;
                for (index, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", separator(index))?;
                }
                f.write_str(">")
            }
        }
    }
}
