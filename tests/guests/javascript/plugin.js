// An action that calls each helper of flow.js, as the parameter STEP says.

import { action, draft, get, now, random, refuse, set } from "./flow.js";
import { manifest } from "./manifest.js";
import * as records from "flow:outbound/records";

const DRAFT = {
  campaign: "a47be8af-d40d-452c-9a3e-bcf668fcd1dc",
  contact: "01a20d6d-5a00-7e04-84c1-f60a948f0606",
  template: { template: "hello", locale: "en", whatsapp_number: "+12025550199" },
  data: { points: 1 },
};

function fail() {
  throw new RangeError("broken");
}

const answer = (value) => () => set("ANSWER_ENTITY", value());

const steps = {
  echo: answer(() => get("INPUT_ENTITY")),
  absent: answer(() => get("ABSENT") === undefined),
  clear: answer(() => undefined),
  now: answer(() => now().toISOString()),
  clock: answer(() => new Date().toISOString()),
  random: answer(() => [random(), Math.random()]),
  save: answer(() => records.save(draft(DRAFT)).created),
  refuse: () => refuse("acme/refused", "the step is not allowed", "STEP"),
  print: () => console.log("one", 2),
  warning: () => console.warn({ one: [2] }),
  "largest-integer": answer(() => 2 ** 53),
  "integer-too-large": answer(() => 2 ** 53 + 2),
  "nested-integer-too-large": answer(() => ({ one: [-(2 ** 60)] })),
  "big-integer": answer(() => [12n]),
  "big-integer-too-large": answer(() => 2n ** 53n + 1n),
  "large-number": answer(() => 1e300),
  "too-large": answer(() => "x".repeat(2 ** 21)),
  fail,
  "not-finite": answer(() => NaN),
  nothing: () => undefined,
  promise: async () => "next",
  text: () => {
    throw "a text";
  },
  "unknown-field": () => draft({ ...DRAFT, mesage: "x" }),
  recursion: () => steps.recursion(),
};

function run() {
  const step = get("STEP");
  const port = steps[step]();
  return step === "nothing" || step === "promise" ? port : "next";
}

export const handler = action(manifest, run);
