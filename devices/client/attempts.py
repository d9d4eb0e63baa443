"""How several attempts at one modality become the captures that are kept.

MOSIP's rule. An attempt passes if the sum of its scores reaches the threshold times the number of captures. While nothing is
kept, an attempt is kept only if it passes, or if it is the last one that is allowed; the latter is then marked as forced.
Once something is kept, each finger or eye is replaced when its new score is at least as good, so those of one hand may come
from different attempts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from packet.models import BioAttribute, CapturedBiometric


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts made so far; `after` gives the state after another one.

    Marking or unmarking an exception starts anew: make a new value.

    Attributes:
        threshold: 0..100.
        maximum: how many attempts are allowed; 0 for any number, as with exception photos, which have no threshold.
        count: attempts made.
        kept: what would go into the packet now.
        averages: mean score of every attempt, in order.
        scores: score of every finger or eye of every attempt, in order.
        uses_sdk_score: the local quality SDK's score counts instead of the device's.
    """

    threshold: float
    maximum: int
    count: int = 0
    kept: Mapping[BioAttribute, CapturedBiometric] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    averages: tuple[float, ...] = ()
    scores: tuple[Mapping[BioAttribute, float], ...] = ()
    uses_sdk_score: bool = False

    def score(self, capture: CapturedBiometric) -> float:
        """The score of a capture that counts, 0..100."""
        return capture.sdk_score if self.uses_sdk_score else capture.quality_score

    @property
    def is_forced(self) -> bool:
        """Whether something is kept that never reached the threshold."""
        return any(capture.forced for capture in self.kept.values())

    @property
    def may_try(self) -> bool:
        """Whether another attempt is allowed."""
        return self.maximum == 0 or self.count < self.maximum

    def after(self, captures: Sequence[CapturedBiometric]) -> Attempts:
        """The state after an attempt whose captures were all accepted. Refused or failed captures are no attempts.

        Raises:
            ValueError: if there are no captures, or no attempt is allowed any more; both are mistakes of the caller.
        """
        if not captures or not self.may_try:
            raise ValueError("no captures, or no attempt left")
        count = self.count + 1
        scores = {capture.attribute: self.score(capture) for capture in captures}
        total = sum(scores.values())
        is_pass = total >= self.threshold * len(captures)
        is_forced = not is_pass and (self.maximum == 1 or (not self.kept and 0 < self.maximum <= count))
        kept = dict(self.kept)
        for capture in captures:
            saved = self.kept.get(capture.attribute)
            is_better = saved is not None and scores[capture.attribute] >= self.score(saved)
            is_new = saved is None and (bool(self.kept) or is_pass or is_forced)
            if is_better or is_new:
                kept[capture.attribute] = replace(capture, attempts=count, forced=is_forced)
        return replace(
            self,
            count=count,
            kept=MappingProxyType(kept),
            averages=(*self.averages, total / len(captures)),
            scores=(*self.scores, MappingProxyType(scores)),
        )

    def is_complete(self, attributes: Collection[BioAttribute], exceptions: Collection[BioAttribute] = ()) -> bool:
        """Whether everything of the modality is there, well enough or forced; an exception counts as present."""
        wanted = set(attributes) - set(exceptions)
        if not wanted <= set(self.kept):
            return False
        kept = [self.kept[attribute] for attribute in wanted]
        is_good = sum(map(self.score, kept)) >= self.threshold * len(kept)
        return is_good or any(capture.forced for capture in kept)
