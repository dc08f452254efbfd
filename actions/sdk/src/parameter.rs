//! Declarations of parameters, for the manifest and for the code that reads them.

use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::imports::parameters;
use crate::kind::{EntityOut, Kind, ReadableKind};
use crate::manifest::{Condition, Declaration, Example, Group, Literal, LocalizedText};
use crate::value::EntityType;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A parameter of kind `K`. `A` is [`Required`], [`Optional`] or [`PerChannel`], and determines the result of `get`.
///
/// ```
/// use flow_sdk::prelude::*;
///
/// const CREDIT: Parameter<EntityIn<i64>> = Parameter::required("CREDIT_ENTITY")
///     .title("Credit", "Crédito")
///     .help("The entity that holds the customer's credit.", "La entidad que contiene el crédito del cliente.");
///
/// const STRICT: Parameter<Boolean> = Parameter::with_default("STRICT", Literal::Boolean(false))
///     .title("Strict", "Estricto")
///     .help("Refuse customers without credit.", "Rechazar a clientes sin crédito.");
/// # assert_eq!((CREDIT.name(), STRICT.name()), ("CREDIT_ENTITY", "STRICT"));
/// ```
#[derive(Debug)]
pub struct Parameter<K, A = Required> {
    declaration: Declaration,
    kind: PhantomData<fn() -> (K, A)>,
}

/// A parameter that the designer may leave empty.
pub type OptionalParameter<K> = Parameter<K, Optional>;

/// A parameter that repeats for each of the tenant's channels. Its name contains `<CHANNEL>`.
pub type PerChannelParameter<K> = Parameter<K, PerChannel>;

/// The parameter always has a value: it is required, or it has a default.
#[derive(Debug)]
pub enum Required {}

/// The parameter may have a value.
#[derive(Debug)]
pub enum Optional {}

/// The parameter may have a value for each channel.
#[derive(Debug)]
pub enum PerChannel {}

impl<K: Kind, A> Parameter<K, A> {
    const fn declare(name: &'static str) -> Self {
        Self { declaration: Declaration::new(name, K::NAME, K::TYPE, K::REFERS_TO), kind: PhantomData }
    }

    const fn change(declaration: Declaration) -> Self {
        Self { declaration, kind: PhantomData }
    }

    /// The parameter's name in saved flows.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.declaration.name
    }

    /// The parameter's description in the manifest.
    #[must_use]
    pub const fn declaration(&self) -> Declaration {
        self.declaration
    }

    /// Sets the label in the form, in English and Spanish.
    #[must_use]
    pub const fn title(self, en: &'static str, es: &'static str) -> Self {
        Self::change(Declaration { title: LocalizedText { en, es }, ..self.declaration })
    }

    /// Sets the help in the form, in English and Spanish: the purpose, and an example if it helps.
    #[must_use]
    pub const fn help(self, en: &'static str, es: &'static str) -> Self {
        Self::change(Declaration { help: LocalizedText { en, es }, ..self.declaration })
    }

    /// Sets the example that the form shows in the empty control, in English and Spanish.
    #[must_use]
    pub const fn placeholder(self, en: &'static str, es: &'static str) -> Self {
        Self::change(Declaration { placeholder: Some(LocalizedText { en, es }), ..self.declaration })
    }

    /// Sets the values that the form offers, at most 10.
    #[must_use]
    pub const fn examples(self, examples: &'static [Example]) -> Self {
        Self::change(Declaration { examples, ..self.declaration })
    }

    /// Sets the section of the form.
    #[must_use]
    pub const fn group(self, group: &'static Group) -> Self {
        Self::change(Declaration { group: Some(group), ..self.declaration })
    }

    /// Makes the parameter required if the condition holds.
    #[must_use]
    pub const fn required_when(self, condition: Condition) -> Self {
        Self::change(Declaration { required_when: Some(condition), ..self.declaration })
    }

    /// Makes the form show the parameter only if the condition holds.
    #[must_use]
    pub const fn shown_when(self, condition: Condition) -> Self {
        Self::change(Declaration { shown_when: Some(condition), ..self.declaration })
    }

    /// Sets the values of a choice.
    #[must_use]
    pub const fn choices(self, choices: &'static [&'static str]) -> Self {
        Self::change(Declaration { choices, ..self.declaration })
    }
}

impl<K: Kind> Parameter<K, Required> {
    /// A parameter that the designer must give.
    #[must_use]
    pub const fn required(name: &'static str) -> Self {
        Self::change(Declaration { required: true, ..Self::declare(name).declaration })
    }

    /// A parameter with a default, used if the designer gives no value.
    #[must_use]
    pub const fn with_default(name: &'static str, default: Literal) -> Self {
        Self::change(Declaration { default: Some(default), ..Self::declare(name).declaration })
    }
}

impl<K: Kind> Parameter<K, Optional> {
    /// A parameter that the designer may leave empty.
    #[must_use]
    pub const fn optional(name: &'static str) -> Self {
        Self::declare(name)
    }
}

impl<K: Kind> Parameter<K, PerChannel> {
    /// One parameter for each of the tenant's channels, all optional. `name` contains `<CHANNEL>`, the placeholder for
    /// the channel in capitals with `_` for `-`.
    #[must_use]
    pub const fn per_channel(name: &'static str) -> Self {
        Self::change(Declaration { per_channel: Some(&[]), ..Self::declare(name).declaration })
    }

