"""How long one keystroke takes in a form of sixty fields, with rules, patterns, blocklisted words and suggestions.

Run it as ``python build/bench_form.py``; exits with 1 if the slowest kind of keystroke is above the limit in the median. Times
are those of the processor, so that other programs on the machine do not count.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date

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
KEYSTROKES = 2_000


def main() -> int:
    """Measures and prints; 0 if the limit is kept."""
    spec = sixty_fields()
    print(f"form: {len(spec.fields)} fields, {WORDS:,} blocklisted words, processor milliseconds (median, 99th percentile)")
    form = _form(spec)
    results = {
        "open the form": _measure(lambda _: _form(spec), 50),
        "keystroke, nothing depends on it": _typing(_form(spec), "remark"),
        "keystroke, one field depends on it": _typing(_form(spec), "text3"),
        "keystroke in a name with suggestions": _typing(_form(spec), "name1"),
        "keystroke on which every field depends": _typing(_form(spec), "switch"),
        "all findings": _measure(lambda _: form.findings(), 500),
        "snapshot for the draft": _measure(lambda _: form.snapshot(), 500),
    }
    for name, (median, high) in results.items():
        print(f"  {name:42} {median:8.3f} {high:8.3f}")
    slowest = max(results[name][0] for name in results if name.startswith("keystroke"))
    print(f"limit for a keystroke: {LIMIT_MS} ms; slowest median {slowest:.3f} ms")
    return 0 if slowest < LIMIT_MS else 1


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
        "validators": [{"type": "regex", "validator": "^(?=.{0,200}$)[^0-9]*$", "arguments": [], "langCode": None}],
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


def _typing(form: Form, field: str) -> tuple[float, float]:
    text = "the quick brown fox jumps over the lazy dog "
    return _measure(lambda n: form.set_text(field, text[: n % len(text) + 1]), KEYSTROKES)


def _measure(work: Callable[[int], object], times: int) -> tuple[float, float]:
    taken: list[float] = []
    for n in range(times):
        begin = time.thread_time_ns()
        work(n)
        taken.append((time.thread_time_ns() - begin) / 1_000_000)
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
