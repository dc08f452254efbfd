//! The Spanish texts of the codes of the HTTP service.

use crate::code::CodeText;

pub(crate) const UNAUTHENTICATED: CodeText =
    CodeText { title: "falta una clave válida", fix: "dé una clave en la cabecera Authorization: Bearer fh_…" };

pub(crate) const FORBIDDEN: CodeText =
    CodeText { title: "la clave no puede hacer esto", fix: "use una clave con otro rol, o de ese tenant" };

pub(crate) const TENANT_REQUIRED: CodeText = CodeText {
    title: "la petición no nombra un tenant",
    fix: "agregue ?tenant=ID, o session.tenant en una invocación",
};

pub(crate) const NOT_FOUND: CodeText = CodeText { title: "la ruta no existe", fix: "busque las rutas en /docs" };

pub(crate) const KEY_NOT_FOUND: CodeText =
    CodeText { title: "la clave de acceso no existe, o está revocada", fix: "liste las claves con GET /v1/keys" };

pub(crate) const METHOD_NOT_ALLOWED: CodeText =
    CodeText { title: "la ruta no tiene este método", fix: "use un método que la cabecera Allow nombra" };

pub(crate) const MEDIA_TYPE_UNSUPPORTED: CodeText = CodeText {
    title: "la ruta no acepta el tipo del cuerpo",
    fix: "envíe application/json sin codificación de contenido",
};

pub(crate) const REQUEST_TIMEOUT: CodeText =
    CodeText { title: "la petición no se completó a tiempo", fix: "envíe el cuerpo sin pausas largas" };

pub(crate) const FLOW_INVALID: CodeText =
    CodeText { title: "el flujo tiene errores", fix: "corrija el flujo como dicen los diagnósticos" };

pub(crate) const RATE_LIMITED: CodeText = CodeText {
    title: "la clave envía demasiadas peticiones",
    fix: "envíe la petición otra vez después del tiempo de Retry-After",
};

pub(crate) const STORE_UNSUPPORTED: CodeText = CodeText {
    title: "la base de datos tiene una versión o configuración que no se admite",
    fix: "use una versión admitida de la base de datos",
};

pub(crate) const SERVICE_TIMEOUT: CodeText =
    CodeText { title: "la petición tardó demasiado", fix: "envíe la petición otra vez" };

pub(crate) const INTERNAL: CodeText =
    CodeText { title: "el servicio tiene un defecto", fix: "informe el request_id de la respuesta" };
