//! The Spanish texts of the codes.

use crate::ErrorCode;
use crate::code::{CodeText, code_texts};
use crate::code_spanish_migration as migration;
use crate::code_spanish_service as service;

code_texts! {
    Spanish {
        ErrorCode::ParameterMissing => CodeText {
            title: "falta el valor de un parámetro obligatorio",
            fix: "complete el parámetro, o haga que su expresión dé siempre un valor",
        },
        ErrorCode::ParameterInvalid => CodeText {
            title: "un valor no tiene la forma que pide su parámetro",
            fix: "escriba el valor en la forma que indica el mensaje",
        },
        ErrorCode::ExpressionSyntax => CodeText {
            title: "la sintaxis de una expresión no es válida",
            fix: "corrija la expresión en la posición que indica el mensaje; el texto va entre comillas, como en \"Ana\"",
        },
        ErrorCode::ExpressionType => CodeText {
            title: "el resultado de la expresión no es del tipo correcto",
            fix: "convierta el resultado, por ejemplo con string(…), int(…) o formatDate(…)",
        },
        ErrorCode::ExpressionFailed => CodeText {
            title: "la evaluación de una expresión falla",
            fix: "corrija la expresión, o compruebe antes sus operandos, como en n > 0 ? total / n : 0",
        },
        ErrorCode::ExpressionTooLarge => CodeText {
            title: "una expresión supera un límite",
            fix: "reduzca la expresión, o calcule su valor antes del diagrama",
        },
        ErrorCode::EntityNotSet => CodeText {
            title: "se lee una entidad que no tiene valor",
            fix: "escríbala antes en el diagrama, o léala con entities.?nombre.orValue(…)",
        },
        ErrorCode::EntityType => CodeText {
            title: "una entidad tiene un valor que no es del tipo correcto",
            fix: "use una entidad cuyo valor sea del tipo que indica el mensaje",
        },
        ErrorCode::TenantNotFound => CodeText {
            title: "el tenant de la sesión no existe",
            fix: "aplique primero el tenant, o corrija el tenant de la sesión",
        },
        ErrorCode::CampaignNotFound => CodeText {
            title: "el tenant de la sesión no tiene esta campaña",
            fix: "elija por su id una campaña del tenant",
        },
        ErrorCode::CategoryNotFound => CodeText {
            title: "ninguna campaña del tenant de la sesión tiene esta categoría",
            fix: "use la categoría de una campaña, escrita exactamente igual",
        },
        ErrorCode::ContactNotFound => CodeText {
            title: "el tenant de la sesión no tiene este contacto",
            fix: "ponga un gestor de contactos antes de esta acción, e indique la entidad que este escribe",
        },
        ErrorCode::RecordNotFound => CodeText {
            title: "el contacto no tiene este registro de campaña",
            fix: "usar el id de un registro del contacto, tal como lo devolvió una acción anterior",
        },
        ErrorCode::ChannelNotEnabled => CodeText {
            title: "el tenant no ha habilitado el canal",
            fix: "use un canal habilitado, o agregue este a los canales del tenant",
        },
        ErrorCode::ChannelCannotSend => CodeText {
            title: "el tenant no puede iniciar la conversación en el canal del contacto",
            fix: "haga interno el registro, o use la dirección del contacto en otro canal",
        },
        ErrorCode::ChannelNotConfigured => CodeText {
            title: "el registro no tiene nada que enviar por el canal del contacto",
            fix: "dé una plantilla para WhatsApp, o una expresión de mensaje para otro canal",
        },
        ErrorCode::CampaignTypeChannel => CodeText {
            title: "el tipo de la campaña no admite el canal",
            fix: "use una campaña de tipo simple, o quite la plantilla",
        },
        ErrorCode::PhoneInvalid => CodeText {
            title: "no es un número de teléfono válido",
            fix: "escriba todos los dígitos con el código de área, o empiece con + y el código del país",
        },
        ErrorCode::IdentifierInvalid => CodeText {
            title: "no es un identificador válido en el canal",
            fix: "dé un solo identificador por canal, que no esté vacío",
        },
        ErrorCode::AmbiguousContact => CodeText {
            title: "las direcciones pertenecen a varios contactos",
            fix: "use uno de los contactos que nombra el mensaje",
        },
        ErrorCode::ValueTooLarge => CodeText {
            title: "un nombre, un identificador, un mensaje o un dato supera su límite",
            fix: "acorte el valor hasta el límite que indica el mensaje",
        },
        ErrorCode::LimitValueSize => CodeText {
            title: "un valor que escribe la acción es demasiado grande",
            fix: "escriba un valor más corto, o menos entidades",
        },
        ErrorCode::LimitEntities => CodeText {
            title: "la acción escribe demasiadas entidades, o una cuyo nombre está vacío o es demasiado largo",
            fix: "escriba menos entidades, por ejemplo una sola lista, y deles nombres cortos",
        },
        ErrorCode::ScheduleInvalid => CodeText {
            title: "no es una fecha con hora",
            fix: "escriba dd/MM/yyyy HH:mm:ss, o RFC 3339 con desfase horario",
        },
        ErrorCode::ScheduleInThePast => CodeText {
            title: "la hora programada ya pasó",
            fix: "calcule una hora posterior a partir de now, o deje vacía la programación",
        },
        ErrorCode::ScheduleOutOfRange => CodeText {
            title: "la hora programada es posterior al fin o a la vigencia de la campaña",
            fix: "programe una hora anterior, o extienda la campaña",
        },
        ErrorCode::CampaignExpired => CodeText {
            title: "la vigencia de la campaña ya venció",
            fix: "elija otra campaña, o extienda valid_until",
        },
        ErrorCode::CampaignEnded => CodeText {
            title: "la campaña ya terminó",
            fix: "elija otra campaña, o extienda ends_at",
        },
        ErrorCode::ContactInDnd => CodeText {
            title: "el contacto está en una lista de no molestar",
            fix: "conecte el puerto error, saque al contacto de la lista, o active ALLOW_DND_CONTACT",
        },
        ErrorCode::InternalDepth => CodeText {
            title: "una cadena de registros internos es demasiado larga",
            fix: "busque el diagrama que se inicia a sí mismo, y corte la cadena",
        },
        ErrorCode::PluginTrap => CodeText {
            title: "el plugin se detuvo por un error propio",
            fix: "lea el log, e informe del error al autor del plugin",
        },
        ErrorCode::PluginContract => CodeText {
            title: "el plugin incumplió el contrato",
            fix: "informe del mensaje al autor del plugin, que debe corregir el plugin o su manifiesto",
        },
        ErrorCode::LimitMemory => CodeText {
            title: "el plugin usó demasiada memoria",
            fix: "procese menos datos a la vez, o aumente memory_bytes",
        },
        ErrorCode::LimitCpu => CodeText {
            title: "el plugin usó demasiado tiempo de CPU",
            fix: "procese menos datos a la vez, o aumente cpu_time",
        },
        ErrorCode::LimitDeadline => CodeText {
            title: "la ejecución tardó demasiado, esperas incluidas",
            fix: "elimine las esperas del plugin, o aumente invocation_timeout",
        },
        ErrorCode::LimitHostCalls => CodeText {
            title: "el plugin hizo demasiadas llamadas al host",
            fix: "procese menos datos a la vez, o aumente host_calls",
        },
        ErrorCode::LimitHostBytes => CodeText {
            title: "el plugin pasó demasiados bytes en sus llamadas al host",
            fix: "pase menos datos, o aumente host_call_bytes",
        },
        ErrorCode::LimitStack => CodeText {
            title: "la recursión del plugin es demasiado profunda",
            fix: "use un bucle en lugar de recursión en el plugin, o aumente stack_bytes",
        },
        ErrorCode::LimitTables => CodeText {
            title: "el plugin tiene demasiadas tablas, elementos de tabla, instancias o recursos",
            fix: "redúzcalos en el plugin, o aumente tables, core_instances o table_elements",
        },
        ErrorCode::ActionNotFound => CodeText {
            title: "ninguna acción tiene este id o esta versión",
            fix: "use un id y una versión que liste flowhost actions",
        },
        ErrorCode::RequestInvalid => CodeText {
            title: "la solicitud no está bien formada",
            fix: "corrija el JSON que indica el mensaje; una clave de idempotencia necesita una sesión con id",
        },
        ErrorCode::RequestTooLarge => CodeText {
            title: "la sesión y los parámetros son demasiado grandes",
            fix: "acorte las entidades de la sesión, o los parámetros del nodo",
        },
        ErrorCode::SessionInvalid => CodeText {
            title: "la sesión no está bien formada",
            fix: "corrija el campo de la sesión que indica el mensaje",
        },
        ErrorCode::KeyReused => CodeText {
            title: "la clave de idempotencia ya se usó para otra solicitud",
            fix: "use una clave nueva o, para run, otro id de sesión",
        },
        ErrorCode::StoreUnavailable => CodeText {
            title: "no se puede acceder al almacén, o no se puede usar",
            fix: "envíe de nuevo la misma solicitud si retryable es true; si no, restaure el almacén desde una copia",
        },
        ErrorCode::StoreConflict => CodeText {
            title: "los datos cambiaron al mismo tiempo y se agotaron los reintentos",
            fix: "envíe de nuevo la misma solicitud, con la misma clave de idempotencia",
        },
        ErrorCode::Overloaded => CodeText {
            title: "el host o el tenant tiene demasiado trabajo a la vez",
            fix: "envíe de nuevo la misma solicitud más tarde, o envíe menos solicitudes a la vez",
        },
        ErrorCode::StoreReadOnly => CodeText {
            title: "no se puede escribir en el almacén",
            fix: "dé al proceso permiso de escritura sobre el archivo del almacén y su carpeta",
        },
        ErrorCode::StoreFull => CodeText {
            title: "no queda espacio en el disco o en la cuota del almacén",
            fix: "libere espacio, y envíe de nuevo la misma solicitud",
        },
        ErrorCode::StoreNewer => CodeText {
            title: "una versión más nueva escribió el almacén",
            fix: "use la versión más nueva, u otro almacén",
        },
        ErrorCode::Quota => CodeText {
            title: "el tenant superaría su cuota de campañas o de bytes almacenados",
            fix: "aumente la cuota, quite campañas, o espere a que venzan claves de idempotencia",
        },
        ErrorCode::ComponentInvalid => CodeText {
            title: "no es un componente WebAssembly, o está truncado",
            fix: "compile de nuevo el componente, o convierta un módulo core en uno con flowhost pack",
        },
        ErrorCode::ComponentContract => CodeText {
            title: "el componente tiene otro world, o importa algo que este host no exporta",
            fix: "compile el componente con el contrato que escribe flowhost wit",
        },
        ErrorCode::ActionReserved => CodeText {
            title: "el id pertenece a una acción incluida, o a un tipo de nodo que no es una acción",
            fix: "elija otro id para la acción",
        },
        ErrorCode::ActionDuplicate => CodeText {
            title: "otro archivo tiene el mismo id y la misma versión",
            fix: "dé otra versión a uno de los archivos, o quítelo",
        },
        ErrorCode::LimitComponentSize => CodeText {
            title: "el componente es demasiado grande",
            fix: "optimice el tamaño del componente, o aumente el ajuste que nombra el mensaje",
        },
        ErrorCode::LimitCompileTime => CodeText {
            title: "la compilación del componente tarda demasiado",
            fix: "reduzca las funciones del componente, o aumente compile_time",
        },
        ErrorCode::ManifestSchema => CodeText {
            title: "el esquema publicado rechaza el manifiesto",
            fix: "corrija el campo que indica el puntero del mensaje; flowhost wit escribe el esquema",
        },
        ErrorCode::ManifestUnknownField => CodeText {
            title: "el manifiesto tiene un campo que este host no conoce",
            fix: "corrija el nombre del campo, o cargue el plugin en un host más nuevo",
        },
        ErrorCode::ManifestDuplicate => CodeText {
            title: "el manifiesto define dos veces un nombre",
            fix: "dé un nombre propio a cada parámetro, opción, grupo y código de error",
        },
        ErrorCode::ManifestDefault => CodeText {
            title: "un valor por defecto no tiene la forma que pide su parámetro",
            fix: "escriba el valor en la forma del tipo del parámetro, o quítelo",
        },
        ErrorCode::ManifestReference => CodeText {
            title: "el manifiesto se refiere a algo que no define",
            fix: "refiérase a un grupo, un parámetro y una opción del manifiesto, sin ciclos",
        },
        ErrorCode::ManifestText => CodeText {
            title: "a un texto del manifiesto le falta un idioma o le sobra un carácter de control",
            fix: "dé el texto en cada uno de los idiomas, sin caracteres de control",
        },
        ErrorCode::ManifestUses => CodeText {
            title: "una entrada de uses nombra una función desconocida",
            fix: "corrija la entrada; su forma es flow:outbound/dnd#blocks-campaign",
        },
        ErrorCode::ManifestUnused => CodeText { title: "una entrada de uses no se importa", fix: "quite la entrada, o llame a la función" },
        ErrorCode::ManifestMigration => CodeText {
            title: "una migración no corresponde al manifiesto",
            fix: "haga que cada migración lleve de una versión mayor a la siguiente, con parámetros y puertos del manifiesto",
        },
        ErrorCode::LimitSteps => CodeText {
            title: "el diagrama dio demasiados pasos",
            fix: "busque un ciclo en el diagrama, y dele una salida",
        },
        ErrorCode::ApplyInvalid => CodeText {
            title: "un campo del archivo de apply es incorrecto",
            fix: "corrija el campo que indica el mensaje",
        },
        ErrorCode::NodeUnknown => CodeText {
            title: "un nodo es de un tipo que este host no conoce, o un cable no lleva a ningún nodo",
            fix: "use una acción de este host, o cargue el plugin con --plugins",
        },
        ErrorCode::PortFanOut => CodeText {
            title: "un puerto está conectado a varios nodos",
            fix: "deje un solo cable, y encadene las acciones",
        },
        ErrorCode::PortUnknown => CodeText {
            title: "un cable sale de un puerto que la acción no tiene",
            fix: "quite el cable, o hágalo salir de un puerto de la acción",
        },
        ErrorCode::StartAmbiguous => CodeText {
            title: "el diagrama no tiene inicio, o tiene varios",
            fix: "agregue un nodo inject con un solo cable, o use --start",
        },
        ErrorCode::PortUnwired => CodeText {
            title: "un puerto no está conectado, y el diagrama termina ahí",
            fix: "conecte el puerto si el diagrama debe continuar",
        },
        ErrorCode::CaseInvalid => CodeText {
            title: "un archivo de casos no tiene la forma de los casos",
            fix: "corrija el archivo en la línea y el puntero que indica el mensaje",
        },
        ErrorCode::CaseNone => CodeText {
            title: "no hay ningún caso que ejecutar",
            fix: "escriba casos en la carpeta cases junto al componente, o indique sus archivos",
        },
        ErrorCode::Coverage => CodeText {
            title: "los casos no alcanzan todo lo que --require enumera",
            fix: "agregue un caso para cada elemento que indica el mensaje",
        },
        ErrorCode::NameInvalid => CodeText {
            title: "el nombre no es un id de acción",
            fix: "escriba letras minúsculas y dígitos con al menos un guion, como acme-loyalty-tier",
        },
        ErrorCode::NameReserved => CodeText {
            title: "el nombre pertenece a una acción incluida",
            fix: "elija otro nombre, por ejemplo con un prefijo propio",
        },
        ErrorCode::NameTaken => CodeText {
            title: "la carpeta del nuevo proyecto está en uso",
            fix: "elija una carpeta vacía o una nueva con --dir",
        },
        ErrorCode::ProjectInvalid => CodeText {
            title: "el flowhost.toml del proyecto falta o es incorrecto",
            fix: "corrija flowhost.toml en la línea que indica el mensaje",
        },
        ErrorCode::BuildFailed => CodeText { title: "falló la compilación del proyecto", fix: "corrija el error que imprimió el comando" },
        ErrorCode::Unauthenticated => service::UNAUTHENTICATED,
        ErrorCode::Forbidden => service::FORBIDDEN,
        ErrorCode::TenantRequired => service::TENANT_REQUIRED,
        ErrorCode::NotFound => service::NOT_FOUND,
        ErrorCode::KeyNotFound => service::KEY_NOT_FOUND,
        ErrorCode::MethodNotAllowed => service::METHOD_NOT_ALLOWED,
        ErrorCode::MediaTypeUnsupported => service::MEDIA_TYPE_UNSUPPORTED,
        ErrorCode::RequestTimeout => service::REQUEST_TIMEOUT,
        ErrorCode::FlowInvalid => service::FLOW_INVALID,
        ErrorCode::RateLimited => service::RATE_LIMITED,
        ErrorCode::StoreUnsupported => service::STORE_UNSUPPORTED,
        ErrorCode::ServiceTimeout => service::SERVICE_TIMEOUT,
        ErrorCode::Internal => service::INTERNAL,
        ErrorCode::RecordExists => CodeText {
            title: "ya existe una grabación en ese lugar",
            fix: "indique un archivo nuevo o una carpeta vacía",
        },
        ErrorCode::RecordFailed => CodeText {
            title: "no se pudo escribir la grabación",
            fix: "corrija lo que indica el mensaje, como los permisos de la carpeta o el disco lleno",
        },
        ErrorCode::RecordTooLarge => CodeText {
            title: "la grabación supera 64 MiB",
            fix: "grabe una invocación con menos llamadas al host o más pequeñas",
        },
        ErrorCode::RedactionDiverges => CodeText {
            title: "la acción se comporta distinto con los datos ocultados",
            fix: "grabe sin ocultar datos, o haga que la acción no dependa del contenido de los textos",
        },
        ErrorCode::RecordingInvalid => CodeText {
            title: "el archivo no es una grabación",
            fix: "indique un archivo completo que haya escrito flowhost",
        },
        ErrorCode::RecordingDamaged => CodeText {
            title: "la grabación cambió después de que flowhost la escribió",
            fix: "pida el archivo original",
        },
        ErrorCode::RecordingVersion => CodeText {
            title: "la grabación tiene un formato que este host no conoce",
            fix: "reprodúzcala con la versión de flowhost que la escribió",
        },
        ErrorCode::RecordingComponent => CodeText {
            title: "el componente de la grabación no está disponible",
            fix: "indique el componente con --plugin, o su carpeta con --plugins",
        },
        ErrorCode::RecordingNone => CodeText {
            title: "no hay nada que reproducir",
            fix: "indique una grabación, o una carpeta con archivos *.recording.json",
        },
        ErrorCode::MigrationMissing => migration::MIGRATION_MISSING,
        ErrorCode::MigrationFailed => migration::MIGRATION_FAILED,
        ErrorCode::MigrationLeftOver => migration::MIGRATION_LEFT_OVER,
        ErrorCode::MigrationPortLost => migration::MIGRATION_PORT_LOST,
        ErrorCode::ParameterUnknown => CodeText {
            title: "la acción no tiene este parámetro",
            fix: "corrija el nombre del parámetro, o quite el parámetro",
        },
        ErrorCode::ScheduleIgnored => CodeText {
            title: "una campaña Manual ignora la programación",
            fix: "quite la programación, o use otra campaña",
        },
        ErrorCode::ScheduleWaits => CodeText {
            title: "el registro espera el inicio de la campaña",
            fix: "deje la programación como está, o elija una hora posterior al inicio de la campaña",
        },
        ErrorCode::CategoryStillBlocks => CodeText {
            title: "la lista de la categoría aún bloquea al contacto",
            fix: "saque al contacto también de la lista de la categoría",
        },
        ErrorCode::MultipleReady => CodeText {
            title: "el contacto tiene varios registros Ready, y se actualizó el más nuevo",
            fix: "cancele los registros que no hagan falta",
        },
        ErrorCode::RecordsTruncated => CodeText {
            title: "el contacto tiene más registros de los que contiene la lista",
            fix: "cancele registros, o lístelos con flowhost records",
        },
        ErrorCode::PhoneUnusual => CodeText {
            title: "el número de teléfono es posible, pero no consta que sea válido",
            fix: "compruebe que el número no tenga un dígito equivocado",
        },
    }
}
