"""What the demonstration did, step by step: which key, how many bytes, how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Step:
    """One step; filled in while it runs.

    Attributes:
        key: which key signed, encrypted or was checked; empty if none.
        size_bytes: of what went over the line or was made.
        detail: one short technical fact.
    """

    name: str
    key: str = ""
    size_bytes: int | None = None
    detail: str = ""
    milliseconds: float = 0.0

    def as_json(self) -> dict[str, str | int | float | None]:
        """The step as plain values."""
        return {
            "step": self.name,
            "key": self.key or None,
            "sizeBytes": self.size_bytes,
            "detail": self.detail or None,
            "milliseconds": round(self.milliseconds, 1),
        }


@dataclass(slots=True)
class Journal:
    """The steps so far.

    Attributes:
        on_begin: is told the name of every step that begins.
    """

    on_begin: Callable[[str], None] = lambda _: None
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, key: str = "") -> Iterator[Step]:
        """Times a step; one that fails is not written down."""
        self.on_begin(name)
        step = Step(name, key)
        began = time.perf_counter()
        yield step
        step.milliseconds = (time.perf_counter() - began) * 1000
        self.steps.append(step)
