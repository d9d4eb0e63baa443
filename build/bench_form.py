"""How long one keystroke takes in a form of sixty fields, with rules, patterns, blocklisted words and suggestions.

    python build/bench_form.py [--rounds 21] [--json]

Times are those of the processor, so that other programs on the machine do not count. Keystrokes are compared with what a form
without any rules could not leave out either, measured in the same process: the pattern held against the text, and the text
kept. The slowest kind is compared with evaluating all of the form anew, as a form without a dependency graph would.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from app.core.applicanttype import applicant_type
from app.core.blocklist import Blocklist
from app.core.changeactions import mosip_actions
from app.core.forms.context import FormContext
from app.core.forms.form import Form
from app.core.formsettings import FormSettings
from app.core.masterdata.model import MasterData
from app.core.transliteration import open_transliterator
from app.core.uispec.model import ProcessSpec
from app.core.uispec.reader import read_process
from packet.models import Json

LIMIT_MS = 1.0
FIELDS = 60
WORDS = 10_000
KEYSTROKES_A_ROUND = 100
PATTERN = "^(?=.{0,200}$)[^0-9]*$"
TEXT = "the quick brown fox jumps over the lazy dog "


def main() -> None:
    """Measures and prints."""
    arguments = _arguments()
    results = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    print(f"form: {FIELDS} fields, {WORDS:,} blocklisted words, processor milliseconds (median, 99th percentile)")
    for name, found in results["cases"].items():
        ratio = f"   ratio {found['ratio']:8.1f}" if "ratio" in found else ""
        print(f"  {name:42} {found['ms']:8.3f} {found['high_ms']:8.3f}{ratio}")
    print(f"  {'floor: pattern and keeping':42} {results['floor_ms']:8.4f}")
    verdict = "met" if results["is_met"] else "not met"
    print(f"limit for a keystroke: {LIMIT_MS} ms, {verdict}; slowest median {results['slowest_ms']:.3f} ms,", end=" ")
    print(f"{results['share_of_whole']:.2f} of evaluating the whole form anew")


def measure(rounds: int) -> dict[str, Any]:
    """Figures of every case; ratios to the floor."""
    spec = sixty_fields()
    keystrokes = max(1, rounds) * KEYSTROKES_A_ROUND
    form = _form(spec)
    kept: dict[str, str] = {}
    pattern = re.compile(PATTERN)

    def keep(text: str) -> None:
        if pattern.fullmatch(text):
            kept["name"] = text

    floor_ms, _ = _measure(lambda n: keep(_typed(n)), keystrokes)
    timed = {
        "open the form": _measure(lambda _: _form(spec), 50),
        "keystroke, nothing depends on it": _typing(_form(spec), "remark", keystrokes),
        "keystroke, one field depends on it": _typing(_form(spec), "text3", keystrokes),
        "keystroke in a name with suggestions": _typing(_form(spec), "name1", keystrokes),
        "keystroke on which every field depends": _typing(_form(spec), "switch", keystrokes),
        "all findings": _measure(lambda _: form.findings(), 500),
        "snapshot for the draft": _measure(lambda _: form.snapshot(), 500),
    }
    cases: dict[str, dict[str, float]] = {name: {"ms": median, "high_ms": high} for name, (median, high) in timed.items()}
    strokes = [found for name, found in cases.items() if name.startswith("keystroke")]
    for found in strokes:
        found["ratio"] = found["ms"] / floor_ms
    slowest_ms = max(found["ms"] for found in strokes)
    return {
        "cases": cases,
        "floor_ms": floor_ms,
        "limit_ms": LIMIT_MS,
        "slowest_ms": slowest_ms,
        "share_of_whole": slowest_ms / cases["open the form"]["ms"],
        "is_met": slowest_ms < LIMIT_MS,
    }


def sixty_fields() -> ProcessSpec:
    """Names with suggestions, texts that hide and require each other, and a switch that all others read."""
    fields: list[Json] = [_field("switch"), _field("remark")]
    fields += [_field(f"name{n}", type="simpleType", transliterate=True, required=True) for n in range(1, 9)]
    for n in range(1, FIELDS - len(fields) + 1):
        rule = f"identity.switch != 'hide' && identity.get('text{n - 1}') != 'hide'"
        fields.append(_field(f"text{n}", visible={"engine": "MVEL", "expr": rule}))
    screen: Json = {"order": 1, "name": "Page", "label": {}, "caption": {}, "fields": fields}
    return read_process(
        "newProcess", {"id": "NEW", "flow": "NEW", "order": 1, "label": {}, "caption": {}, "screens": [screen]}, {}
    )


def _field(name: str, **keys: Json) -> dict[str, Json]:
    return {
        "id": name,
        "inputRequired": True,
        "type": "string",
        "controlType": "textbox",
        "label": {"eng": name},
        "required": False,
        "validators": [{"type": "regex", "validator": PATTERN, "arguments": [], "langCode": None}],
        **keys,
    }


def _form(spec: ProcessSpec) -> Form:
    words = {"eng": tuple(f"word{n}" for n in range(WORDS))}
    global _BLOCKLIST  # noqa: PLW0603
    _BLOCKLIST = _BLOCKLIST or Blocklist(words)
    return Form(
        spec,
        FormContext(
            lang_codes=("eng", "fra", "ara"),
            master_data=MasterData(),
            settings=FormSettings(),
            today=lambda: date(2026, 11, 23),
            id_schema_version=0.1,
            transliterator=open_transliterator(),
            blocklist=_BLOCKLIST,
            change_actions=mosip_actions(),
            applicant_type=applicant_type,
            operator_id="bench",
        ),
    )


_BLOCKLIST: Blocklist | None = None


def _typing(form: Form, field: str, keystrokes: int) -> tuple[float, float]:
    return _measure(lambda n: form.set_text(field, _typed(n)), keystrokes)


def _typed(number: int) -> str:
    return TEXT[: number % len(TEXT) + 1]


def _measure(work: Callable[[int], object], times: int) -> tuple[float, float]:
    taken: list[float] = []
    for n in range(times):
        begin = time.thread_time_ns()
        work(n)
        taken.append((time.thread_time_ns() - begin) / 1_000_000)
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=21, help=f"of {KEYSTROKES_A_ROUND} keystrokes")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
