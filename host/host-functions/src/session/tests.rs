//! Tests of the session and its overlay.

#![allow(clippy::unwrap_used)]
use super::*;

fn state(entities: usize) -> (SessionOverlay, Limits) {
    let mut session = Session::new("acme", "whatsapp", "56987654321");
    session.entities.insert("name".to_owned(), Json::from("Ana"));
    session.entities.insert("nothing".to_owned(), Json::Null);
    let mut limits = Limits::default();
    limits.entities = entities;
    (SessionOverlay::new(Arc::new(session), DateTime::UNIX_EPOCH, SeededRng::seed_from_u64(1)), limits)
}

#[test]
fn a_null_is_an_entity_that_is_not_set() {
    let (state, _) = state(10);
    assert_eq!(state.entity("nothing"), None);
    assert_eq!(state.names().collect::<Vec<_>>(), ["name"]);
}

#[test]
fn writes_override_the_given_session() {
    let (mut state, limits) = state(10);
    state.write("name".to_owned(), None, &limits).unwrap();
    state.write("other".to_owned(), Some(Json::from(1)), &limits).unwrap();
    assert_eq!(state.entity("name"), None);
    assert_eq!(state.names().collect::<Vec<_>>(), ["other"]);
}

#[test]
fn only_new_names_count_against_the_limit() {
    let (mut state, limits) = state(3);
    state.write("name".to_owned(), None, &limits).unwrap();
    state.write("third".to_owned(), None, &limits).unwrap();
    assert_eq!(state.write("fourth".to_owned(), None, &limits).unwrap_err().0, "limit-entities");
}

#[test]
fn a_repeated_name_or_a_large_integer_has_its_position() {
    let json = |entities: &str| {
        format!(
            "{{\"tenant\":\"acme\",\"channel\":\"c\",\"user\":\"u\",\"seed\":{},\n\"entities\":{entities}}}",
            u64::MAX
        )
    };
    for (entities, position) in [
        (r#"{"a":{"b":1,"b":2}}"#, Some((2, 24))),
        (r#"{"a":1,"a":1}"#, Some((2, 19))),
        (r#"{"a":[18446744073709551616]}"#, Some((2, 18))),
        (r#"{"a":9223372036854775807,"b":1e30}"#, None),
    ] {
        let error = Session::from_json(&json(entities)).err();
        assert_eq!(error.and_then(|error| error.position()), position, "{entities}");
    }
}
