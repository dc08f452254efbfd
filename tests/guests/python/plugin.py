"""An action that calls each helper of flow.py, as the parameter STEP says."""

import datetime
import random
import sys

import flow
from wit_world.imports import records

DRAFT = {
    "campaign": "a47be8af-d40d-452c-9a3e-bcf668fcd1dc",
    "contact": "01a20d6d-5a00-7e04-84c1-f60a948f0606",
    "template": {"template": "hello", "locale": "en", "whatsapp_number": "+12025550199"},
    "data": {"points": 1},
}


def fail():
    raise ValueError("broken")


def answer(function):
    return lambda: flow.set("ANSWER_ENTITY", function())


STEPS = {
    "echo": answer(lambda: flow.get("INPUT_ENTITY")),
    "absent": answer(lambda: flow.get("ABSENT") is None),
    "clear": answer(lambda: None),
    "now": answer(lambda: flow.now().isoformat()),
    "clock": answer(lambda: datetime.datetime.now(datetime.timezone.utc).isoformat()),
    "random": answer(lambda: [flow.random(), random.random()]),
    "save": answer(lambda: records.save(flow.draft(DRAFT)).created),
    "refuse": lambda: flow.refuse("acme/refused", "the step is not allowed", "STEP"),
    "print": lambda: print("one", 2),
    "beyond-64-bits": answer(lambda: 2**63),
    "not-finite": answer(lambda: float("nan")),
    "too-large": answer(lambda: "x" * 2**21),
    "fail": fail,
    "exit": lambda: sys.exit(3),
    "nothing": lambda: None,
    "surrogate": answer(lambda: "\ud800"),
    "unknown-field": lambda: flow.draft({**DRAFT, "mesage": "x"}),
    "recursion": lambda: STEPS["recursion"](),
}


def run():
    step = flow.get("STEP")
    STEPS[step]()
    return None if step == "nothing" else "next"


Handler = flow.action(run)
