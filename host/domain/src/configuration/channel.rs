//! The channels of a tenant in the apply file: a built-in channel by name, a custom channel as an object.

use super::field::{Object, invalid, parse_boolean, parse_choice, parse_list, suggestion, unnormalised_text};
use crate::refusal::Refusal;
use crate::tenant::{BUILT_IN_CHANNELS, Channel, IdentifierKind, MAX_CHANNEL_NAME, is_channel_name};
use flowhost_error::text::quote;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

const CHANNEL_FIELDS: [&str; 3] = ["name", "identifier", "can_send"];
const IDENTIFIER_KINDS: [&str; 2] = ["phone", "opaque"];

/// Reads the channels at `path`. A field that a custom channel omits keeps its stored value. Defaults: `opaque`
/// identifiers, and the channel can send.
pub(super) fn parse_channels(value: &Value, path: &str, stored: &[Channel]) -> Result<Vec<Channel>, Refusal> {
    let items = parse_list(value).map_err(|problem| invalid(path, problem))?;
    let stored: HashMap<&str, &Channel> = stored.iter().map(|channel| (channel.name.as_str(), channel)).collect();
    let mut names = HashSet::new();
    let mut channels: Vec<Channel> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let channel = parse_channel(item, &path, &stored)?;
        if !names.insert(channel.name.clone()) {
            return Err(invalid(&path, format!("the channel {} is listed twice; remove one", quote(&channel.name))));
        }
        channels.push(channel);
    }
    Ok(channels)
}

fn parse_channel(value: &Value, path: &str, stored: &HashMap<&str, &Channel>) -> Result<Channel, Refusal> {
    let kept = |name: &str| stored.get(name).copied().cloned();
    if let Value::String(name) = value {
        return Channel::built_in(name).or_else(|| kept(name)).ok_or_else(|| {
            let problem = format!(
                "there is no built-in channel {}; {}; write a custom one as {{\"name\": ..., \"identifier\": ..., \
                 \"can_send\": ...}}",
                quote(name),
                suggestion(name, &BUILT_IN_CHANNELS)
            );
            invalid(path, problem)
        });
    }
    let object = Object::parse(value, path, &CHANNEL_FIELDS)?;
    let name = object.required_field("name", None, |value| parse_channel_name(unnormalised_text(value)?))?;
    let existing = Channel::built_in(&name).or_else(|| kept(&name));
    let existing = existing.as_ref();
    let channel = Channel {
        identifier: object.optional_field(
            "identifier",
            existing.map(|channel| &channel.identifier),
            IdentifierKind::Opaque,
            |value| parse_choice(value, &IDENTIFIER_KINDS, IdentifierKind::from_name),
        )?,
        can_send: object.optional_field("can_send", existing.map(|channel| &channel.can_send), true, parse_boolean)?,
        name,
    };
    if Channel::built_in(&channel.name).is_some_and(|built_in| built_in != channel) {
        let problem =
            format!("the channel {} is built in and cannot be changed; give only its name", quote(&channel.name));
        return Err(invalid(path, problem));
    }
    Ok(channel)
}

fn parse_channel_name(name: &str) -> Result<String, String> {
    if is_channel_name(name) {
        return Ok(name.to_owned());
    }
    Err(format!(
        "{} is not a channel name; use lower-case letters and digits, parts joined by -, at most {MAX_CHANNEL_NAME} \
         characters, as in kiosk-2",
        quote(name)
    ))
}
