//! A plugin that does whatever harm its node asks for: the parameter DEED names it.

mod contract;
mod forever;
mod much;
mod others;
mod writes;

use flow_sdk::prelude::*;

/// Every deed by its name, once for the form's choices and for the code.
macro_rules! deeds {
    ($($name:literal => $deed:path;)*) => {
        const DEEDS: &[&str] = &[$($name),*];

        fn deed(name: &str) -> Option<fn() -> Result<Port, Error>> {
            match name {
                $($name => Some($deed),)*
                _ => None,
            }
        }
    };
}

deeds! {
    "computes" => forever::computes;
    "computes-in-calls" => forever::computes_in_calls;
    "computes-a-while" => forever::computes_a_while;
    "recurses" => forever::recurses;
    "waits" => forever::waits;
    "hoards-bit-by-bit" => much::hoards_bit_by_bit;
    "hoards-at-once" => much::hoards_at_once;
    "returns-much" => much::returns_much;
    "sends-much-at-once" => much::sends_much_at_once;
    "sends-much-in-all" => much::sends_much_in_all;
    "calls-often" => much::calls_often;
    "logs-often" => much::logs_often;
    "logs-at-length" => much::logs_at_length;
    "forges-a-line" => contract::forges_a_line;
    "warns-often" => much::warns_often;
    "warns-at-length" => much::warns_at_length;
    "names-parameters-at-length" => much::names_parameters_at_length;
    "sets-many-entities" => much::sets_many_entities;
    "sets-a-large-value" => much::sets_a_large_value;
    "nests-an-expression" => much::nests_an_expression;
    "chains-an-expression" => much::chains_an_expression;
    "evaluates-often" => much::evaluates_often;
    "evaluates-large-texts" => much::evaluates_large_texts;
    "repeats-a-failure" => much::repeats_a_failure;
    "sets-many-nodes" => much::sets_many_nodes;
    "panics" => contract::panics;
    "refuses-with-an-escape" => contract::refuses_with_an_escape;
    "warns-with-an-escape" => contract::warns_with_an_escape;
    "hides-characters" => contract::hides_characters;
    "leaves-by-no-port" => contract::leaves_by_no_port;
    "leaves-by-error" => contract::leaves_by_error;
    "refuses-without-slash" => contract::refuses_without_slash;
    "refuses-with-a-fault" => contract::refuses_with_a_fault;
    "reads-what-is-undeclared" => contract::reads_what_is_undeclared;
    "sets-an-input" => contract::sets_an_input;
    "calls-what-it-does-not-use" => contract::calls_what_it_does_not_use;
    "sets-no-number" => contract::sets_no_number;
    "sets-no-json" => contract::sets_no_json;
    "sets-nested-json" => contract::sets_nested_json;
    "sets-a-large-integer" => contract::sets_a_large_integer;
    "sets-another-type" => contract::sets_another_type;
    "traps-while-writing" => writes::traps;
    "computes-while-writing" => writes::computes;
    "refuses-while-writing" => writes::refuses;
    "writes-and-tells" => writes::tells;
    "reads-two" => others::reads_two;
    "reads-anothers-contact" => others::reads_contact;
    "blocks-anothers-contact" => others::blocks_contact;
    "uses-anothers-campaign" => others::uses_campaign;
    "cancels-anothers-record" => others::cancels_record;
}

flow_sdk::parameters! {
    const DEED: Parameter<Choice> = Parameter::required("DEED")
        .title("Deed", "Acción")
        .help("What harm to do.", "Qué daño hacer.")
        .choices(DEEDS);
    const FIRST: Optional<Text> = Parameter::optional("FIRST")
        .title("First id", "Primer id")
        .help("What the deed is about.", "De qué trata la acción.");
    const SECOND: Optional<Text> = Parameter::optional("SECOND")
        .title("Second id", "Segundo id")
        .help("What else it is about.", "De qué más trata.");
    const TEXTS: Optional<ExpressionList> = Parameter::optional("TEXTS")
        .title("Texts", "Textos")
        .help("Expressions to evaluate.", "Expresiones para evaluar.");
    const RESULT: Parameter<EntityOut<bool>> = Parameter::required("RESULT_ENTITY")
        .title("Entity for the result", "Entidad para el resultado")
        .help("Cleared when it goes wrong.", "Queda vacía cuando sale mal.");
    const STATUS: Parameter<EntityOut<String>> = Parameter::required("STATUS_ENTITY")
        .title("Entity for the status", "Entidad para el estado")
        .help("ERROR when it goes wrong.", "ERROR cuando sale mal.")
        .on_error(Literal::Text("ERROR"));
}

const MANIFEST: Manifest = Manifest {
    id: "hostile",
    version: env!("CARGO_PKG_VERSION"),
    category: "Test",
    title: Words { en: "Hostile", es: "Hostil" },
    description: Words { en: "Does harm.", es: "Hace daño." },
    icon: "skull",
    parameters: PARAMETERS,
    ports: &[NEXT],
    uses: capabilities![
        session::random,
        session::set_entity,
        expressions::evaluate,
        contacts::name,
        contacts::upsert_session_user,
        dnd::set_campaign,
        records::cancel,
        records::save,
    ],
};

flow_sdk::action!(MANIFEST, run);

fn run() -> Result<Port, Error> {
    let name = DEED.get()?;
    // What must not survive a bad end.
    RESULT.set(true)?;
    STATUS.set("done")?;
    match deed(&name) {
        Some(deed) => deed(),
        None => Err(Error::new("parameter-invalid", "there is no such deed").about("DEED")),
    }
}

fn first() -> Result<String, Error> {
    Ok(FIRST.get()?.into_inner().unwrap_or_default())
}

fn second() -> Result<String, Error> {
    Ok(SECOND.get()?.into_inner().unwrap_or_default())
}
