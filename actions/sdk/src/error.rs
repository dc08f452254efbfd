//! Why an action, or the host, refuses.

pub use crate::bindings::flow::action::types::Error;

/// An argument of a host function by its name in the contract, and the parameter that its value came from.
pub(crate) type Argument<'a> = (&'a str, Option<&'a str>);

impl Error {
    /// A refusal. `code` is in `kebab-case`, and an action's own holds a slash: `acme/credit-too-low`. `message` is one
    /// sentence without a full stop that names the input and hints at the mend.
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

    /// Names the parameter that the designer has to mend.
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

    /// Where the host blames an argument, blames the parameter that the argument's value came from.
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
    fn an_argument_becomes_the_parameter_it_came_from() {
        let arguments = [("campaign", Some("CAMPAIGN_ID")), ("contact", Some("CONTACT_IDENTIFIER_ENTITY"))];
        let error = refused("contact").map_arguments(&arguments);
        assert_eq!(error.parameter.as_deref(), Some("CONTACT_IDENTIFIER_ENTITY"));
    }

    #[test]
    fn a_parameter_that_the_host_named_stays() {
        let error =
            refused("contact").for_parameter("OTHER").map_arguments(&[("contact", Some("CONTACT_IDENTIFIER_ENTITY"))]);
        assert_eq!(error.parameter.as_deref(), Some("OTHER"));
    }

    #[test]
    fn a_value_of_no_parameter_blames_none() {
        assert_eq!(refused("contact").map_arguments(&[("contact", None)]).parameter, None);
        assert_eq!(refused("limit").map_arguments(&[("contact", Some("X"))]).parameter, None);
    }
}
