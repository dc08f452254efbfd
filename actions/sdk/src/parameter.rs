//! Parameters: declared once, for the manifest and for the code that reads them.

use crate::bindings::flow::action::parameters;
use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::kind::{EntityOut, Kind, ReadableKind};
use crate::manifest::{Condition, Declaration, Group, Literal, LocalizedText};
use crate::value::EntityType;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A parameter of kind `K`. `A` says whether it always has a value, may have one, or has one for each channel; so the
/// type tells what `get` gives.
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

/// A parameter that repeats for each of the tenant's channels; its name holds `<CHANNEL>`.
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

    /// The parameter's name, as saved diagrams hold it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.declaration.name
    }

    /// What the manifest says of it.
    #[must_use]
    pub const fn declaration(&self) -> Declaration {
        self.declaration
    }

    /// The form's label, in English and Spanish.
    #[must_use]
    pub const fn title(self, en: &'static str, es: &'static str) -> Self {
        Self::change(Declaration { title: LocalizedText { en, es }, ..self.declaration })
    }

    /// What the form explains, in English and Spanish: what it is for, and an example where that helps.
    #[must_use]
    pub const fn help(self, en: &'static str, es: &'static str) -> Self {
        Self::change(Declaration { help: LocalizedText { en, es }, ..self.declaration })
    }

    /// The section of the form.
    #[must_use]
    pub const fn group(self, group: &'static Group) -> Self {
        Self::change(Declaration { group: Some(group), ..self.declaration })
    }

    /// The designer has to give it where the condition holds.
    #[must_use]
    pub const fn required_when(self, condition: Condition) -> Self {
        Self::change(Declaration { required_when: Some(condition), ..self.declaration })
    }

    /// The form shows it only where the condition holds.
    #[must_use]
    pub const fn shown_when(self, condition: Condition) -> Self {
        Self::change(Declaration { shown_when: Some(condition), ..self.declaration })
    }

    /// What a choice can be.
    #[must_use]
    pub const fn choices(self, choices: &'static [&'static str]) -> Self {
        Self::change(Declaration { choices, ..self.declaration })
    }
}

impl<K: Kind> Parameter<K, Required> {
    /// A parameter that the designer has to give.
    #[must_use]
    pub const fn required(name: &'static str) -> Self {
        Self::change(Declaration { required: true, ..Self::declare(name).declaration })
    }

    /// A parameter that has this value where the designer gives none.
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
    /// One parameter for each of the tenant's channels, all optional. `name` holds `<CHANNEL>`, which stands for the
    /// channel in capitals with `_` for `-`.
    #[must_use]
    pub const fn per_channel(name: &'static str) -> Self {
        Self::change(Declaration { per_channel: Some(&[]), ..Self::declare(name).declaration })
    }

    /// There is none for these channels.
    #[must_use]
    pub const fn except(self, channels: &'static [&'static str]) -> Self {
        Self::change(Declaration { per_channel: Some(channels), ..self.declaration })
    }
}

impl<K: ReadableKind> Parameter<K, Required> {
    /// The value; an expression is evaluated when it is first asked for.
    ///
    /// # Errors
    /// What the host says of the parameter: `parameter-missing`, `expression-type`, `entity-not-set`, ...
    pub fn get(&self) -> Result<FromParameter<K::Value>, Error> {
        let name = self.declaration.name;
        match read(name)? {
            Some(value) => Ok(FromParameter::new(value, Cow::Borrowed(name))),
            None => Err(read_error("parameter-missing", name, " is required, but it has no value")),
        }
    }
}

impl<K: ReadableKind> Parameter<K, Optional> {
    /// The value, if there is one. It knows its parameter even where there is none.
    ///
    /// # Errors
    /// What the host says of the parameter: `expression-type`, `entity-not-set`, ...
    pub fn get(&self) -> Result<FromParameter<Option<K::Value>>, Error> {
        let name = self.declaration.name;
        Ok(FromParameter::new(read(name)?, Cow::Borrowed(name)))
    }
}

impl<K: ReadableKind> Parameter<K, PerChannel> {
    /// The value for `channel`, if there is one.
    ///
    /// # Errors
    /// What the host says of the parameter: `expression-type`, `entity-not-set`, ...
    pub fn get(&self, channel: &str) -> Result<FromParameter<Option<K::Value>>, Error> {
        if self.declaration.per_channel.is_some_and(|except| except.contains(&channel)) {
            return Ok(FromParameter::default());
        }
        let name = for_channel(self.declaration.name, channel);
        Ok(FromParameter::new(read(&name)?, Cow::Owned(name)))
    }
}

impl<T: EntityType, A> Parameter<EntityOut<T>, A> {
    /// Sets the entity that the parameter names. The session sees it when the action has ended well.
    ///
    /// # Errors
    /// `limit-value-size`, `limit-entities`, `entity-type`.
    pub fn set(&self, value: impl Into<T>) -> Result<(), Error> {
        parameters::set(self.declaration.name, Some(&value.into().into_value()))
    }

    /// Clears the entity that the parameter names, which also happens to one that the action doesn't set.
    ///
    /// # Errors
    /// None that a declared parameter could meet.
    pub fn clear(&self) -> Result<(), Error> {
        parameters::set(self.declaration.name, None)
    }

    /// What the entity holds whenever the action doesn't end well; without it, the entity is cleared.
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

/// Apart and without formatting, since every read of a parameter ends in it.
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

/// Declares an action's parameters as constants, and `PARAMETERS`, the list of them for its manifest, in the order of
/// the form.
///
/// ```
/// use flow_sdk::prelude::*;
///
/// flow_sdk::parameters! {
///     /// What the message says.
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

        /// What the manifest says of the parameters, in the order of the form.
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
