//! The Spanish texts of the codes of migrations.

use crate::code::CodeText;

pub(crate) const MIGRATION_MISSING: CodeText = CodeText {
    title: "las migraciones no llevan a la versión mayor deseada",
    fix: "agregue la migración desde la versión que indica el mensaje",
};

pub(crate) const MIGRATION_FAILED: CodeText = CodeText {
    title: "falla un paso de una migración",
    fix: "corrija la expresión del paso para que todo nodo anterior tenga un resultado",
};

pub(crate) const MIGRATION_LEFT_OVER: CodeText = CodeText {
    title: "una migración perdería el valor de un parámetro",
    fix: "renombre el parámetro en un paso, o quite antes su valor del nodo",
};

pub(crate) const MIGRATION_PORT_LOST: CodeText = CodeText {
    title: "un puerto conectado no tiene sucesor en la versión siguiente",
    fix: "quite la conexión, o dé al puerto un sucesor en la migración",
};
