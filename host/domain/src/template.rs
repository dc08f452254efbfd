//! WhatsApp's message template: the fields that a record needs for WhatsApp.
//!
//! The stored form is one JSON object with exactly these keys, in this order: `template`, `namespace` (null if unset),
//! `locale`, `whatsapp_number`, `hsm_type`, `mtm_data`, `header_data` and `body_data`.

use super::refusal::Refusal;
use super::text;
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use serde::Serialize;
use serde_json::{Map, Value};

/// Maximum bytes of a template as JSON.
pub const MAX_TEMPLATE_BYTES: usize = 64 * 1024;

const KEYS: [&str; 8] =
    ["template", "namespace", "locale", "whatsapp_number", "hsm_type", "mtm_data", "header_data", "body_data"];

/// A parsed template that has at least a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    template: String,
    namespace: Option<String>,
    locale: Option<String>,
    whatsapp_number: Option<String>,
    data: TemplateData,
}

/// The parameters, by the template's type.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TemplateData {
    /// `MTM`: one list.
    Mtm(Vec<String>),
    /// `MMT`: one list for the header and one for the body.
    Mmt { header: Vec<String>, body: Vec<String> },
}

/// The stored form.
#[derive(Serialize)]
struct StoredTemplate<'a> {
    template: &'a str,
    namespace: Option<&'a str>,
    locale: &'a str,
    whatsapp_number: &'a str,
    hsm_type: &'static str,
    mtm_data: &'a [String],
    header_data: &'a [String],
    body_data: &'a [String],
}

impl Template {
    /// Parses a JSON object. Absent, null and empty texts are unset. Returns `None` if the object does not name a
    /// template. The function drops the lists that the template's type does not use. Default type: `MTM`.
    ///
    /// Errors: `parameter-invalid` (not a JSON object, an unknown key, a value of another type), `value-too-large`.
    /// They name the key if there is one, else `template`.
    pub fn parse(json: &str) -> Result<Option<Self>, Refusal> {
        if json.len() > MAX_TEMPLATE_BYTES {
            return Err(
                Refusal::too_large("the template", MAX_TEMPLATE_BYTES, "bytes of JSON").about_argument("template")
            );
        }
        let mut fields = TemplateFields(super::save_record::parse_object(json, "the template", "template")?);
        if let Some(unknown) = fields.0.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let message =
                format!("the template has an unknown key {}; the keys are {}", quote(unknown), KEYS.join(", "));
            return Err(invalid_parameter(message, "template"));
        }
        let [template, namespace, locale, whatsapp_number] = [
            fields.take_text("template")?,
            fields.take_text("namespace")?,
            fields.take_text("locale")?,
            fields.take_text("whatsapp_number")?,
        ];
        let data = match fields.take_text("hsm_type")?.as_deref() {
            None | Some("MTM") => TemplateData::Mtm(fields.take_texts("mtm_data")?),
            Some("MMT") => {
                TemplateData::Mmt { header: fields.take_texts("header_data")?, body: fields.take_texts("body_data")? }
            }
            Some(other) => {
                return Err(invalid_parameter(
                    format!("the template's type is MTM or MMT, not {}", quote(other)),
                    "hsm_type",
                ));
            }
        };
        Ok(template.map(|template| Self { template, namespace, locale, whatsapp_number, data }))
    }

    /// Returns the stored form. Error: `parameter-missing` if `locale` or `whatsapp_number` is unset.
    pub fn validate_and_serialise(&self) -> Result<String, Refusal> {
        let (hsm_type, mtm_data, header_data, body_data) = match &self.data {
            TemplateData::Mtm(list) => ("MTM", list.as_slice(), [].as_slice(), [].as_slice()),
            TemplateData::Mmt { header, body } => ("MMT", [].as_slice(), header.as_slice(), body.as_slice()),
        };
        let canonical = StoredTemplate {
            template: &self.template,
            namespace: self.namespace.as_deref(),
            locale: self.required_field(self.locale.as_deref(), "locale", "its language, such as es_CL")?,
            whatsapp_number: self.required_field(
                self.whatsapp_number.as_deref(),
                "whatsapp_number",
                "the WhatsApp number that sends it",
            )?,
            hsm_type,
            mtm_data,
            header_data,
            body_data,
        };
        serde_json::to_string(&canonical)
            .map_err(|error| invalid_parameter(format!("the template cannot be serialised: {error}"), "template"))
    }

    fn required_field<'a>(&self, value: Option<&'a str>, key: &'static str, what: &str) -> Result<&'a str, Refusal> {
        value.ok_or_else(|| {
            let message = format!("the template {} needs {what}; give {key}", quote(&self.template));
            Refusal::new(ErrorCode::ParameterMissing, message).about_argument(key)
        })
    }
}

