"""Helpers for an action: parameters as native values, refusals, time, random numbers, and the log line of an error.

Every import stands at the top of a module, because a component has no files at run time. A host function raises
`Err(Error(...))` to refuse; if an action does not catch it, the action exits through the port `error`.
"""

import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

from componentize_py_types import Err
from wit_world.imports import log, parameters, records, session
from wit_world.imports.types import Error

# componentize-py executes this line when it builds the component.
MANIFEST = json.loads(Path(__file__).with_name("manifest.json").read_text(encoding="utf-8"))

_MANIFEST_TEXT = json.dumps(MANIFEST, ensure_ascii=False)
# `print` writes one log line for each line and not for each argument.
sys.stdout.reconfigure(line_buffering=True, write_through=False)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DRAFT = {
    "schedule": None,
    "internal": False,
    "allow_dnd": False,
    "multiple": False,
    "message": None,
    "template": None,
    "data": None,
    "extras": [],
}


def get(name: str) -> Any:
    """Returns the value of a parameter as `bool`, `int`, `float`, `str`, `list` or `dict`.

    `None`: the parameter has no value. An entity-out yields the name of its entity. Integers are exact.
    """
    text = parameters.get_json(name)
    return None if text is None else json.loads(text)


def set(name: str, value: Any) -> None:
    """Writes the entity that an entity-out parameter names. `None` clears the entity.

    The Python type decides the type of the entity: `1` is an integer, `1.0` is a number.
    """
    parameters.set_json(name, None if value is None else _to_json(value))


def refuse(code: str, message: str, parameter: str | None = None) -> NoReturn:
    """Ends the action through the port `error`. None of its writes takes effect.

    `code` is listed in the manifest's `errors`. `message` is one sentence without a full stop. `parameter` is the
    parameter that the designer has to correct.
    """
    raise Err(Error(code, message, parameter, []))


def now() -> datetime:
    """Returns the time of the invocation in UTC, the same at every call.

    The manifest's `uses` needs `flow:action/session#now`.
    """
    time = session.now()
    return _EPOCH + timedelta(seconds=time.seconds, microseconds=time.nanoseconds // 1000)


def random() -> float:
    """Returns a random number from 0 to 1, without 1. It follows from the seed of the invocation.

    The manifest's `uses` needs `flow:action/session#random-bytes`. The number is not suitable for secrets.
    """
    return (int.from_bytes(session.random_bytes(8), "big") >> 11) / (1 << 53)


def draft(fields: Mapping[str, Any]) -> records.Draft:
    """Returns a draft for `records.save` with these fields. It fills in the absent ones; `campaign` and `contact` are
    required. `template` and `data` may be a `dict`.
    """
    complete = {**_DRAFT, **fields}
    for name in ("template", "data"):
        if isinstance(complete[name], dict):
            complete[name] = _to_json(complete[name])
    return records.Draft(**complete)


def action(run: Callable[[], str]) -> type:
    """Returns the class that exports the manifest and `run`. `run` returns the name of a port."""

    class Handler:
        def describe(self) -> str:
            return _MANIFEST_TEXT

        def invoke(self) -> str:
            try:
                _seed_random()
                port = run()
                if not isinstance(port, str):
                    raise TypeError(f"the action returned {port!r}, which is not the name of a port")
                return port
            except Err as refusal:
                if isinstance(refusal.value, Error):
                    raise
                _abort(refusal)
            except SystemExit as exit:
                _log_exception(exit)
                raise
            except BaseException as exception:
                _abort(exception)
            finally:
                sys.stdout.flush()

    return Handler


def _to_json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # An unpaired surrogate is an error here, because the runtime would stop without naming the line.
    text.encode()
    return text


def _seed_random() -> None:
    """Seeds the module `random`, if the action imports it. Otherwise its numbers would be fixed at build time."""
    module = sys.modules.get("random")
    if module is not None:
        module.seed()


def _log_exception(exception: BaseException) -> None:
    """Writes name, message and stack as one log line."""
    lines = traceback.format_exception(exception)
    log.write(log.Level.ERROR, "".join(lines[-1:] + lines[:-1]).rstrip())
    # The runtime would print the same traceback again, as several lines.
    sys.stderr = io.StringIO()


def _abort(exception: BaseException) -> NoReturn:
    """Writes name, message and stack as one log line, and traps."""
    sys.stdout.flush()
    _log_exception(exception)
    os.abort()