    /// Excludes these channels.
    #[must_use]
    pub const fn except(self, channels: &'static [&'static str]) -> Self {
        Self::change(Declaration { per_channel: Some(channels), ..self.declaration })
    }
}

impl<K: ReadableKind> Parameter<K, Required> {
    /// Returns the value. The host evaluates an expression at the first call.
    ///
    /// # Errors
    /// The host's error for the parameter: `parameter-missing`, `expression-type`, `entity-not-set`, ...
    pub fn get(&self) -> Result<FromParameter<K::Value>, Error> {
        let name = self.declaration.name;
        match read(name)? {
            Some(value) => Ok(FromParameter::new(value, Cow::Borrowed(name))),
            None => Err(read_error("parameter-missing", name, " is required, but it has no value")),
        }
    }
}

impl<K: ReadableKind> Parameter<K, Optional> {
    /// Returns the value, if there is one. The result has the name of the parameter in both cases.
    ///
    /// # Errors
    /// The host's error for the parameter: `expression-type`, `entity-not-set`, ...
    pub fn get(&self) -> Result<FromParameter<Option<K::Value>>, Error> {
        let name = self.declaration.name;
        Ok(FromParameter::new(read(name)?, Cow::Borrowed(name)))
    }
}

impl<K: ReadableKind> Parameter<K, PerChannel> {
    /// Returns the value for `channel`, if there is one.
    ///
    /// # Errors
    /// The host's error for the parameter: `expression-type`, `entity-not-set`, ...
    pub fn get(&self, channel: &str) -> Result<FromParameter<Option<K::Value>>, Error> {
        if self.declaration.per_channel.is_some_and(|except| except.contains(&channel)) {
            return Ok(FromParameter::default());
        }
        let name = for_channel(self.declaration.name, channel);
        Ok(FromParameter::new(read(&name)?, Cow::Owned(name)))
    }
}

impl<T: EntityType, A> Parameter<EntityOut<T>, A> {
    /// Sets the entity that the parameter names. The value becomes visible if the action succeeds.
    ///
    /// # Errors
    /// `limit-value-size`, `limit-entities`, `entity-type`.
    pub fn set(&self, value: impl Into<T>) -> Result<(), Error> {
        parameters::set(self.declaration.name, Some(&value.into().into_value()))
    }

    /// Clears the entity that the parameter names. The host also clears an entity that the action does not set.
    ///
    /// # Errors
    /// None for a declared parameter.
    pub fn clear(&self) -> Result<(), Error> {
        parameters::set(self.declaration.name, None)
    }

    /// Sets the value of the entity after an error. Without it, the host clears the entity.
    #[must_use]
    pub const fn on_error(self, value: Literal) -> Self {
        Self { declaration: Declaration { on_error: Some(value), ..self.declaration }, kind: PhantomData }
    }
}

fn read<T: EntityType>(name: &str) -> Result<Option<T>, Error> {
    let Some(value) = parameters::get(name)? else {
        return Ok(None);
    };
    match T::from_value(value) {
        Some(value) => Ok(Some(value)),
        None => Err(read_error("entity-type", name, " holds a value of another type than the action takes")),
    }
}

/// An error of `read`. It is a separate function without formatting, because every read of a parameter calls it.
#[cold]
#[inline(never)]
fn read_error(code: &str, name: &str, what: &str) -> Error {
    Error::new(code, [name, what].concat()).for_parameter(name)
}

fn for_channel(name: &str, channel: &str) -> String {
    let (before, rest) = name.split_once('<').unwrap_or((name, ""));
    let (_, after) = rest.split_once('>').unwrap_or_default();
    let mut full = String::with_capacity(before.len() + channel.len() + after.len());
    full.push_str(before);
    full.extend(channel.chars().map(|each| if each == '-' { '_' } else { each.to_ascii_uppercase() }));
    full.push_str(after);
    full
}

/// Declares an action's parameters as constants, and their list `PARAMETERS` for the manifest in the order of the form.
///
/// ```
/// use flow_sdk::prelude::*;
///
/// flow_sdk::parameters! {
///     /// The text of the message.
///     const MESSAGE: Parameter<TextExpression> = Parameter::required("MESSAGE_EXPRESSION")
///         .title("Message", "Mensaje")
///         .help("The text to send.", "El texto que se envía.");
/// }
/// # fn main() { assert_eq!(PARAMETERS.len(), 1); }
/// ```
#[macro_export]
macro_rules! parameters {
    ($($(#[$attribute:meta])* $visibility:vis const $name:ident: $type:ty = $value:expr;)*) => {
        $($(#[$attribute])* $visibility const $name: $type = $value;)*

        /// The parameters of the manifest, in the order of the form.
        pub(crate) const PARAMETERS: &[$crate::manifest::Declaration] = &[$($name.declaration()),*];
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_in_a_name_is_in_capitals_with_underscores() {
        assert_eq!(for_channel("<CHANNEL>_ADDITIONAL_DATA", "facebook-wall"), "FACEBOOK_WALL_ADDITIONAL_DATA");
        assert_eq!(for_channel("MESSAGE_<CHANNEL>", "sms"), "MESSAGE_SMS");
    }
}
