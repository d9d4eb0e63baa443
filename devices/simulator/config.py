"""How a simulator starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from devices.sbi.trust import L0, L1
from devices.simulator.catalogue import MODALITIES, Purpose, SimulatorOptionError, utc_now
from devices.simulator.scripting.scriptfile import NO_SCRIPT, FaultScript
from devices.simulator.subjects import ImageProfile, Presenter
from packet.models import Clock


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """How a simulator starts.

    Attributes:
        port: None for the first free one from 4501 to 4600; 0 for any free one, as tests want it.
        seed: None for fresh keys; otherwise keys, certificates, serial numbers and scores are the same for every start.
        subject: seed of the synthetic person at the devices; the pictures follow from it.
        presenter: somebody else at the devices, for example images of a folder; None for the synthetic person.
        level: certification level, ``L0`` or ``L1``; None for ``L1`` if authentication is served, else ``L0``.
        env: environment that the device information names.
        clock: gives the times of digital ids and captures.
        modalities: words of `MODALITY_WORDS`, one for each device.
        quality: score of every capture, 0..100; None for good ones by chance.
        faults: names of faults that are active from the start.
        script: what happens when.
        state_dir: where keys are kept; None to keep them in memory only.
        ida_certificate: file with the encryption certificate (reference IDA-FIR) of the authentication server; None for a
            demonstration certificate of the simulator's own.
        auth_images: image format of authentication captures.
        has_cors: whether web pages of any origin may drive the devices.
        admin_token: switches the admin verbs on, for callers that send it; None leaves them off.
        is_admin_open: also serves the four admin verbs of MOSIP's mock without token.
    """

    port: int | None = None
    seed: int | None = None
    subject: int = 1
    level: str | None = None
    env: str = "Staging"
    clock: Clock = utc_now
    presenter: Presenter | None = None
    modalities: tuple[str, ...] = MODALITIES
    purpose: Purpose = Purpose.REGISTRATION
    quality: int | None = None
    faults: tuple[str, ...] = ()
    script: FaultScript = NO_SCRIPT
    state_dir: Path | None = None
    ida_certificate: Path | None = None
    auth_images: ImageProfile = ImageProfile.AUTH
    has_cors: bool = False
    admin_token: str | None = field(default=None, repr=False)
    is_admin_open: bool = False

    @property
    def certification(self) -> str:
        """The level that the devices announce.

        Raises:
            SimulatorOptionError: for an unknown level, or L0 with authentication, which only L1 devices do.
        """
        serves_auth = self.purpose is not Purpose.REGISTRATION
        if self.level is None:
            return L1 if serves_auth else L0
        if self.level not in {L0, L1} or (serves_auth and self.level == L0):
            raise SimulatorOptionError(option="level", value=self.level, expected="L1" if serves_auth else "L0 or L1")
        return self.level
