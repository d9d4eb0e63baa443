"""Vendors and products by their USB numbers: biometric devices and document scanners.

Sources: the public list of USB ids (linux-usb.org) for vendors, the SANE project's list of supported scanners for scanners,
SecuGen's instructions for Linux for its products. A vendor without product stands for all that it makes, which is a guess
and marked as one. MOSIP itself keeps no such list: who needs another device adds it in a file (`devices.usb.knownfile`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from devices.usb.model import Certainty, UsbKind


@dataclass(frozen=True, slots=True)
class KnownId:
    """One entry.

    Attributes:
        product: None for everything of this vendor that has no entry of its own.
        makes: names under which the maker may stand as ``make`` in device information, in small letters.
    """

    vendor: int
    product: int | None
    name: str
    kind: UsbKind
    makes: frozenset[str] = frozenset()


class KnownIds:
    """A table to look up in; entries given later replace those given before."""

    def __init__(self, entries: Iterable[KnownId]) -> None:
        self._entries: Mapping[tuple[int, int | None], KnownId] = MappingProxyType(
            {(entry.vendor, entry.product): entry for entry in entries}
        )

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, vendor: int, product: int) -> tuple[KnownId | None, Certainty]:
        """The entry of a product, else that of its vendor, and how sure that is."""
        exact = self._entries.get((vendor, product))
        if exact is not None:
            return exact, Certainty.PRODUCT
        general = self._entries.get((vendor, None))
        return general, Certainty.NONE if general is None else Certainty.VENDOR

    def with_more(self, entries: Iterable[KnownId]) -> KnownIds:
        """This table with more entries."""
        return KnownIds([*self._entries.values(), *entries])


def _biometric(vendor: int, name: str, *makes: str) -> KnownId:
    return KnownId(vendor, None, f"{name} biometric device", UsbKind.BIOMETRIC, frozenset({name.lower(), *makes}))


def _secugen(product: int, name: str) -> KnownId:
    return KnownId(0x1162, product, f"SecuGen {name} fingerprint reader", UsbKind.BIOMETRIC, frozenset({"secugen"}))


def _scanners(vendor: int, maker: str, products: Mapping[int, str]) -> list[KnownId]:
    return [KnownId(vendor, number, f"{maker} {name}", UsbKind.SCANNER) for number, name in products.items()]


def _scanner_maker(vendor: int, maker: str) -> KnownId:
    return KnownId(vendor, None, f"{maker} scanner", UsbKind.SCANNER)


_BIOMETRIC: Final = (
    _biometric(0x05BA, "DigitalPersona", "crossmatch", "hid"),
    _biometric(0x079B, "Sagem", "morpho", "idemia", "safran"),
    _biometric(0x080B, "Cross Match", "crossmatch", "hid"),
    _biometric(0x0A86, "NITGEN"),
    _biometric(0x0BCA, "Startek"),
    _biometric(0x113F, "Integrated Biometrics", "ib"),
    _biometric(0x1162, "SecuGen"),
    _biometric(0x1491, "Futronic"),
    _biometric(0x16D1, "Suprema"),
    _biometric(0x1FAE, "Lumidigm", "hid"),
    _biometric(0x1FBA, "DERMALOG"),
    _biometric(0x225D, "Morpho", "idemia", "safran"),
    _biometric(0x298D, "NEXT Biometrics"),
    _secugen(0x0320, "FDU03"),
    _secugen(0x0322, "SDU03M"),
    _secugen(0x0330, "FDU04"),
    _secugen(0x1000, "SDU03P"),
    _secugen(0x2000, "SDU04P"),
)
_SCANNER_MAKERS: Final = (
    _scanner_maker(0x04A7, "Visioneer"),
    _scanner_maker(0x055F, "Mustek"),
    _scanner_maker(0x05DA, "Microtek"),
    _scanner_maker(0x0638, "Avision"),
    _scanner_maker(0x07B3, "Plustek"),
    _scanner_maker(0x08F0, "Corex"),
    _scanner_maker(0x1083, "Canon Electronics"),
    _scanner_maker(0x1606, "Umax"),
)
_SCANNERS: Final = (
    *_scanners(0x03F0, "HP ScanJet", {0x4505: "G4010", 0x4605: "G4050"}),
    *_scanners(
        0x04A9,
        "Canon CanoScan",
        {0x1905: "LiDE 200", 0x190A: "LiDE 210", 0x190F: "LiDE 220", 0x1912: "LiDE 400", 0x1913: "LiDE 300"},
    ),
    *_scanners(
        0x04B8,
        "Epson",
        {0x014C: "DS-510", 0x014D: "DS-560", 0x0154: "DS-520", 0x0155: "DS-530", 0x0167: "DS-535", 0x0182: "DS-530II"},
    ),
    *_scanners(
        0x04C5,
        "Fujitsu",
        {
            0x114F: "fi-6130",
            0x11A2: "ScanSnap S1500",
            0x11F3: "fi-6130Z",
            0x132B: "ScanSnap iX500",
            0x132C: "fi-7180",
            0x132D: "fi-7280",
            0x132E: "fi-7160",
            0x132F: "fi-7260",
            0x14DF: "fi-7140",
            0x14E0: "fi-7240",
            0x15FC: "fi-800R",
        },
    ),
    *_scanners(0x04DA, "Panasonic", {0x1006: "KV-S1025C", 0x1007: "KV-S1020C", 0x1009: "KV-S2048C", 0x1010: "KV-S1045C"}),
    *_scanners(0x0638, "Avision", {0x0A23: "AV220"}),
)

SHIPPED: Final = KnownIds((*_BIOMETRIC, *_SCANNER_MAKERS, *_SCANNERS))
"""What every installation knows."""
