//! Tests of a flow without a host: its structure, the targets of its wires, its start.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::file::FlowFile;
use super::graph::{FlowGraph, NodeRole};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn flow(nodes: Json) -> FlowFile {
    FlowFile::parse(&nodes.to_string()).unwrap()
}

fn action(id: &str, wires: Json) -> Json {
    json!({ "id": id, "type": "an-action", "wires": wires })
}

fn starts(nodes: Json) -> Vec<String> {
    let flow = flow(nodes);
    FlowGraph::new(&flow).start_candidates().into_iter().map(|index| flow.nodes[index].id.clone()).collect()
}

/// Returns the targets of the first node's first port.
fn targets(nodes: Json) -> (Vec<String>, Vec<String>, bool) {
    let flow = flow(nodes);
    let targets = FlowGraph::new(&flow).follow(&flow.nodes[0].wires[0]);
    (targets.actions.into_iter().map(|index| flow.nodes[index].id.clone()).collect(), targets.unknown, targets.disabled)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn an_invalid_flow_is_refused_with_its_position() {
    for (text, expected) in [
        ("[{\"id\":\"n1\",}]", "line 1 column 13"),
        ("{}", "not a list of nodes"),
        ("[1]", "[0] is not an object"),
        ("[{\"id\":\"n1\",\"type\":\"a\"},{\"type\":\"a\"}]", "[1] has no `id`"),
        ("[{\"id\":7,\"type\":\"a\"}]", "[0] has a `id`"),
        ("[{\"id\":\"n1\"}]", "[0] has no `type`"),
        ("[{\"id\":\"n1\",\"type\":\"a\",\"wires\":[\"n2\"]}]", "[0] has `wires`"),
        ("[{\"id\":\"n1\",\"type\":\"a\",\"name\":1}]", "[0] has a `name`"),
        ("[{\"id\":\"n1\",\"type\":\"a\"},{\"id\":\"n1\",\"type\":\"b\"}]", "have the id \"n1\""),
    ] {
        let message = FlowFile::parse(text).unwrap_err().message;
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn sizes_are_bounded() {
    let many: Vec<_> = (0..10_001).map(|index| action(&index.to_string(), json!([]))).collect();
    assert!(FlowFile::parse(&Json::from(many).to_string()).unwrap_err().message.contains("10001 nodes"));
    let wires = vec!["x"; 20_001];
    assert!(FlowFile::parse(&json!([action("n1", json!([wires]))]).to_string()).unwrap_err().message.contains("wires"));
    assert!(FlowFile::parse(&"[".repeat(100_000)).is_err());
}

#[test]
fn an_editor_property_is_not_a_parameter() {
    let flow = flow(
        json!([{ "id": "n1", "type": "a", "name": "", "x": 1, "z": "t", "info": "…", "wires": [[]], "A_B": 1, "X": 2 }]),
    );
    let node = &flow.nodes[0];
    assert_eq!(node.properties.keys().collect::<Vec<_>>(), ["A_B", "X"]);
    assert_eq!(node.name, None);
}

#[test]
fn wires_go_through_junctions_and_past_debug_nodes() {
    let nodes = json!([
        action("n1", json!([["j1", "d"]])),
        { "id": "j1", "type": "junction", "wires": [["j2", "n2"]] },
        { "id": "j2", "type": "junction", "wires": [["n2", "j1"]] },
        { "id": "d", "type": "debug", "wires": [] },
        action("n2", json!([])),
    ]);
    assert_eq!(targets(nodes), (names(&["n2"]), vec![], false));
}

#[test]
fn disabled_nodes_are_absent() {
    let nodes = json!([
        action("n1", json!([["n2", "n3", "nowhere"]])),
        { "id": "n2", "type": "an-action", "d": true, "wires": [] },
        { "id": "n3", "type": "an-action", "z": "t", "wires": [] },
        { "id": "t", "type": "tab", "disabled": true },
    ]);
    assert_eq!(targets(nodes), (vec![], names(&["nowhere"]), true));
}

#[test]
fn a_port_wired_to_several_nodes_has_several_targets() {
    let nodes = json!([action("n1", json!([["n2", "n3"]])), action("n2", json!([])), action("n3", json!([]))]);
    assert_eq!(targets(nodes).0, names(&["n2", "n3"]));
}

#[test]
fn the_start_follows_the_inject_node() {
    let inject = json!({ "id": "i", "type": "inject", "wires": [["j"]] });
    let junction = json!({ "id": "j", "type": "junction", "wires": [["n2"]] });
    let nodes = json!([action("n1", json!([["n2"]])), action("n2", json!([["n1"]])), inject, junction]);
    assert_eq!(starts(nodes), ["n2"]);
}

#[test]
fn without_an_inject_node_the_start_has_no_predecessor() {
    assert_eq!(starts(json!([action("n2", json!([[]])), action("n1", json!([["n2"]]))])), ["n1"]);
    let several = json!([action("n1", json!([["n3"]])), action("n2", json!([["n3"]])), action("n3", json!([]))]);
    assert_eq!(starts(several), ["n1", "n2"]);
    assert_eq!(starts(json!([action("n1", json!([["n2"]])), action("n2", json!([["n1"]]))])), Vec::<String>::new());
    let disabled = json!({ "id": "i", "type": "inject", "d": true, "wires": [["n2"]] });
    assert_eq!(starts(json!([disabled, action("n1", json!([["n2"]])), action("n2", json!([]))])), ["n1"]);
}

#[test]
fn a_node_is_named_by_id_before_name() {
    let flow = flow(json!([{ "id": "n1", "type": "a", "name": "n2" }, { "id": "n2", "type": "a", "name": "Ana" }]));
    let graph = FlowGraph::new(&flow);
    let named = |id_or_name| graph.find_nodes(id_or_name).into_iter().map(|(index, _)| index).collect::<Vec<_>>();
    assert_eq!((named("n2"), named("Ana"), named("x")), (vec![1], vec![1], vec![]));
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "\\PC{0,200}") {
        FlowFile::parse(&text).ok();
    }

    #[test]
    fn following_wires_always_terminates(
        kinds in proptest::collection::vec(0..4_usize, 1..20),
        wires in proptest::collection::vec((0..20_usize, 0..22_usize), 0..60),
    ) {
        let nodes: Vec<_> = kinds.iter().enumerate().map(|(index, kind)| {
            let of_this = wires.iter().filter(|(from, _)| *from == index).map(|(_, to)| to.to_string());
            let kind = ["inject", "junction", "debug", "an-action"][*kind];
            json!({ "id": index.to_string(), "type": kind, "wires": [of_this.collect::<Vec<_>>()] })
        }).collect();
        let flow = flow(Json::from(nodes));
        let graph = FlowGraph::new(&flow);
        for (index, _) in graph.nodes(NodeRole::Action) {
            let targets = graph.follow(flow.nodes[index].wires.iter().flatten());
            prop_assert!(targets.actions.iter().all(|index| NodeRole::from_node(&flow.nodes[*index]) == NodeRole::Action));
        }
        graph.start_candidates();
    }
}
