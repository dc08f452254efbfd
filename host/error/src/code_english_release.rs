//! The English texts of the codes for the approval, migration and publication of actions.

use crate::code::CodeText;

pub(crate) const VERSION_NOT_MAJOR: CodeText = CodeText {
    title: "a breaking change has no new major version",
    fix: "give the action a new major version, and migrations for saved nodes",
};

pub(crate) const VERSION_NOT_NEW: CodeText =
    CodeText { title: "other bytes have the version of an earlier component", fix: "give the action a new version" };

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

pub(crate) const CAPABILITY_WIDER: CodeText = CodeText {
    title: "a component uses more than its approved version",
    fix: "read the functions that the message names, and approve them with --wider",
};

pub(crate) const REGISTRY_UNREACHABLE: CodeText = CodeText {
    title: "the registry does not answer",
    fix: "check the host, the network and the certificate, and try again",
};

pub(crate) const REGISTRY_DENIED: CodeText = CodeText {
    title: "the registry denies the access",
    fix: "log in with docker login, or set FLOWHOST_REGISTRY_USER and FLOWHOST_REGISTRY_PASSWORD",
};

pub(crate) const REGISTRY_NOT_FOUND: CodeText = CodeText {
    title: "the registry does not have this reference",
    fix: "correct the repository, the tag or the digest",
};

pub(crate) const REGISTRY_NO_COMPONENT: CodeText = CodeText {
    title: "the reference is not an artifact with one component",
    fix: "name an artifact that flowhost push or wkg has written",
};

pub(crate) const REGISTRY_DIGEST: CodeText = CodeText {
    title: "the registry returned bytes with another digest",
    fix: "try again; if the error stays, do not trust the registry",
};

pub(crate) const REGISTRY_TAG_EXISTS: CodeText = CodeText {
    title: "the tag belongs to another artifact",
    fix: "choose a new version or tag, or replace it with --force",
};

pub(crate) const COMPONENT_UNAPPROVED: CodeText = CodeText {
    title: "the lock of the folder does not approve the component",
    fix: "approve the component with flowhost approve, or remove the file",
};

pub(crate) const LOCK_INVALID: CodeText = CodeText {
    title: "the lock of a plugins folder can't be read",
    fix: "correct plugins.lock, or write it again with flowhost approve",
};

pub(crate) const SIGNATURE_INVALID: CodeText = CodeText {
    title: "a file of a signature does not contain a signature",
    fix: "sign the component again with flowhost sign",
};

pub(crate) const SIGNER_UNKNOWN: CodeText = CodeText {
    title: "none of the lock's signers signed this component for its id",
    fix: "sign the file again with a listed key, or add the signer with flowhost approve",
};
