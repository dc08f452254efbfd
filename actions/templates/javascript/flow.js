// Helpers for an action: parameters as native values, refusals, time, random numbers, the console and the log line of
// an error. A host function throws to refuse; if an action does not catch it, the action exits through the port error.

import * as log from "flow:action/log";
import * as parameters from "flow:action/parameters";
import * as session from "flow:action/session";

const LARGEST_INTEGER = 2 ** 53;

const DRAFT = {
  schedule: undefined,
  internal: false,
  allowDnd: false,
  multiple: false,
  message: undefined,
  template: undefined,
  data: undefined,
  extras: [],
};

/**
 * Returns the value of a parameter as a boolean, number, string, array or object. undefined: it has no value. An
 * entity-out yields the name of its entity. An integer beyond 2^53 is refused, because JavaScript would round it.
 */
export function get(name) {
  const text = parameters.getJson(name) ?? undefined;
  if (text === undefined) return undefined;
  // Only a long sequence of digits can be an integer that is too large.
  if (!/[0-9]{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context) => {
    if (typeof value === "number" && /^-?[0-9]+$/.test(context.source)) checkInteger(BigInt(context.source), name);
    return value;
  });
}

/**
 * Writes the entity that an entity-out parameter names. null and undefined clear the entity. 1.0 is written as the
 * integer 1, unless the manifest declares the type number.
 */
export function set(name, value) {
  parameters.setJson(name, value === undefined || value === null ? undefined : toJson(value, name));
}

/**
 * Ends the action through the port error. None of its writes takes effect. The code is listed in the manifest's
 * errors. The message is one sentence without a full stop. The parameter is the one that the designer has to correct.
 */
export function refuse(code, message, parameter) {
  throw { code, message, parameter, details: [] };
}

/** Returns the time of the invocation as a Date, the same at every call. `uses` needs flow:action/session#now. */
export function now() {
  const { seconds, nanoseconds } = session.now();
  return new Date(Number(seconds) * 1000 + Math.floor(nanoseconds / 1e6));
}

/**
 * Returns a random number from 0 to 1, without 1. It follows from the seed of the invocation. `uses` needs
 * flow:action/session#random-bytes. The number is not suitable for secrets.
 */
export function random() {
  const bytes = session.randomBytes(7);
  // 53 bits
  return bytes.reduce((number, byte, index) => number + (index === 0 ? byte & 31 : byte) * 2 ** (48 - 8 * index), 0) / 2 ** 53;
}

/**
 * Returns a draft for records.save with these fields. It fills in the absent ones; campaign and contact are required.
 * template and data may be objects.
 */
export function draft(fields) {
  const complete = { ...DRAFT, ...fields };
  for (const name of ["campaign", "contact"]) {
    if (typeof complete[name] !== "string") throw new TypeError(`the field ${name} of the draft is not a string`);
  }
  for (const name of Object.keys(complete)) {
    if (!(name in DRAFT) && name !== "campaign" && name !== "contact") {
      throw new TypeError(`a draft does not have the field ${name}`);
    }
  }
  for (const name of ["template", "data"]) {
    if (typeof complete[name] === "object" && complete[name] !== null) complete[name] = toJson(complete[name]);
  }
  return complete;
}

/** Returns the handler that exports the manifest and run. run returns the name of a port. */
export function action(manifest, run) {
  const text = JSON.stringify(manifest);
  return {
    describe: () => text,
    invoke() {
      try {
        const port = run();
        if (typeof port !== "string") {
          throw new TypeError(`the action returned ${show(port)}, which is not the name of a port`);
        }
        return port;
      } catch (thrown) {
        const refusal = toRefusal(thrown);
        if (refusal !== undefined) throw refusal;
        log.write("error", show(thrown));
        // The runtime would print name, message and stack again, as several lines.
        throw null;
      }
    },
  };
}

/** Returns the error of the contract that was thrown. undefined: another value was thrown. */
function toRefusal(thrown) {
  const refusal = thrown?.payload ?? thrown;
  return typeof refusal?.code === "string" && Array.isArray(refusal.details) ? refusal : undefined;
}

function checkInteger(integer, parameter) {
  if (integer >= -LARGEST_INTEGER && integer <= LARGEST_INTEGER) return;
  refuse("{{prefix}}/integer-too-large", `the integer ${integer} is beyond 2^53; use text or a smaller integer`, parameter);
}

/** Returns a value as JSON text. */
function toJson(value, parameter) {
  return JSON.stringify(value, (_key, each) => {
    if (typeof each === "bigint" || (Number.isInteger(each) && Math.abs(each) < 1e21)) {
      checkInteger(each, parameter);
      return Number(each);
    }
    if (typeof each === "number" && !Number.isFinite(each)) throw new RangeError(`${each} is not a finite number`);
    return each;
  });
}

/** Returns a value as text for the log: an error with name, message and stack. */
function show(value) {
  if (value instanceof Error) return `${value.name}: ${value.message}\n${value.stack ?? ""}`.trimEnd();
  if (typeof value === "string") return value;
  if (value instanceof Promise) return "a promise";
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function writer(level) {
  return (...values) => log.write(level, values.map(show).join(" "));
}

globalThis.console = {
  debug: writer("debug"),
  log: writer("info"),
  info: writer("info"),
  warn: writer("warn"),
  error: writer("error"),
};

// The numbers of the engine are fixed at build time.
Math.random = random;
