//! A plugin that carries out the attack that the parameter `ATTACK` names.

mod contract;
mod cross_tenant;
mod infinite;
mod mid_write;
mod oversized;

use flow_sdk::prelude::*;

/// The attacks with their names: the choices of the parameter, and the functions.
macro_rules! attacks {
    ($($name:literal => $attack:path;)*) => {
        const ATTACKS: &[&str] = &[$($name),*];

        fn attack(name: &str) -> Option<fn() -> Result<Port, Error>> {
            match name {
                $($name => Some($attack),)*
                _ => None,
            }
        }
    };
}

attacks! {
    "infinite-loop" => infinite::infinite_loop;
    "infinite-loop-with-calls" => infinite::infinite_loop_with_calls;
    "compute-for-a-while" => infinite::compute_for_a_while;
    "recurses" => infinite::recurses;
    "waits" => infinite::waits;
    "grow-memory-in-steps" => oversized::grow_memory_in_steps;
    "allocate-at-once" => oversized::allocate_at_once;
    "reserves-memory" => oversized::reserves_memory;
    "returns-much" => oversized::returns_much;
    "sends-much-at-once" => oversized::sends_much_at_once;
    "sends-much-in-all" => oversized::sends_much_in_all;
    "calls-often" => oversized::calls_often;
    "takes-random-bytes-at-once" => oversized::takes_random_bytes_at_once;
    "takes-random-bytes-often" => oversized::takes_random_bytes_often;
    "reads-escapes-as-json" => oversized::reads_escapes_as_json;
    "sets-large-json-text" => oversized::sets_large_json_text;
    "passes-large-variables" => oversized::passes_large_variables;
    "logs-often" => oversized::logs_often;
    "logs-at-length" => oversized::logs_at_length;
    "logs-short-lines" => oversized::logs_short_lines;
    "logs-control-characters" => oversized::logs_control_characters;
    "logs-line-breaks" => oversized::logs_line_breaks;
    "forge-log-line" => contract::forge_log_line;
    "warns-often" => oversized::warns_often;
    "warns-at-length" => oversized::warns_at_length;
    "names-parameters-at-length" => oversized::names_parameters_at_length;
    "sets-many-entities" => oversized::sets_many_entities;
    "sets-a-large-value" => oversized::sets_a_large_value;
    "nests-an-expression" => oversized::nests_an_expression;
    "chains-an-expression" => oversized::chains_an_expression;
    "evaluates-often" => oversized::evaluates_often;
    "evaluates-large-texts" => oversized::evaluates_large_texts;
    "repeats-a-failure" => oversized::repeats_a_failure;
    "sets-many-nodes" => oversized::sets_many_nodes;
    "panics" => contract::panics;
    "refuses-with-an-escape" => contract::refuses_with_an_escape;
    "warns-with-an-escape" => contract::warns_with_an_escape;
    "hides-characters" => contract::hides_characters;
    "exit-through-unknown-port" => contract::exit_through_unknown_port;
    "exit-through-error" => contract::exit_through_error;
    "refuses-without-slash" => contract::refuses_without_slash;
    "refuses-with-a-fault" => contract::refuses_with_a_fault;
    "reads-undeclared-parameter" => contract::reads_undeclared_parameter;
    "sets-an-input" => contract::sets_an_input;
    "calls-undeclared-function" => contract::calls_undeclared_function;
    "sets-nan" => contract::sets_nan;
    "sets-broken-json" => contract::sets_broken_json;
    "sets-nested-json" => contract::sets_nested_json;
    "sets-a-large-integer" => contract::sets_a_large_integer;
    "sets-another-type" => contract::sets_another_type;
    "traps-while-writing" => mid_write::traps;
    "infinite-loop-while-writing" => mid_write::infinite_loop;
    "refuses-while-writing" => mid_write::refuses;
    "write-and-log" => mid_write::write_and_log;
    "reads-two" => cross_tenant::reads_two;
    "reads-anothers-contact" => cross_tenant::reads_contact;
    "blocks-anothers-contact" => cross_tenant::blocks_contact;
    "uses-anothers-campaign" => cross_tenant::uses_campaign;
    "cancels-anothers-record" => cross_tenant::cancels_record;
}

flow_sdk::parameters! {
    const ATTACK: Parameter<Choice> = Parameter::required("ATTACK")
        .title("Attack", "Ataque")
        .help("The attack to carry out.", "El ataque que se ejecuta.")
        .choices(ATTACKS);
    const FIRST: OptionalParameter<Text> = Parameter::optional("FIRST")
        .title("First id", "Primer id")
        .help("The first id that the attack uses.", "El primer id que usa el ataque.");
    const SECOND: OptionalParameter<Text> = Parameter::optional("SECOND")
        .title("Second id", "Segundo id")
        .help("The second id that the attack uses.", "El segundo id que usa el ataque.");
    const TEXTS: OptionalParameter<ExpressionList> = Parameter::optional("TEXTS")
        .title("Texts", "Textos")
        .help("Expressions to evaluate.", "Expresiones para evaluar.");
    const RESULT: Parameter<EntityOut<bool>> = Parameter::required("RESULT_ENTITY")
        .title("Entity for the result", "Entidad para el resultado")
        .help("Cleared on an error.", "Queda vacía en caso de error.");
    const STATUS: Parameter<EntityOut<String>> = Parameter::required("STATUS_ENTITY")
        .title("Entity for the status", "Entidad para el estado")
        .help("ERROR on an error.", "ERROR en caso de error.")
        .on_error(Literal::Text("ERROR"));
}

const MANIFEST: Manifest = Manifest {
    id: "hostile",
    version: env!("CARGO_PKG_VERSION"),
    category: "Test",
    title: LocalizedText { en: "Hostile", es: "Hostil" },
    description: LocalizedText { en: "Attacks the host.", es: "Ataca al host." },
    icon: "skull",
    parameters: PARAMETERS,
    ports: &[NEXT],
    errors: &[],
    uses: capabilities![
        session::depth,
        session::random_bytes,
        session::set_entity,
        expressions::evaluate,
        expressions::evaluate_with,
        contacts::name,
        contacts::upsert_session_user,
        dnd::set_campaign,
        records::cancel,
        records::save,
    ],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let name = ATTACK.get()?;
    // The host must discard these values if the attack fails.
    RESULT.set(true)?;
    STATUS.set("done")?;
    match attack(&name) {
        Some(attack) => attack(),
        None => Err(Error::new("parameter-invalid", "there is no such attack").for_parameter("ATTACK")),
    }
}

fn first() -> Result<String, Error> {
    Ok(FIRST.get()?.into_inner().unwrap_or_default())
}

fn second() -> Result<String, Error> {
    Ok(SECOND.get()?.into_inner().unwrap_or_default())
}
