//! The abstract syntax tree of an expression.
//!
//! Chains (`a + b + c`, `a && b`, `a.b[0].c()`, `a ? b : c ? d : e`) are flat lists, not nested pairs. A long
//! expression is therefore not deep, and evaluating or dropping it needs little stack.

use super::function::NativeFunction;

/// One operation or value, with its position in the source.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: u32,
    /// The nesting depth of the operations, including this one.
    pub(super) depth: u32,
    /// The box keeps nodes small: parser and evaluator pass them by value and have little stack.
    pub(super) kind: Box<NodeKind>,
}

#[derive(Debug)]
pub(super) enum NodeKind {
    Literal(Literal),
    /// The variable of a comprehension, by its index on the stack of variables.
    Local(usize),
    Builtin(Builtin),
    /// An entity or, if no entity has this name, a type.
    Entity(String),
    List(Vec<ListElement>),
    Map(Vec<MapEntry>),
    /// `!a`, or `!!a`.
    Not {
        operand: Node,
        twice: bool,
    },
    /// `-a`, or `--a`.
    Negate {
        operand: Node,
        twice: bool,
    },
    /// Operators of one precedence, applied from left to right.
    Chain {
        first: Node,
        rest: Vec<BinaryOperand>,
    },
    /// `a && b && …`
    All(Vec<Node>),
    /// `a || b || …`
    Any(Vec<Node>),
    Conditional {
        branches: Vec<Branch>,
        otherwise: Node,
    },
    Path {
        first: Node,
        steps: Vec<Step>,
    },
    Call(Call),
}

/// A literal in the source.
#[derive(Debug)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Number(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A built-in variable.
#[derive(Debug, Clone, Copy)]
pub(super) enum Builtin {
    Session,
    Now,
    Entities,
}

/// An element of a list. The list omits an optional element without a value.
#[derive(Debug)]
pub(super) struct ListElement {
    pub(super) optional: bool,
    pub(super) value: Node,
}

/// An entry of a map. The map omits an optional entry without a value.
#[derive(Debug)]
pub(super) struct MapEntry {
    pub(super) optional: bool,
    pub(super) key: Node,
    pub(super) value: Node,
}

/// One operator of a chain with its right operand.
#[derive(Debug)]
pub(super) struct BinaryOperand {
    pub(super) operator: Operator,
    pub(super) at: u32,
    pub(super) operand: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Operator {
    /// Returns the operator as the source writes it.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

/// `condition ? value :`
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) condition: Node,
    pub(super) value: Node,
}

/// One step of a path: an operation on the value of the previous steps.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: u32,
    pub(super) kind: StepKind,
}

#[derive(Debug)]
pub(super) enum StepKind {
    /// `.name`, or `.?name`.
    Field {
        name: String,
        optional: bool,
    },
    /// `.name` inside `has(…)`.
    HasField(String),
    /// `[key]`, or `[?key]`.
    Index {
        key: Node,
        optional: bool,
    },
    /// `.name(…)`.
    Method(Box<Call>),
    /// `.or(…)`, which evaluates its argument only if the receiver has no value.
    Or(Node),
    /// `.orValue(…)`, which evaluates its argument only if the receiver has no value.
    OrValue(Node),
    Comprehension(Box<Comprehension>),
}

/// A function call with its arguments. They do not include the receiver of a method.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    /// `None` if no function has this name. The evaluation reports the error only when it reaches the call.
    pub(super) function: Option<NativeFunction>,
    pub(super) arguments: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Comprehension {
    pub(super) kind: ComprehensionKind,
    /// The index of its variable on the stack of variables.
    pub(super) local: usize,
    /// Whether it contains another comprehension or is inside one.
    pub(super) is_nested: bool,
    /// The condition of a `map` with three arguments.
    pub(super) filter: Option<Node>,
    pub(super) body: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComprehensionKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    SortBy,
    OptionalMap,
    OptionalFlatMap,
}

impl ComprehensionKind {
    /// Returns the kind of the macro with this name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "exists" => Self::Exists,
            "exists_one" | "existsOne" => Self::ExistsOne,
            "map" => Self::Map,
            "filter" => Self::Filter,
            "sortBy" => Self::SortBy,
            "optMap" => Self::OptionalMap,
            "optFlatMap" => Self::OptionalFlatMap,
            _ => return None,
        })
    }

    /// Returns the name of the macro.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne => "exists_one",
            Self::Map => "map",
            Self::Filter => "filter",
            Self::SortBy => "sortBy",
            Self::OptionalMap => "optMap",
            Self::OptionalFlatMap => "optFlatMap",
        }
    }

    /// Returns whether it runs its body once for each element. The other kinds run it at most once.
    pub(super) fn iterates(self) -> bool {
        !matches!(self, Self::OptionalMap | Self::OptionalFlatMap)
    }
}
