//! The English texts of the codes.

use crate::ErrorCode;
use crate::code::{CodeText, code_texts};
use crate::code_english_migration as migration;
use crate::code_english_service as service;

code_texts! {
    English {
        ErrorCode::ParameterMissing => CodeText {
            title: "a required parameter has no value",
            fix: "fill in the parameter, or give its expression a value in every case",
        },
        ErrorCode::ParameterInvalid => CodeText {
            title: "a value does not have the form of its parameter",
            fix: "write the value in the form that the message names",
        },
        ErrorCode::ExpressionSyntax => CodeText {
            title: "an expression does not parse",
            fix: "correct the expression at the position in the message; text needs quotes, as in \"Ana\"",
        },
        ErrorCode::ExpressionType => CodeText {
            title: "the expression's result has the wrong type",
            fix: "convert the result, for example with string(…), int(…) or formatDate(…)",
        },
        ErrorCode::ExpressionFailed => CodeText {
            title: "the evaluation of an expression fails",
            fix: "correct the expression, or test its operands first, as in n > 0 ? total / n : 0",
        },
        ErrorCode::ExpressionTooLarge => CodeText {
            title: "an expression exceeds a limit",
            fix: "make the expression smaller, or compute its value before the flow",
        },
        ErrorCode::EntityNotSet => CodeText {
            title: "an entity that is read has no value",
            fix: "set it earlier in the flow, or read it with entities.?name.orValue(…)",
        },
        ErrorCode::EntityType => CodeText {
            title: "an entity has a value of the wrong type",
            fix: "use an entity whose value has the type that the message names",
        },
        ErrorCode::TenantNotFound => CodeText {
            title: "the session's tenant does not exist",
            fix: "apply the tenant first, or correct the tenant of the session",
        },
        ErrorCode::CampaignNotFound => CodeText {
            title: "the session's tenant does not have this campaign",
            fix: "select a campaign of the tenant by its id",
        },
        ErrorCode::CategoryNotFound => CodeText {
            title: "no campaign of the session's tenant has this category",
            fix: "use the category of a campaign, with the same spelling",
        },
        ErrorCode::ContactNotFound => CodeText {
            title: "the session's tenant does not have this contact",
            fix: "place a contact manager before this action, and name the entity that it writes",
        },
        ErrorCode::RecordNotFound => CodeText {
            title: "the contact does not have this campaign record",
            fix: "use the id of one of the contact's records, as an earlier action returned it",
        },
        ErrorCode::ChannelNotEnabled => CodeText {
            title: "the tenant has not enabled the channel",
            fix: "use an enabled channel, or add this one to the tenant's channels",
        },
        ErrorCode::ChannelCannotSend => CodeText {
            title: "the tenant cannot send first in the contact's channel",
            fix: "make the record internal, or use the contact's address in another channel",
        },
        ErrorCode::ChannelNotConfigured => CodeText {
            title: "the record has nothing to send in the contact's channel",
            fix: "give a template for WhatsApp, or a message expression for another channel",
        },
        ErrorCode::CampaignTypeChannel => CodeText {
            title: "the type of the campaign does not support the channel",
            fix: "use a campaign of type simple, or leave the template out",
        },
        ErrorCode::PhoneInvalid => CodeText {
            title: "not a valid phone number",
            fix: "write all digits with the area code, or begin with + and the country code",
        },
        ErrorCode::IdentifierInvalid => CodeText {
            title: "not a valid identifier in the channel",
            fix: "give one identifier that is not empty for each channel",
        },
        ErrorCode::AmbiguousContact => CodeText {
            title: "the addresses belong to several contacts",
            fix: "use one of the contacts that the message names",
        },
        ErrorCode::ValueTooLarge => CodeText {
            title: "a name, an identifier, a message or data exceeds its limit",
            fix: "shorten the value to the limit that the message names",
        },
        ErrorCode::LimitValueSize => CodeText {
            title: "a value that the action writes is too large",
            fix: "write a shorter value, or fewer entities",
        },
        ErrorCode::LimitEntities => CodeText {
            title: "the action writes too many entities, or one whose name is empty or too long",
            fix: "write fewer entities, for example one list, and give them short names",
        },
        ErrorCode::ScheduleInvalid => CodeText {
            title: "not a date and time",
            fix: "write dd/MM/yyyy HH:mm:ss, or RFC 3339 with an offset",
        },
        ErrorCode::ScheduleInThePast => CodeText {
            title: "the scheduled time has passed",
            fix: "compute a later time from now, or leave the schedule empty",
        },
        ErrorCode::ScheduleOutOfRange => CodeText {
            title: "the scheduled time is after the end or the validity of the campaign",
            fix: "schedule an earlier time, or extend the campaign",
        },
        ErrorCode::CampaignExpired => CodeText {
            title: "the validity of the campaign has passed",
            fix: "select another campaign, or extend valid_until",
        },
        ErrorCode::CampaignEnded => CodeText {
            title: "the campaign has ended",
            fix: "select another campaign, or extend ends_at",
        },
        ErrorCode::ContactInDnd => CodeText {
            title: "the contact is on a do-not-disturb list",
            fix: "wire the port error, remove the contact from the list, or set ALLOW_DND_CONTACT",
        },
        ErrorCode::InternalDepth => CodeText {
            title: "a chain of internal records is too long",
            fix: "look for the flow that starts itself, and end the chain",
        },
        ErrorCode::PluginTrap => CodeText {
            title: "the plugin stopped with an error of its own",
            fix: "read the log, and report the error to the author of the plugin",
        },
        ErrorCode::PluginContract => CodeText {
            title: "the plugin broke the contract",
            fix: "report the message to the author of the plugin, who has to correct the plugin or its manifest",
        },
        ErrorCode::LimitMemory => CodeText {
            title: "the plugin used too much memory",
            fix: "process less data at once, or raise memory_bytes",
        },
        ErrorCode::LimitCpu => CodeText {
            title: "the plugin used too much CPU time",
            fix: "process less data at once, or raise cpu_time",
        },
        ErrorCode::LimitDeadline => CodeText {
            title: "the run took too long, waiting included",
            fix: "remove waits from the plugin, or raise invocation_timeout",
        },
        ErrorCode::LimitHostCalls => CodeText {
            title: "the plugin made too many host calls",
            fix: "process less data at once, or raise host_calls",
        },
        ErrorCode::LimitHostBytes => CodeText {
            title: "the plugin passed too many bytes through host calls",
            fix: "pass less data, or raise host_call_bytes",
        },
        ErrorCode::LimitStack => CodeText {
            title: "the recursion of the plugin is too deep",
            fix: "use a loop instead of recursion in the plugin, or raise stack_bytes",
        },
        ErrorCode::LimitTables => CodeText {
            title: "the plugin has too many tables, table elements, instances or resources",
            fix: "reduce them in the plugin, or raise tables, core_instances or table_elements",
        },
        ErrorCode::ActionNotFound => CodeText {
            title: "no action has this id or version",
            fix: "use an id and a version that flowhost actions lists",
        },
        ErrorCode::RequestInvalid => CodeText {
            title: "the request is malformed",
            fix: "correct the JSON that the message names; an idempotency key needs a session with an id",
        },
        ErrorCode::RequestTooLarge => CodeText {
            title: "the session and the parameters are too large",
            fix: "shorten the entities of the session, or the parameters of the node",
        },
        ErrorCode::SessionInvalid => CodeText {
            title: "the session is malformed",
            fix: "correct the field of the session that the message names",
        },
        ErrorCode::KeyReused => CodeText {
            title: "the idempotency key was used for another request",
            fix: "use a new key or, for run, another id of the session",
        },
        ErrorCode::StoreUnavailable => CodeText {
            title: "the store cannot be reached or cannot be used",
            fix: "send the same request again if retryable is true; otherwise restore the store from a copy",
        },
        ErrorCode::StoreConflict => CodeText {
            title: "the data changed concurrently and all retries were used",
            fix: "send the same request again, with the same idempotency key",
        },
        ErrorCode::Overloaded => CodeText {
            title: "the host or the tenant has too much work at once",
            fix: "send the same request again later, or send fewer requests at once",
        },
        ErrorCode::StoreReadOnly => CodeText {
            title: "the store cannot be written",
            fix: "give the process write access to the file of the store and to its folder",
        },
        ErrorCode::StoreFull => CodeText {
            title: "the store's disk or quota is full",
            fix: "free some space, and send the same request again",
        },
        ErrorCode::StoreNewer => CodeText {
            title: "a newer release wrote the store",
            fix: "use the newer release, or another store",
        },
        ErrorCode::Quota => CodeText {
            title: "the tenant would exceed its quota of campaigns or of stored bytes",
            fix: "raise the quota, remove campaigns, or wait until idempotency keys expire",
        },
        ErrorCode::ComponentInvalid => CodeText {
            title: "not a WebAssembly component, or truncated",
            fix: "build the component again, or turn a core module into one with flowhost pack",
        },
        ErrorCode::ComponentContract => CodeText {
            title: "the component has another world, or imports something that this host does not export",
            fix: "build the component against the contract that flowhost wit writes",
        },
        ErrorCode::ActionReserved => CodeText {
            title: "the id belongs to a shipped action, or to a node type that is not an action",
            fix: "choose another id for the action",
        },
        ErrorCode::ActionDuplicate => CodeText {
            title: "another file has the same id and version",
            fix: "give one of the files another version, or remove it",
        },
        ErrorCode::LimitComponentSize => CodeText {
            title: "the component is too large",
            fix: "optimise the component for size, or raise the setting that the message names",
        },
        ErrorCode::LimitCompileTime => CodeText {
            title: "the compilation of the component takes too long",
            fix: "make the functions of the component smaller, or raise compile_time",
        },
        ErrorCode::ManifestSchema => CodeText {
            title: "the published schema rejects the manifest",
            fix: "correct the field at the pointer in the message; flowhost wit writes the schema",
        },
        ErrorCode::ManifestUnknownField => CodeText {
            title: "the manifest has a field that this host does not know",
            fix: "correct the name of the field, or load the plugin in a newer host",
        },
        ErrorCode::ManifestDuplicate => CodeText {
            title: "the manifest defines a name twice",
            fix: "give each parameter, choice, group and error code a name of its own",
        },
        ErrorCode::ManifestDefault => CodeText {
            title: "a default does not have the form of its parameter",
            fix: "write the default in the form of the parameter's kind, or remove it",
        },
        ErrorCode::ManifestReference => CodeText {
            title: "the manifest refers to something that it does not define",
            fix: "refer to a group, a parameter and a choice of the manifest, without a cycle",
        },
        ErrorCode::ManifestText => CodeText {
            title: "a text of the manifest lacks a language or has a control character",
            fix: "give the text in each of the locales, without control characters",
        },
        ErrorCode::ManifestUses => CodeText {
            title: "an entry of uses names an unknown function",
            fix: "correct the entry; it needs the form flow:outbound/dnd#blocks-campaign",
        },
        ErrorCode::ManifestUnused => CodeText { title: "an entry of uses is not imported", fix: "remove the entry, or call the function" },
        ErrorCode::ManifestMigration => CodeText {
            title: "a migration does not fit the manifest",
            fix: "let each migration lead from one major version to the next, with parameters and ports of the manifest",
        },
        ErrorCode::LimitSteps => CodeText { title: "the flow took too many steps", fix: "look for a loop in the flow, and give it an exit" },
        ErrorCode::ApplyInvalid => CodeText { title: "a field of the apply file is wrong", fix: "correct the field that the message names" },
        ErrorCode::NodeUnknown => CodeText {
            title: "a node has a type that this host does not know, or a wire leads to no node",
            fix: "use an action of this host, or load the plugin with --plugins",
        },
        ErrorCode::PortFanOut => CodeText {
            title: "a port is wired to several nodes",
            fix: "leave one wire, and chain the actions",
        },
        ErrorCode::PortUnknown => CodeText {
            title: "a wire starts from a port that the action does not have",
            fix: "remove the wire, or start it from a port of the action",
        },
        ErrorCode::StartAmbiguous => CodeText {
            title: "the flow has no start, or several",
            fix: "add an inject node with one wire, or use --start",
        },
        ErrorCode::PortUnwired => CodeText {
            title: "a port is not wired, and the flow ends there",
            fix: "wire the port if the flow has to continue",
        },
        ErrorCode::CaseInvalid => CodeText {
            title: "a file of cases does not have the form of cases",
            fix: "correct the file at the line and the pointer that the message names",
        },
        ErrorCode::CaseNone => CodeText {
            title: "there is no case to run",
            fix: "write cases to the folder cases beside the component, or name their files",
        },
        ErrorCode::Coverage => CodeText {
            title: "the cases do not reach everything that --require lists",
            fix: "add a case for each item that the message names",
        },
        ErrorCode::NameInvalid => CodeText {
            title: "the name is not an id of an action",
            fix: "write small letters and digits with at least one hyphen, such as acme-loyalty-tier",
        },
        ErrorCode::NameReserved => CodeText {
            title: "the name belongs to a shipped action",
            fix: "choose another name, such as one with your own prefix",
        },
        ErrorCode::NameTaken => CodeText {
            title: "the folder of the new project is in use",
            fix: "choose an empty folder or a new one with --dir",
        },
        ErrorCode::ProjectInvalid => CodeText {
            title: "the project's flowhost.toml is missing or wrong",
            fix: "correct flowhost.toml at the line that the message names",
        },
        ErrorCode::BuildFailed => CodeText { title: "the build of the project failed", fix: "correct the error that the command printed" },
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
            title: "a recording exists there already",
            fix: "give a new file, or an empty folder",
        },
        ErrorCode::RecordFailed => CodeText {
            title: "the recording could not be written",
            fix: "correct what the message names, such as the folder's permissions or the full disk",
        },
        ErrorCode::RecordTooLarge => CodeText {
            title: "the recording exceeds 64 MiB",
            fix: "record an invocation that makes fewer or smaller host calls",
        },
        ErrorCode::RedactionDiverges => CodeText {
            title: "the action runs differently on redacted data",
            fix: "record without redaction, or make the action independent of the text's content",
        },
        ErrorCode::RecordingInvalid => CodeText {
            title: "the file is not a recording",
            fix: "give a complete file that flowhost wrote",
        },
        ErrorCode::RecordingDamaged => CodeText {
            title: "the recording was changed after flowhost wrote it",
            fix: "ask for the original file",
        },
        ErrorCode::RecordingVersion => CodeText {
            title: "the recording has a format that this host does not know",
            fix: "replay it with the version of flowhost that wrote it",
        },
        ErrorCode::RecordingComponent => CodeText {
            title: "the component of the recording is not available",
            fix: "give the component with --plugin, or its folder with --plugins",
        },
        ErrorCode::RecordingNone => CodeText {
            title: "there is nothing to replay",
            fix: "give a recording, or a folder with files *.recording.json",
        },
        ErrorCode::MigrationMissing => migration::MIGRATION_MISSING,
        ErrorCode::MigrationFailed => migration::MIGRATION_FAILED,
        ErrorCode::MigrationLeftOver => migration::MIGRATION_LEFT_OVER,
        ErrorCode::MigrationPortLost => migration::MIGRATION_PORT_LOST,
        ErrorCode::ParameterUnknown => CodeText {
            title: "the action does not have this parameter",
            fix: "correct the name of the parameter, or remove the parameter",
        },
        ErrorCode::ScheduleIgnored => CodeText {
            title: "a Manual campaign ignores the schedule",
            fix: "remove the schedule, or use another campaign",
        },
        ErrorCode::ScheduleWaits => CodeText {
            title: "the record waits for the start of the campaign",
            fix: "leave the schedule as it is, or choose a time after the start of the campaign",
        },
        ErrorCode::CategoryStillBlocks => CodeText {
            title: "the category's list still blocks the contact",
            fix: "remove the contact from the list of the category, too",
        },
        ErrorCode::MultipleReady => CodeText {
            title: "the contact has several Ready records, and the newest was updated",
            fix: "cancel the records that are not needed",
        },
        ErrorCode::RecordsTruncated => CodeText {
            title: "the contact has more records than the list contains",
            fix: "cancel records, or list them with flowhost records",
        },
        ErrorCode::PhoneUnusual => CodeText {
            title: "the phone number is possible, but not known to be valid",
            fix: "check the number for a wrong digit",
        },
    }
}
