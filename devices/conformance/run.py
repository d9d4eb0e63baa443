"""The whole check: find services, run every case on every device that it fits, and report one line for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from devices.client.loop import Cancellation, run
from devices.conformance.bench import Bench
from devices.conformance.carry import carry_out
from devices.conformance.cases import toolkit_cases
from devices.conformance.errors import ExchangeError, NoDeviceSelectedError, NoServiceFoundError
from devices.conformance.find import PORTS, InfoEntry, Service, ask_information, find, read_information
from devices.conformance.model import Case, CaseResult, CheckSettings, Kind, Outcome, Target
from devices.conformance.owncases import OWN_CASES
from devices.conformance.tokens import Token, judge_signer

Tell = Callable[[str], None]
INFORMATION_CASE = "SBI1001"
NO_DEVICE = "no device of this kind and purpose"
UNREADABLE = "the information names no device that can be read"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check brings.

    Attributes:
        results: in the order of the case table; a case that fits several devices has several.
        services: every port with a device service.
        strangers: ports on which something listens that is no device service.
        is_trust_checked: signers had to lead to an anchor, not only to fit their signatures.
    """

    results: tuple[CaseResult, ...]
    services: tuple[Service, ...]
    strangers: tuple[int, ...]
    is_trust_checked: bool

    @property
    def is_passed(self) -> bool:
        """No case failed or broke off, and at least one was run."""
        outcomes = {result.outcome for result in self.results}
        return Outcome.PASS in outcomes and not outcomes & {Outcome.FAIL, Outcome.ERROR}


def all_cases() -> tuple[Case, ...]:
    """The toolkit's 196 cases and ours."""
    return (*toolkit_cases(), *(case for case, _function in OWN_CASES))


def check(
    ports: Iterable[int] = PORTS,
    settings: CheckSettings | None = None,
    tell: Tell | None = None,
    cancellation: Cancellation | None = None,
    cases: Sequence[Case] | None = None,
) -> Report:
    """Checks every device service on the ports. Blocks; other threads may cancel it.

    Args:
        tell: gets a line for every case that begins.
        cases: all if None.

    Raises:
        NoServiceFoundError: if nothing on the ports is a device service.
        NoDeviceSelectedError: if the modality and purpose asked for leave no device.
        DeviceCancelledError: if it was given up.
    """
    work = _check(list(ports), settings or CheckSettings(), tell or _nothing, all_cases() if cases is None else cases)
    return run(work, "the check of the device service", cancellation)


def _nothing(_line: str) -> None:
    return


async def _check(ports: list[int], settings: CheckSettings, tell: Tell, cases: Sequence[Case]) -> Report:
    found = await find(ports)
    is_single = len(ports) == 1
    services = tuple(service for service in found if service.is_device_service or is_single)
    if not services:
        raise NoServiceFoundError(ports=_named(ports))
    settings = _with_what_is_at_hand(settings, services)
    selected = {service.port: _selected(service, settings) for service in services}
    if not any(selected.values()) and any(service.targets for service in services):
        raise NoDeviceSelectedError(ports=_named(ports))
    wanted = [service for service in services if selected[service.port] or not service.targets]
    lists = await asyncio.gather(*(_run(service.port, selected[service.port], settings, tell, cases) for service in wanted))
    by_case: dict[str, list[CaseResult]] = {}
    for service, ran in zip(wanted, lists, strict=True):
        for result in (*_unreadable(service, ran), *ran):
            by_case.setdefault(result.id, []).append(result)
    reason = NO_DEVICE if any(service.targets for service in services) else UNREADABLE
    results = tuple(result for case in cases for result in by_case.get(case.id, [_not_run(case, reason)]))
    is_trust_checked = settings.trust.is_checked
    strangers = tuple(service.port for service in found if service not in services)
    return Report(results, services, strangers, is_trust_checked)


def _with_what_is_at_hand(settings: CheckSettings, services: Sequence[Service]) -> CheckSettings:
    """Trust that nobody asked for must not fail another maker's service, so it is only used where a device leads to it."""
    known = settings.at_hand
    if known is None or settings.trust.is_checked:
        return settings
    leaves = [target.leaf for service in services for target in service.targets]
    signers = [Token(certificates=(leaf,)) for leaf in leaves if leaf is not None]
    if not signers or any(judge_signer(token, "DEVICE", known.trust, settings.clock()) for token in signers):
        return settings
    return replace(settings, trust=known.trust, auth_keys=settings.auth_keys or known.auth_keys)


def _unreadable(service: Service, results: Sequence[CaseResult]) -> list[CaseResult]:
    """A fault of its own for information that could not be read when devices were looked for, but could be later."""
    if not service.faults or any(result.id == INFORMATION_CASE and result.outcome is Outcome.FAIL for result in results):
        return []
    detail = f"while looking for devices: {'; '.join(service.faults)}"
    return [CaseResult(INFORMATION_CASE, "MOSIPDINFO", Outcome.FAIL, detail, str(service.port))]


def _named(ports: Sequence[int]) -> str:
    return f"port {ports[0]}" if len(ports) == 1 else f"ports {ports[0]} to {ports[-1]}"


def _selected(service: Service, settings: CheckSettings) -> tuple[Target, ...]:
    return tuple(
        target
        for target in service.targets
        if target.bio_type in settings.bio_types and (not settings.purpose or target.purpose in {settings.purpose, ""})
    )


def _not_run(case: Case, reason: str) -> CaseResult:
    return CaseResult(case.id, case.title, Outcome.NOT_APPLICABLE, case.reason or reason)


async def _run(
    port: int, targets: tuple[Target, ...], settings: CheckSettings, tell: Tell, cases: Sequence[Case]
) -> list[CaseResult]:
    """All cases on one service, one after the other: a device serves one request at a time."""
    ends_at = time.monotonic() + settings.deadline_s
    entries = await _entries(port)
    results = []
    for case in cases:
        for chosen in _chosen(case, targets):
            bench = Bench(port, settings, targets, entries, chosen)
            tell(f"{case.id} {case.title}")
            results.append(await _within(case, bench, ends_at - time.monotonic()))
    return results


async def _entries(port: int) -> list[InfoEntry]:
    try:
        return read_information(await ask_information(port))[0]
    except ExchangeError:
        return []


def _chosen(case: Case, targets: tuple[Target, ...]) -> tuple[Target | None, ...]:
    """The devices that a case is run on; (None,) for one that looks at the service."""
    if case.kind is Kind.MANUAL:
        return ()
    if case.shot is None and case.kind is not Kind.ROTATION:
        return (None,)
    return tuple(target for target in targets if _fits(case, target))


def _fits(case: Case, target: Target) -> bool:
    return (
        target.purpose in case.purposes
        and case.bio_type in {None, target.bio_type}
        and (not case.sub_types or target.sub_type in case.sub_types)
    )


async def _within(case: Case, bench: Bench, left_s: float) -> CaseResult:
    try:
        async with asyncio.timeout(max(0.0, left_s)):
            return await carry_out(case, bench)
    except TimeoutError:
        result = CaseResult(case.id, case.title, Outcome.ERROR, "the time for the whole check is over")
        return replace(result, device=bench.chosen.name if bench.chosen else str(bench.port))