fn invalid_parameter(message: String, argument: &'static str) -> Refusal {
    Refusal::new(ErrorCode::ParameterInvalid, message).about_argument(argument)
}

struct TemplateFields(Map<String, Value>);

impl TemplateFields {
    fn take_text(&mut self, key: &'static str) -> Result<Option<String>, Refusal> {
        match self.0.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(given)) => {
                let value =
                    text::normalise(&given, &format!("the template's {key}"), key, ErrorCode::ParameterInvalid)?;
                Ok(Some(value).filter(|value| !value.is_empty()))
            }
            Some(_) => Err(invalid_parameter(format!("the template's {key} must be a text"), key)),
        }
    }

    fn take_texts(&mut self, key: &'static str) -> Result<Vec<String>, Refusal> {
        let list = match self.0.remove(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(invalid_parameter(format!("the template's {key} must be a list of texts"), key)),
        };
        let texts = list.into_iter().enumerate().map(|(index, item)| match item {
            Value::String(text) => Ok(text),
            _ => Err(invalid_parameter(format!("item {} of the template's {key} must be a text", index + 1), key)),
        });
        texts.collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stored(json: &str) -> String {
        Template::parse(json).unwrap().unwrap().validate_and_serialise().unwrap()
    }

    fn refused(json: &str) -> (ErrorCode, Option<&'static str>) {
        let refusal = Template::parse(json).unwrap_err();
        (refusal.code, refusal.argument)
    }

    #[test]
    fn the_stored_form_has_every_key() {
        assert_eq!(
            stored(r#"{"locale":"es","template":"hi","whatsapp_number":" 562 ","mtm_data":["Ana"],"body_data":["x"]}"#),
            r#"{"template":"hi","namespace":null,"locale":"es","whatsapp_number":"562","hsm_type":"MTM","mtm_data":["Ana"],"header_data":[],"body_data":[]}"#
        );
    }

    #[test]
    fn the_type_selects_the_lists() {
        let json = r#"{"template":"hi","namespace":"n","locale":"es","whatsapp_number":"562","hsm_type":"MMT",
            "mtm_data":["no"],"header_data":["h"],"body_data":["b"]}"#;
        assert!(stored(json).ends_with(r#""hsm_type":"MMT","mtm_data":[],"header_data":["h"],"body_data":["b"]}"#));
    }

    #[test]
    fn a_template_without_a_name_is_none() {
        for json in ["{}", r#"{"template":""}"#, r#"{"template":null,"locale":"es"}"#] {
            assert_eq!(Template::parse(json), Ok(None));
        }
    }

    #[test]
    fn a_missing_field_is_named() {
        let refusal_for = |json: &str| Template::parse(json).unwrap().unwrap().validate_and_serialise().unwrap_err();
        let refusal = refusal_for(r#"{"template":"hi","whatsapp_number":"562"}"#);
        assert_eq!((refusal.code, refusal.argument), (ErrorCode::ParameterMissing, Some("locale")));
        let refusal = refusal_for(r#"{"template":"hi","locale":"es"}"#);
        assert_eq!((refusal.code, refusal.argument), (ErrorCode::ParameterMissing, Some("whatsapp_number")));
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(refused("[]"), (ErrorCode::ParameterInvalid, Some("template")));
        assert_eq!(refused("{"), (ErrorCode::ParameterInvalid, Some("template")));
        assert_eq!(refused(r#"{"name":"hi"}"#), (ErrorCode::ParameterInvalid, Some("template")));
        assert_eq!(refused(r#"{"template":1}"#), (ErrorCode::ParameterInvalid, Some("template")));
        assert_eq!(refused(r#"{"hsm_type":"mtm"}"#), (ErrorCode::ParameterInvalid, Some("hsm_type")));
        assert_eq!(refused(r#"{"mtm_data":["a",1]}"#), (ErrorCode::ParameterInvalid, Some("mtm_data")));
        assert_eq!(
            refused(&format!(r#"{{"locale":"{}"}}"#, "x".repeat(257))),
            (ErrorCode::ValueTooLarge, Some("locale"))
        );
        assert_eq!(refused(&" ".repeat(MAX_TEMPLATE_BYTES + 1)), (ErrorCode::ValueTooLarge, Some("template")));
    }
}
