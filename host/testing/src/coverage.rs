//! Coverage: the parts of the manifest that the cases reach.

use crate::observation::Observation;
use flowhost_invocation::catalog::Action;
use flowhost_manifest::{Manifest, Parameter, covers};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The number of cases that reach each part of the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The ports through which a case exited.
    pub ports: BTreeMap<String, usize>,
    /// The declared error codes that a case ended with.
    pub codes: BTreeMap<String, usize>,
    /// The parameters that a case configured.
    pub parameters: BTreeMap<String, usize>,
    /// The functions of `uses` that a case called.
    pub capabilities: BTreeMap<String, usize>,
    /// The ports in the order of the manifest.
    #[serde(skip)]
    port_order: Vec<String>,
}

/// A part of the coverage that must be complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Each port is reached.
    Ports,
    /// Each declared error code is reached.
    Codes,
    /// Each parameter is configured.
    Parameters,
    /// Each function of `uses` is called.
    Capabilities,
}

impl Requirement {
    /// All requirements.
    pub const ALL: [Self; 4] = [Self::Ports, Self::Codes, Self::Parameters, Self::Capabilities];

    /// Returns the name in `--require`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ports => "ports",
            Self::Codes => "codes",
            Self::Parameters => "parameters",
            Self::Capabilities => "capabilities",
        }
    }

    /// Returns the requirement with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|requirement| requirement.as_str() == name)
    }
}

impl Coverage {
    /// Creates the coverage of an action without cases.
    pub(crate) fn new(action: &Action) -> Self {
        let manifest = &action.manifest;
        let none = |name: &String| (name.clone(), 0);
        // An entry of `uses` may be a whole interface: the functions that the component imports from it count.
        let imports = action.imports().iter().filter(|import| manifest.uses.iter().any(|entry| covers(entry, import)));
        let capabilities = imports.map(none).collect();
        let parameters = manifest.parameters.iter().map(|parameter| (parameter.name.clone(), 0)).collect();
        Self {
            ports: manifest.ports.iter().map(none).collect(),
            codes: declared_codes(manifest).into_iter().map(|code| (code, 0)).collect(),
            parameters,
            capabilities,
            port_order: manifest.ports.clone(),
        }
    }

    /// Counts a case.
    pub(crate) fn add(&mut self, manifest: &Manifest, given: &Map<String, Value>, observation: &Observation) {
        let increase = |counts: &mut BTreeMap<String, usize>, name: &str| {
            if let Some(count) = counts.get_mut(name) {
                *count += 1;
            }
        };
        if let Ok(outcome) = &observation.result {
            increase(&mut self.ports, &outcome.port);
        }
        if let Some(code) = observation.error_code() {
            increase(&mut self.codes, code);
        }
        for parameter in &manifest.parameters {
            if given.iter().any(|(name, value)| configures(parameter, name, value)) {
                increase(&mut self.parameters, &parameter.name);
            }
        }
        for (name, count) in &mut self.capabilities {
            *count += usize::from(observation.calls.contains(&name.as_str()));
        }
    }

    fn counts(&self, requirement: Requirement) -> &BTreeMap<String, usize> {
        match requirement {
            Requirement::Ports => &self.ports,
            Requirement::Codes => &self.codes,
            Requirement::Parameters => &self.parameters,
            Requirement::Capabilities => &self.capabilities,
        }
    }

    /// Returns the names that no case reaches.
    pub fn missing(&self, requirement: Requirement) -> impl Iterator<Item = &str> {
        let counts = self.counts(requirement).iter();
        counts.filter(|(_, count)| **count == 0).map(|(name, _)| name.as_str())
    }

    /// Writes the lines of the report.
    pub(crate) fn write_lines(&self, text: &mut String) {
        let ports = self.port_order.iter().map(|port| (port, self.ports.get(port).copied().unwrap_or_default()));
        write_line(text, "ports", &join(ports.map(|(port, count)| format!("{port} {count}"))));
        let codes = self.codes.iter().map(|(code, count)| format!("{code} {count}"));
        write_line(text, "codes", &if self.codes.is_empty() { "none declared".to_owned() } else { join(codes) });
        for (requirement, verb) in [(Requirement::Parameters, "given"), (Requirement::Capabilities, "called")] {
            let missing: Vec<_> = self.missing(requirement).collect();
            let all = self.counts(requirement).len();
            let rest = if missing.is_empty() { String::new() } else { format!("; never: {}", missing.join(", ")) };
            write_line(text, requirement.as_str(), &format!("{} of {all} {verb}{rest}", all - missing.len()));
        }
    }
}

/// Writes a line with its name in a column.
pub(crate) fn write_line(text: &mut String, name: &str, content: &str) {
    text.push_str(&format!("{name:<13} {content}\n"));
}

fn join(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// Returns the error codes that a manifest declares. Older formats have none.
fn declared_codes(manifest: &Manifest) -> Vec<String> {
    let manifest = serde_json::to_value(manifest).unwrap_or_default();
    let errors = manifest.get("errors").and_then(Value::as_array).into_iter().flatten();
    errors.filter_map(|error| error.get("code")?.as_str()).map(str::to_owned).collect()
}

/// Returns whether a node's property configures the parameter. An empty text counts as absent.
fn configures(parameter: &Parameter, name: &str, value: &Value) -> bool {
    let is_named =
        if parameter.per_channel.is_some() { parameter.channel_of(name).is_some() } else { parameter.name == name };
    is_named && !value.is_null() && value != ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_has_a_name() {
        for requirement in Requirement::ALL {
            assert_eq!(Requirement::from_name(requirement.as_str()), Some(requirement));
        }
        assert_eq!(Requirement::from_name("port"), None);
    }

    #[test]
    fn what_no_case_reaches_is_missing() {
        let counts = |names: &[(&str, usize)]| names.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let coverage = Coverage {
            ports: counts(&[("next", 1), ("error", 0)]),
            parameters: counts(&[("A", 2), ("B", 0)]),
            port_order: vec!["next".to_owned(), "error".to_owned()],
            ..Coverage::default()
        };
        assert_eq!(coverage.missing(Requirement::Ports).collect::<Vec<_>>(), ["error"]);
        assert_eq!(coverage.missing(Requirement::Codes).count(), 0);
        let mut text = String::new();
        coverage.write_lines(&mut text);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "ports         next 1, error 0",
                "codes         none declared",
                "parameters    1 of 2 given; never: B",
                "capabilities  0 of 0 called",
            ]
        );
    }

    #[test]
    fn an_interface_covers_its_functions() {
        assert!(covers("flow:outbound/dnd", "flow:outbound/dnd#set-campaign"));
        assert!(covers("flow:outbound/dnd#set-campaign", "flow:outbound/dnd#set-campaign"));
        assert!(!covers("flow:outbound/dn", "flow:outbound/dnd#set-campaign"));
    }
}
