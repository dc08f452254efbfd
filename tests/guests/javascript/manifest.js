// The manifest of the action that calls the helpers.

export const manifest = {
  "manifest": 1,
  "id": "acme-helpers",
  "version": "1.0.0",
  "category": "acme",
  "title": {
    "en": "Helpers",
    "es": "Helpers"
  },
  "description": {
    "en": "Calls the helpers.",
    "es": "Calls the helpers."
  },
  "icon": "star",
  "parameters": [
    {
      "name": "STEP",
      "kind": "text",
      "required": true,
      "title": {
        "en": "STEP",
        "es": "STEP"
      },
      "help": {
        "en": "STEP",
        "es": "STEP"
      }
    },
    {
      "name": "INPUT_ENTITY",
      "kind": "entity-in",
      "required": false,
      "title": {
        "en": "INPUT_ENTITY",
        "es": "INPUT_ENTITY"
      },
      "help": {
        "en": "INPUT_ENTITY",
        "es": "INPUT_ENTITY"
      }
    },
    {
      "name": "ABSENT",
      "kind": "text",
      "required": false,
      "title": {
        "en": "ABSENT",
        "es": "ABSENT"
      },
      "help": {
        "en": "ABSENT",
        "es": "ABSENT"
      }
    },
    {
      "name": "ANSWER_ENTITY",
      "kind": "entity-out",
      "required": false,
      "title": {
        "en": "ANSWER_ENTITY",
        "es": "ANSWER_ENTITY"
      },
      "help": {
        "en": "ANSWER_ENTITY",
        "es": "ANSWER_ENTITY"
      }
    }
  ],
  "ports": [
    "next",
    "error"
  ],
  "locales": [
    "en",
    "es"
  ],
  "errors": [
    {
      "code": "acme/refused",
      "help": {
        "en": "The step is not allowed.",
        "es": "The step is not allowed."
      }
    },
    {
      "code": "acme/integer-too-large",
      "help": {
        "en": "An integer is too large.",
        "es": "An integer is too large."
      }
    }
  ],
  "uses": [
    "flow:action/session#now",
    "flow:action/session#random-bytes",
    "flow:outbound/records#save"
  ]
};
