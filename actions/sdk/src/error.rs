//! Errors of actions and of host functions.

pub use crate::bindings::flow::action::types::Error;

/// The name of a host function's argument in the contract, and the parameter of its value.
pub(crate) type Argument<'a> = (&'a str, Option<&'a str>);

impl Error {
    /// An error. `code` is in `kebab-case`; an action's own code contains a slash: `acme/credit-too-low`. `message` is
    /// one sentence without a full stop that names the input and suggests the fix.
    ///
    /// ```
    /// use flow_sdk::Error;
    ///
    /// let error = Error::new("acme/credit-too-low", "the credit of 12 is below the minimum of 50").for_parameter("CREDIT_ENTITY");
    /// assert_eq!(error.parameter.as_deref(), Some("CREDIT_ENTITY"));
    /// ```
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), parameter: None, details: Vec::new() }
    }

    /// Sets the parameter that the designer has to correct.
    #[must_use]
    pub fn for_parameter(mut self, parameter: impl Into<String>) -> Self {
        self.parameter = Some(parameter.into());
        self
    }

    /// Adds a detail for programs.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.details.push((name.into(), value.into()));
        self
    }

    /// A detail by its name.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.details.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// Sets the parameter of an error to the one of the argument that the host names.
    #[cold]
    #[inline(never)]
    pub(crate) fn map_arguments(self, arguments: &[Argument<'_>]) -> Self {
        if self.parameter.is_some() {
            return self;
        }
        let Some(argument) = self.detail("argument") else {
            return self;
        };
        let parameter = arguments.iter().find(|(name, _)| *name == argument).and_then(|(_, parameter)| *parameter);
        match parameter.map(str::to_owned) {
            Some(parameter) => self.for_parameter(parameter),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(argument: &str) -> Error {
        Error::new("contact-not-found", "no such contact").with("argument", argument)
    }

    #[test]
    fn an_argument_is_mapped_to_its_parameter() {
        let arguments = [("campaign", Some("CAMPAIGN_ID")), ("contact", Some("CONTACT_IDENTIFIER_ENTITY"))];
        let error = refused("contact").map_arguments(&arguments);
        assert_eq!(error.parameter.as_deref(), Some("CONTACT_IDENTIFIER_ENTITY"));
    }

    #[test]
    fn a_parameter_that_the_host_named_is_kept() {
        let error =
            refused("contact").for_parameter("OTHER").map_arguments(&[("contact", Some("CONTACT_IDENTIFIER_ENTITY"))]);
        assert_eq!(error.parameter.as_deref(), Some("OTHER"));
    }

    #[test]
    fn an_argument_without_a_parameter_sets_none() {
        assert_eq!(refused("contact").map_arguments(&[("contact", None)]).parameter, None);
        assert_eq!(refused("limit").map_arguments(&[("contact", Some("X"))]).parameter, None);
    }
}
