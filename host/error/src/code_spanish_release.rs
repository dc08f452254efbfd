//! The Spanish texts of the codes for the approval, migration and publication of actions.

use crate::code::CodeText;

pub(crate) const VERSION_NOT_MAJOR: CodeText = CodeText {
    title: "un cambio incompatible no tiene una nueva versión mayor",
    fix: "dé a la acción una nueva versión mayor, con migraciones para los nodos guardados",
};

pub(crate) const VERSION_NOT_NEW: CodeText = CodeText {
    title: "otro contenido tiene la versión de un componente anterior",
    fix: "dé a la acción una nueva versión",
};

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

pub(crate) const CAPABILITY_WIDER: CodeText = CodeText {
    title: "un componente usa más que su versión aprobada",
    fix: "lea las funciones que indica el mensaje y apruébelas con --wider",
};

pub(crate) const REGISTRY_UNREACHABLE: CodeText = CodeText {
    title: "el registro no responde",
    fix: "compruebe el servidor, la red y el certificado, y vuelva a intentarlo",
};

pub(crate) const REGISTRY_DENIED: CodeText = CodeText {
    title: "el registro deniega el acceso",
    fix: "inicie sesión con docker login, o defina FLOWHOST_REGISTRY_USER y FLOWHOST_REGISTRY_PASSWORD",
};

pub(crate) const REGISTRY_NOT_FOUND: CodeText =
    CodeText { title: "el registro no tiene esta referencia", fix: "corrija el repositorio, la etiqueta o el digest" };

pub(crate) const REGISTRY_NO_COMPONENT: CodeText = CodeText {
    title: "la referencia no es un artefacto con un componente",
    fix: "indique un artefacto escrito por flowhost push o wkg",
};

pub(crate) const REGISTRY_DIGEST: CodeText = CodeText {
    title: "el registro devolvió contenido con otro digest",
    fix: "vuelva a intentarlo; si el error persiste, no confíe en el registro",
};

pub(crate) const REGISTRY_TAG_EXISTS: CodeText = CodeText {
    title: "la etiqueta pertenece a otro artefacto",
    fix: "elija otra versión o etiqueta, o reemplácela con --force",
};

pub(crate) const COMPONENT_UNAPPROVED: CodeText = CodeText {
    title: "el bloqueo de la carpeta no aprueba el componente",
    fix: "apruebe el componente con flowhost approve, o quite el archivo",
};

pub(crate) const LOCK_INVALID: CodeText = CodeText {
    title: "no se puede leer el bloqueo de una carpeta de plugins",
    fix: "corrija plugins.lock, o escríbalo de nuevo con flowhost approve",
};

pub(crate) const SIGNATURE_INVALID: CodeText = CodeText {
    title: "un archivo de firma no contiene una firma",
    fix: "firme el componente de nuevo con flowhost sign",
};

pub(crate) const SIGNER_UNKNOWN: CodeText = CodeText {
    title: "ningún firmante del bloqueo firmó este componente para su id",
    fix: "firme el archivo de nuevo con una clave listada, o agregue el firmante con flowhost approve",
};
