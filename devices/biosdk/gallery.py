"""The operators' templates of this machine, searched 1:N (is the person at the device an operator?) or 1:1 (login).

A gallery holds personal data in memory and writes nothing. It is filled from the sealed store when the program starts and after
an operator was enrolled, and made anew when users went away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from devices.biosdk.errors import BioSdkError
from devices.biosdk.sdk import BioSdk, OneToMany, Template, TemplateIndex, modality_of
from packet.models import BioAttribute, CapturedBiometric, Modality


class SearchingSdk(BioSdk, OneToMany, Protocol):
    """A `BioSdk` that is `OneToMany` as well, such as `devices.biosdk.composite.CompositeSdk`."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A user whose template is as alike to a probe as was asked for.

    Attributes:
        probe: the finger or eye that was captured.
        template: the finger or eye of the user that it is like; not the same where somebody shows another finger.
        score: 0 to 100, of `BioSdk.match`.
    """

    user_id: str
    probe: BioAttribute
    template: BioAttribute
    score: float


@dataclass(frozen=True, slots=True)
class OperatorSearch:
    """What came of comparing captures with the operators.

    Attributes:
        match: the operator that is most alike, if the threshold was reached; for the supervisor to see, not for the applicant.
        unchecked: what could not be compared, with the reason. Nothing is known about these: neither match nor no match.
    """

    match: Candidate | None
    unchecked: tuple[tuple[BioAttribute, BioSdkError], ...] = ()


class Gallery:
    """Templates of many users. Safe to use from any thread."""

    def __init__(self, sdk: SearchingSdk) -> None:
        self._sdk = sdk
        self._lock = threading.Lock()
        self._indexes: dict[Modality, TemplateIndex] = {}
        self._entries: dict[Modality, list[tuple[str, Template]]] = {}

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._entries.values()))

    @property
    def sdk(self) -> BioSdk:
        """What makes the templates."""
        return self._sdk

    def add(self, user_id: str, template: Template) -> None:
        """Adds one template of a user.

        Raises:
            BioSdkError: if the SDK in use cannot compare it; nothing is added then.
        """
        modality = modality_of(template.attribute)
        with self._lock:
            if modality not in self._indexes:
                self._indexes[modality] = self._sdk.index(modality)
            self._indexes[modality].add(template)
            self._entries.setdefault(modality, []).append((user_id, template))

    def find(self, probes: Iterable[Template], threshold: float) -> tuple[Candidate, ...]:
        """Users who are alike, best first, each once with the best pair; nobody below the threshold.

        Args:
            probes: of one person, for example the fingers of one slab; may be of several modalities.
            threshold: 0 to 100.

        Raises:
            BioSdkError: if a probe cannot be compared.
        """
        best: dict[str, Candidate] = {}
        for probe in probes:
            for found in self._search(probe):
                known = best.get(found.user_id)
                if found.score >= threshold and (known is None or found.score > known.score):
                    best[found.user_id] = found
        return tuple(sorted(best.values(), key=lambda one: (-one.score, one.user_id)))

    def verify(self, user_id: str, probes: Iterable[Template], threshold: float) -> Candidate | None:
        """The best pair of one user and the same finger or eye, if it reaches the threshold; for login.

        Raises:
            BioSdkError: if a probe cannot be compared.
        """
        with self._lock:
            own = [one for entries in self._entries.values() for user, one in entries if user == user_id]
        pairs = [
            Candidate(user_id, probe.attribute, one.attribute, self._sdk.match(probe, one))
            for probe in probes
            for one in own
            if one.attribute is probe.attribute
        ]
        best = max(pairs, key=lambda pair: pair.score, default=None)
        return best if best is not None and best.score >= threshold else None

    def _search(self, probe: Template) -> list[Candidate]:
        modality = modality_of(probe.attribute)
        with self._lock:
            index = self._indexes.get(modality)
            if index is None:
                return []
            entries = self._entries[modality]
            found = index.search(probe)
            return [Candidate(entries[n][0], probe.attribute, entries[n][1].attribute, score) for n, score in found]


def find_operator(gallery: Gallery, captures: Iterable[CapturedBiometric], threshold: float) -> OperatorSearch:
    """Whether captures of an applicant are those of an operator (local de-duplication).

    Meant to be asked before a capture is counted: it changes nothing, so a capture that is an operator's costs no attempt.
    Errors of single captures do not end it, but are told: one that could not be compared has not been found to be nobody's.
    """
    probes, unchecked = [], []
    best: Candidate | None = None
    for capture in captures:
        try:
            probes.append(gallery.sdk.extract(capture.attribute, capture.token.iso))
        except BioSdkError as error:
            unchecked.append((capture.attribute, error))
    for probe in probes:
        try:
            found = gallery.find([probe], threshold)
        except BioSdkError as error:
            unchecked.append((probe.attribute, error))
            continue
        if found and (best is None or found[0].score > best.score):
            best = found[0]
    return OperatorSearch(best, tuple(unchecked))
