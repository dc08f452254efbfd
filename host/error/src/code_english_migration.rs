//! The English texts of the codes of migrations.

use crate::code::CodeText;

pub(crate) const MIGRATION_MISSING: CodeText = CodeText {
    title: "migrations do not lead to the wanted major version",
    fix: "add the migration from the version that the message names",
};

pub(crate) const MIGRATION_FAILED: CodeText = CodeText {
    title: "a step of a migration fails",
    fix: "correct the expression of the step, so that every older node has a result",
};

pub(crate) const MIGRATION_LEFT_OVER: CodeText = CodeText {
    title: "a migration would lose the value of a parameter",
    fix: "rename the parameter in a step, or remove its value from the node first",
};

pub(crate) const MIGRATION_PORT_LOST: CodeText = CodeText {
    title: "a wired port has no successor in the next version",
    fix: "remove the wire, or give the port a successor in the migration",
};
