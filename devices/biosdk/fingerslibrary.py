"""Whether the right library is installed under the name ``nbis``, told without loading it.

Two packages put a module of that name into the same place: nbis-py, which is meant here (NFIQ 2, MINDTCT, BOZORTH3), and
nbis-python, which has other functions. Where both are installed, files of one have overwritten files of the other.
"""

from __future__ import annotations

from importlib import metadata, util
from typing import Final

from devices.biosdk.sdk import SdkState

RIGHT: Final = "nbis-py"
WRONG: Final = "nbis-python"


def library_state(module: str = "nbis") -> tuple[SdkState, str, str]:
    """State, version of the library (empty if not there or not known), and the reason if it is not ready."""
    right, wrong = _version(RIGHT), _version(WRONG)
    if wrong and right:
        return (
            SdkState.UNUSABLE,
            right,
            f"{RIGHT} and {WRONG} are both installed and overwrite each other: remove both, install {RIGHT}.",
        )
    if wrong:
        return SdkState.UNUSABLE, "", f"{WRONG} is installed, which only shares the name: remove it and install {RIGHT}."
    if util.find_spec(module) is None:
        return SdkState.NOT_INSTALLED, "", f"the optional part for fingerprints ({RIGHT}) is not installed."
    return SdkState.READY, right, ""


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
