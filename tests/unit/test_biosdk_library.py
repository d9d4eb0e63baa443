"""Without the library, or with the one that shares its name, fingers are a state that can be read."""

from __future__ import annotations

from importlib import metadata

import pytest

from devices.biosdk import fingerslibrary
from devices.biosdk.errors import SdkCrashedError, SdkNotReadyError
from devices.biosdk.fingers import NbisFingers
from devices.biosdk.opening import open_local_sdk
from devices.biosdk.sdk import Ability, SdkState
from devices.biosdk.worker import Worker
from packet.models import BioAttribute, Modality
from tests.support.fingerrecords import finger_iso, print_of

FINGER = BioAttribute.LEFT_INDEX


class DeadWorker(Worker):
    """A process that always dies."""

    def __init__(self) -> None:
        super().__init__("NBIS fingers", ("false",), 1)

    def call(self, task: str, content: bytes) -> bytes:
        raise SdkCrashedError(name="NBIS fingers")


def install(monkeypatch: pytest.MonkeyPatch, *distributions: str) -> None:
    def version(name: str) -> str:
        if name in distributions:
            return "0.1.3"
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("devices.biosdk.fingerslibrary.metadata.version", version)
    found = object() if distributions else None
    monkeypatch.setattr("devices.biosdk.fingerslibrary.util.find_spec", lambda name: found)


@pytest.mark.parametrize(
    ("distributions", "state", "reason"),
    [
        (("nbis-py",), SdkState.READY, ""),
        ((), SdkState.NOT_INSTALLED, "nbis-py"),
        (("nbis-python",), SdkState.UNUSABLE, "shares the name"),
        (("nbis-py", "nbis-python"), SdkState.UNUSABLE, "overwrite each other"),
    ],
)
def test_the_state_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, distributions: tuple[str, ...], state: SdkState, reason: str
) -> None:
    install(monkeypatch, *distributions)
    found, _, why = fingerslibrary.library_state()
    assert found is state
    assert reason in why


def test_a_library_that_cannot_be_loaded_is_a_state() -> None:
    info = NbisFingers(DeadWorker()).describe()
    assert info.state in {SdkState.UNUSABLE, SdkState.NOT_INSTALLED}
    assert info.reason


def test_without_the_library_quality_is_by_our_own_measure_and_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    iso = finger_iso(FINGER, print_of(3, FINGER))
    with open_local_sdk() as sdk:
        score = sdk.quality(FINGER, iso)
        assert score is not None
        assert score.algorithm.startswith("Sealdesk")
        assert score.value > 50
        assert not sdk.describe().can(Ability.MATCH, Modality.FINGER)
        of_fingers = sdk.describe_parts()[:2]
        assert [info.state for info in of_fingers] == [SdkState.NOT_INSTALLED, SdkState.READY]


def test_asking_a_missing_library_to_compare_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    with pytest.raises(SdkNotReadyError, match="nbis-py"):
        NbisFingers(DeadWorker()).extract(FINGER, b"")
