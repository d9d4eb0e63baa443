"""What numbers of people and applications look like, as a country configures it.

Property names and defaults are those of MOSIP's kernel. Where its releases differ, or its validator and its generator do, there
is a setting of our own, named below; its default accepts whatever the server may have issued.

=============================================  ====================  =========================================================
Property                                       Default               Meaning; 0 or less, or empty, switches a limit off
=============================================  ====================  =========================================================
``mosip.kernel.uin.length``                    10                    digits
``...uin.length.sequence-limit``               3                     so many digits in a run (``123``, ``321``) are refused
``...uin.length.repeating-limit``              2                     11 and 1x1 are refused (2: up to one digit between them)
``...uin.length.repeating-block-limit``        2                     a block of so many digits must not come again
``...uin.length.conjugative-even-digits-limit``  3                   so many of 2, 4, 6, 8 side by side are refused
``...uin.length.reverse-digits-limit``         5                     the first so many, backwards, must not be the last
``...uin.length.digits-limit``                 5                     the first so many must not be the last
``...uin.restricted-numbers``                  786,666               must not be part of it
``...uin.not-start-with``                      0,1
``mosip.kernel.vid.length``                    16                    then ``.sequence-limit`` 3, ``.repeating-limit`` 2,
                                                                     ``.repeating-block-limit`` 2 below ``vid.length``
``mosip.kernel.prid.length``                   14                    then ``prid.sequence-limit`` 3, ``prid.repeating-limit`` 2,
                                                                     ``prid.repeating-block-limit`` 3 below ``prid``
``...restricted-numbers``, ``not-start-with``  786,666 and 0,1       of ``vid`` and ``prid`` as well
``mosip.kernel.rid.length``                    29                    with ``registrationcenterid.length`` 5,
                                                                     ``machineid.length`` 5, ``rid.sequence-length`` 5,
                                                                     ``rid.timestamp-length`` 14
``sealdesk.uin.repeating-is-adjacent``         false                 true: as kernels after 1.2.0 do, a digit may come again,
                                                                     but not more than the limit times in a row
``sealdesk.uin.cyclic-numbers-refused``        true                  142857 and longer cyclic numbers, which the kernel's
                                                                     generator never issues
=============================================  ====================  =========================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import AppError
from packet.rid import DEFAULT_LENGTHS, RidLengths

_TIMESTAMP_LENGTH = 14
_LONGEST = 64


class IdNumberRulesInvalidError(AppError):
    """A property about numbers has a value that cannot be used."""

    code = "APP-ID-NUMBER-RULES"
    sentence = "The setting {name} cannot be used: {why}."
    next_step = "Correct it in the configuration of the server, then synchronise again."

    def __init__(self, *, name: str, why: str) -> None:
        super().__init__(name=name, why=why)


@dataclass(frozen=True, slots=True)
class NumberRules:
    """Rules for one kind of number; a limit of 0 is not applied.

    Attributes:
        length: digits, check digit included.
        sequence_limit: smallest forbidden run of digits that each rise or each fall by one.
        repeating_limit: a digit must not come again with fewer than so many digits from one to the other; with
            `is_repeating_adjacent`, it must not stand more than so many times in a row.
        repeating_block_limit: smallest block of digits that must not come again, overlaps not counted.
        even_digits_limit: smallest forbidden run of 2, 4, 6, 8.
        mirrored_limit: so many first digits must not be the last ones backwards.
        halves_limit: so many first digits must not be the last ones.
    """

    length: int
    not_starting_with: tuple[str, ...] = ("0", "1")
    restricted_numbers: tuple[str, ...] = ("786", "666")
    sequence_limit: int = 3
    repeating_limit: int = 2
    is_repeating_adjacent: bool = False
    repeating_block_limit: int = 2
    even_digits_limit: int = 0
    mirrored_limit: int = 0
    halves_limit: int = 0
    are_cyclic_numbers_refused: bool = False


_UIN = NumberRules(length=10, even_digits_limit=3, mirrored_limit=5, halves_limit=5, are_cyclic_numbers_refused=True)
_VID = NumberRules(length=16)
_PRID = NumberRules(length=14, repeating_block_limit=3)


@dataclass(frozen=True, slots=True)
class IdNumberRules:
    """Rules for all kinds of numbers."""

    uin: NumberRules = _UIN
    vid: NumberRules = _VID
    prid: NumberRules = _PRID
    rid: RidLengths = DEFAULT_LENGTHS

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> IdNumberRules:
        """Rules of a country; what is not configured has MOSIP's default.

        Raises:
            IdNumberRulesInvalidError: for a value that is no number, or numbers that contradict each other.
        """
        read = _Properties(properties)
        return cls(uin=read.uin(), vid=read.vid(), prid=read.prid(), rid=read.rid())


class _Properties:
    def __init__(self, properties: Mapping[str, str]) -> None:
        self._properties = properties

    def uin(self) -> NumberRules:
        at = "mosip.kernel.uin.length"
        return NumberRules(
            length=self._length(at, _UIN.length),
            not_starting_with=self._texts("mosip.kernel.uin.not-start-with", _UIN.not_starting_with),
            restricted_numbers=self._texts("mosip.kernel.uin.restricted-numbers", _UIN.restricted_numbers),
            sequence_limit=self._limit(f"{at}.sequence-limit", _UIN.sequence_limit),
            repeating_limit=self._limit(f"{at}.repeating-limit", _UIN.repeating_limit),
            is_repeating_adjacent=self._flag("sealdesk.uin.repeating-is-adjacent", default=_UIN.is_repeating_adjacent),
            repeating_block_limit=self._limit(f"{at}.repeating-block-limit", _UIN.repeating_block_limit),
            even_digits_limit=self._limit(f"{at}.conjugative-even-digits-limit", _UIN.even_digits_limit),
            mirrored_limit=self._limit(f"{at}.reverse-digits-limit", _UIN.mirrored_limit),
            halves_limit=self._limit(f"{at}.digits-limit", _UIN.halves_limit),
            are_cyclic_numbers_refused=self._flag(
                "sealdesk.uin.cyclic-numbers-refused", default=_UIN.are_cyclic_numbers_refused
            ),
        )

    def vid(self) -> NumberRules:
        return self._short("mosip.kernel.vid", "mosip.kernel.vid.length", _VID)

    def prid(self) -> NumberRules:
        return self._short("mosip.kernel.prid", "mosip.kernel.prid", _PRID)

    def _short(self, kind: str, limits_at: str, default: NumberRules) -> NumberRules:
        return NumberRules(
            length=self._length(f"{kind}.length", default.length),
            not_starting_with=self._texts(f"{kind}.not-start-with", default.not_starting_with),
            restricted_numbers=self._texts(f"{kind}.restricted-numbers", default.restricted_numbers),
            sequence_limit=self._limit(f"{limits_at}.sequence-limit", default.sequence_limit),
            repeating_limit=self._limit(f"{limits_at}.repeating-limit", default.repeating_limit),
            repeating_block_limit=self._limit(f"{limits_at}.repeating-block-limit", default.repeating_block_limit),
        )

    def rid(self) -> RidLengths:
        lengths = RidLengths(
            centre=self._length("mosip.kernel.registrationcenterid.length", 5),
            machine=self._length("mosip.kernel.machineid.length", 5),
            sequence=self._length("mosip.kernel.rid.sequence-length", 5),
        )
        time_at, total_at = "mosip.kernel.rid.timestamp-length", "mosip.kernel.rid.length"
        if self._length(time_at, _TIMESTAMP_LENGTH) != _TIMESTAMP_LENGTH:
            raise IdNumberRulesInvalidError(name=time_at, why=f"the time of a registration id has {_TIMESTAMP_LENGTH} digits")
        if self._length(total_at, lengths.total) != lengths.total:
            raise IdNumberRulesInvalidError(name=total_at, why=f"the parts together have {lengths.total} digits")
        return lengths

    def _length(self, name: str, default: int) -> int:
        value = self._number(name, default)
        if not 1 <= value <= _LONGEST:
            raise IdNumberRulesInvalidError(name=name, why=f"it must be from 1 to {_LONGEST}")
        return value

    def _limit(self, name: str, default: int) -> int:
        return max(0, self._number(name, default))

    def _number(self, name: str, default: int) -> int:
        text = self._properties.get(name, "").strip()
        if not text:
            return default
        if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 6:
            raise IdNumberRulesInvalidError(name=name, why="it is no whole number")
        return int(text)

    def _texts(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        if name not in self._properties:
            return default
        return tuple(item.strip() for item in self._properties[name].split(",") if item.strip())

    def _flag(self, name: str, *, default: bool) -> bool:
        text = self._properties.get(name, "").strip().lower()
        if text not in ("", "true", "false"):
            raise IdNumberRulesInvalidError(name=name, why="it must be true or false")
        return default if not text else text == "true"
