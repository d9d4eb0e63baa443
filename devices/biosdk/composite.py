"""Several SDKs as one: each question goes to the first that is ready for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from devices.biosdk.errors import ModalityUnsupportedError
from devices.biosdk.sdk import (
    Ability,
    BioSdk,
    OneToMany,
    QualityScore,
    SdkInfo,
    SdkState,
    Template,
    TemplateIndex,
    modality_of,
)
from packet.models import BioAttribute, Modality

NAME: Final = "Local biometrics"


class CompositeSdk:
    """A `BioSdk` of parts in order of preference. As safe for threads as its parts."""

    def __init__(self, parts: Sequence[BioSdk]) -> None:
        self._parts = tuple(parts)

    def describe(self) -> SdkInfo:
        """What the parts that are ready do together; ready if one is."""
        ready = tuple(info for info in self.describe_parts() if info.is_ready)
        modalities = frozenset[Modality]().union(*(info.modalities for info in ready))
        abilities = frozenset[Ability]().union(*(info.abilities for info in ready))
        if ready:
            return SdkInfo(NAME, "", modalities, abilities, SdkState.READY, parts=ready)
        return SdkInfo(NAME, "", modalities, abilities, SdkState.NOT_INSTALLED, "None of the local biometric SDKs can be used.")

    def describe_parts(self) -> tuple[SdkInfo, ...]:
        """Every part with its state; for the list of the machine's equipment."""
        return tuple(part.describe() for part in self._parts)

    def quality(self, attribute: BioAttribute, iso: bytes) -> QualityScore | None:
        """Of the first part that scores this modality; see `BioSdk.quality`."""
        part = self._part(Ability.QUALITY, modality_of(attribute))
        return None if part is None else part.quality(attribute, iso)

    def extract(self, attribute: BioAttribute, iso: bytes) -> Template:
        """By the first part that compares this modality; see `BioSdk.extract`."""
        return self._matcher(modality_of(attribute)).extract(attribute, iso)

    def match(self, probe: Template, template: Template) -> float:
        """By the first part that compares this modality; see `BioSdk.match`."""
        return self._matcher(modality_of(probe.attribute)).match(probe, template)

    def index(self, modality: Modality) -> TemplateIndex:
        """The part's own index, or one that compares one by one; see `OneToMany`."""
        part = self._matcher(modality)
        return part.index(modality) if isinstance(part, OneToMany) else PairwiseIndex(part)

    def _matcher(self, modality: Modality) -> BioSdk:
        part = self._part(Ability.MATCH, modality)
        if part is None:
            raise ModalityUnsupportedError(name=NAME, modality=modality.value)
        return part

    def _part(self, ability: Ability, modality: Modality) -> BioSdk | None:
        return next((part for part in self._parts if part.describe().can(ability, modality)), None)


class PairwiseIndex:
    """A `TemplateIndex` that compares the probe with every template, for SDKs that have no better one."""

    def __init__(self, sdk: BioSdk) -> None:
        self._sdk = sdk
        self._templates: list[Template] = []

    def add(self, template: Template) -> None:
        """Adds a template."""
        self._templates.append(template)

    def search(self, probe: Template) -> list[tuple[int, float]]:
        """Scores of all templates; see `TemplateIndex.search`."""
        return [(number, self._sdk.match(probe, template)) for number, template in enumerate(self._templates)]
