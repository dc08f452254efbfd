//! A tenant and its channels.

use super::refusal::Refusal;
use chrono_tz::Tz;
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;

/// The owner of all other data. No data of one tenant is ever visible to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The unique id that the operator chose.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The IANA time zone of dates without an offset.
    pub time_zone: Tz,
    /// The region of phone numbers typed without a country code: ISO 3166-1 alpha-2, capitals.
    pub phone_region: String,
    /// The flow that starts when a reaction arrives too late.
    pub default_intention: String,
    /// The enabled channels, in the configured order, with unique names.
    pub channels: Vec<Channel>,
    /// Maximum number of campaigns. `None`: unlimited.
    pub quota_campaigns: Option<u32>,
}

impl Tenant {
    /// Returns the enabled channel with this name.
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// Returns the enabled channel with this name. Error: `channel-not-enabled`, which names `channel`.
    pub fn require_channel(&self, name: &str) -> Result<&Channel, Refusal> {
        self.channel(name).ok_or_else(|| {
            let enabled: Vec<&str> = self.channels.iter().map(|channel| channel.name.as_str()).collect();
            let known = if enabled.is_empty() { "none".to_owned() } else { enabled.join(", ") };
            Refusal::new(
                ErrorCode::ChannelNotEnabled,
                format!("the channel {} is not enabled for this tenant; enabled: {known}", quote(name)),
            )
            .about_argument("channel")
        })
    }
}

/// A channel that a tenant has enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The name: `[a-z][a-z0-9]*(-[a-z0-9]+)*`.
    pub name: String,
    /// The kind of identifier that users have in the channel.
    pub identifier: IdentifierKind,
    /// Whether the channel can send a message that the user did not ask for.
    pub can_send: bool,
}

/// The kind of a user's identifier in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifierKind {
    /// A phone number, stored as E.164.
    Phone,
    /// Any text, compared after NFC and trimming.
    Opaque,
}

impl IdentifierKind {
    /// Returns the name that configurations use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Opaque => "opaque",
        }
    }

    /// Returns the kind with this name in configurations.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Phone, Self::Opaque].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The channel with templates as messages, and with phone numbers without `+` as user ids.
pub const WHATSAPP: &str = "whatsapp";
/// The channel of phone calls.
pub const VOICE: &str = "voice";

/// The channels that a tenant may enable by name alone.
pub const BUILT_IN_CHANNELS: [&str; 11] = [
    WHATSAPP,
    VOICE,
    "sms",
    "messenger",
    "facebook-wall",
    "instagram",
    "instagram-comments",
    "teams",
    "telegram",
    "email",
    "widget",
];

/// Maximum characters of a channel's name.
pub const MAX_CHANNEL_NAME: usize = 64;

impl Channel {
    /// Returns the built-in channel with this name. `widget` cannot send, because its user is unreachable when offline.
    pub fn built_in(name: &str) -> Option<Self> {
        BUILT_IN_CHANNELS.contains(&name).then(|| Self {
            name: name.to_owned(),
            identifier: match name {
                WHATSAPP | VOICE | "sms" => IdentifierKind::Phone,
                _ => IdentifierKind::Opaque,
            },
            can_send: name != "widget",
        })
    }

    /// Returns the name for parameters that repeat per channel: `FACEBOOK_WALL` for `facebook-wall`.
    pub fn parameter_name(&self) -> String {
        parameter_name(&self.name)
    }

    /// Returns whether a message to a user is a text. WhatsApp sends a template, and a call needs no message.
    pub fn takes_message(&self) -> bool {
        self.name != WHATSAPP && self.name != VOICE
    }
}

/// Returns a channel's name for parameters that repeat per channel: `FACEBOOK_WALL` for `facebook-wall`.
pub fn parameter_name(channel: &str) -> String {
    channel.to_ascii_uppercase().replace('-', "_")
}

/// Returns whether `name` is a valid channel name: `[a-z][a-z0-9]*(-[a-z0-9]+)*`, at most [`MAX_CHANNEL_NAME`]
/// characters.
pub fn is_channel_name(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= MAX_CHANNEL_NAME && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(part)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Returns a tenant in Chile with every built-in channel.
    pub(crate) fn tenant() -> Tenant {
        Tenant {
            id: "acme".into(),
            name: "Acme".into(),
            time_zone: chrono_tz::America::Santiago,
            phone_region: "CL".into(),
            default_intention: "menu".into(),
            channels: BUILT_IN_CHANNELS.into_iter().filter_map(Channel::built_in).collect(),
            quota_campaigns: None,
        }
    }

    #[test]
    fn phones_identify_users_of_three_channels() {
        let phones: Vec<&str> = BUILT_IN_CHANNELS
            .into_iter()
            .filter(|name| Channel::built_in(name).unwrap().identifier == IdentifierKind::Phone)
            .collect();
        assert_eq!(phones, ["whatsapp", "voice", "sms"]);
    }

    #[test]
    fn only_the_widget_cannot_send() {
        let mute: Vec<&str> =
            BUILT_IN_CHANNELS.into_iter().filter(|name| !Channel::built_in(name).unwrap().can_send).collect();
        assert_eq!(mute, ["widget"]);
    }

    #[test]
    fn channel_names_have_one_form() {
        for good in ["whatsapp", "facebook-wall", "x", "a1-2b-3"] {
            assert!(is_channel_name(good), "{good}");
        }
        for bad in ["", "-", "a-", "-a", "a--b", "1a", "A", "ä", "a_b", "a b", &"a".repeat(65)] {
            assert!(!is_channel_name(bad), "{bad}");
        }
    }

    #[test]
    fn every_built_in_name_is_valid_and_has_a_parameter_name() {
        assert!(BUILT_IN_CHANNELS.into_iter().all(is_channel_name));
        assert_eq!(parameter_name("facebook-wall"), "FACEBOOK_WALL");
    }
}
