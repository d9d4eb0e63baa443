"""Faults of what is signed: wrong values in a capture, wrong times, wrong scores, wrong fingers, wrong records."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image

from devices.simulator.asked import Asked, Item
from devices.simulator.faults.effects import CAPTURES, Effect, Fault, Values
from packet.bioattributes import FACTS, FINGERS
from packet.models import BioAttribute

_VALUES = "Values of a capture"
_TIMES = "Times"
_SCORES = "Quality scores"
_WHAT = "What is captured"
_RECORDS = "ISO records"
_PAYLOAD = "Payload text"

_NOT_ASKED = "Refuse: the capture is not the one that was asked for."
_FORM = "Refuse: the only form is UTC yyyy-MM-dd'T'HH:mm:ss'Z'."
_SCORE = "Refuse: a score is a plain decimal from 0 to 100; never compare anything else with a threshold."
_SET = "Refuse the whole answer: the attributes must be those asked for, each once."
_HEADER = "Refuse: compare every length and position of the record with what is there and what was asked."
_REBUILD = "Refuse at the desk: a server could not rebuild the signed text from a packet."
_BOMB_SIDE = 30_000


def _put(name: str, does: str, client: str, group: str = _VALUES, **values: Any) -> Fault:
    return Fault(name, group, does, client, CAPTURES, Effect(payload=lambda payload: payload.update(values)))


def _without(name: str) -> Callable[[Values], None]:
    return lambda payload: payload.pop(name, None)


def _score(name: str, text: str, does: str) -> Fault:
    return _put(name, does, _SCORE, _SCORES, qualityScore=text)


def _reformat(change: Callable[[str], str]) -> Effect:
    return Effect(payload=lambda payload: payload.update(timestamp=change(payload["timestamp"])))


def _items(name: str, does: str, client: str, change: Callable[[tuple[Item, ...], Asked], tuple[Item, ...]]) -> Fault:
    return Fault(name, _WHAT, does, client, CAPTURES, Effect(items=change))


def _stranger(items: tuple[Item, ...], asked: Asked) -> Item:
    """A finger (for fingers) or eye that was not asked for; the first one again if there is none."""
    kind = FACTS[items[0].attribute].modality
    used = {*asked.attributes, *asked.exceptions}
    candidates = [a for a in (*FINGERS, BioAttribute.LEFT_EYE, BioAttribute.RIGHT_EYE) if FACTS[a].modality is kind]
    found = next((a for a in candidates if a not in used), None)
    return items[0] if found is None else Item(found, FACTS[found].sbi_sub_type)


def _wrong(items: tuple[Item, ...], asked: Asked) -> tuple[Item, ...]:
    return (_stranger(items, asked), *items[1:])


def _extra(items: tuple[Item, ...], asked: Asked) -> tuple[Item, ...]:
    return (*items, _stranger(items, asked))


def _with_exceptions(items: tuple[Item, ...], asked: Asked) -> tuple[Item, ...]:
    kind = FACTS[items[0].attribute].modality
    returned = [Item(a, FACTS[a].sbi_sub_type) for a in asked.exceptions if FACTS[a].modality is kind]
    return (*items, *(returned or [_stranger(items, asked)]))


def _another_modality(items: tuple[Item, ...], _asked: Asked) -> tuple[Item, ...]:
    is_face = FACTS[items[0].attribute].sbi_type == "Face"
    other = BioAttribute.LEFT_EYE if is_face else BioAttribute.FACE
    return tuple(Item(other, FACTS[other].sbi_sub_type) for _ in items[:1])


def _position_offset(record: bytes) -> int:
    """Where finger position or eye label stands; see the tables of `packet.iso`. -1 for a face, which has none."""
    if record[:4] == b"FIR\0":
        blocks = 35 + 5 * record[34]
        return blocks + 1 + 3 * record[blocks] if record[14] else blocks
    return 37 + 5 * record[34] if record[:4] == b"IIR\0" else -1


def _another_position(record: bytes) -> bytes:
    at = _position_offset(record)
    if at < 0:
        return b"FIR\0" + record[4:]
    changed = bytearray(record)
    changed[at] = changed[at] % 2 + 1
    return bytes(changed)


def _length_lies(record: bytes) -> bytes:
    return record[:8] + (len(record) + 1000).to_bytes(4) + record[12:]


def _image_start(record: bytes) -> int:
    """Offset of the image: the signature box of JPEG 2000, or the end if it is something else."""
    at = record.find(b"\0\0\0\x0cjP  ")
    return at if at >= 0 else len(record)


def _other_size(record: bytes) -> bytes:
    """Adds 16 to the width in the header."""
    at = _width_offset(record)
    width = int.from_bytes(record[at : at + 2]) + 16
    return record[:at] + width.to_bytes(2) + record[at + 2 :]


def _width_offset(record: bytes) -> int:
    match record[:4]:
        case b"FIR\0":
            return _position_offset(record) + 14
        case b"IIR\0":
            return 41 + 5 * record[34]
        case _:
            return 55 + 5 * record[35] + 8 * int.from_bytes(record[36 + 5 * record[35] : 38 + 5 * record[35]])


def _with_image(record: bytes, image: bytes) -> bytes:
    """The record with another image, all lengths right."""
    at = _image_start(record)
    body = record[: at - 4] + len(image).to_bytes(4) + image
    representation = 17 if record[:4] == b"FAC\0" else 16
    body = body[:8] + len(body).to_bytes(4) + body[12:]
    return body[:representation] + (len(body) - representation).to_bytes(4) + body[representation + 4 :]


def _bomb(record: bytes) -> bytes:
    """An image of a few kilobytes that says it has 900 million pixels. Its size is written into the finished file."""
    out = BytesIO()
    Image.new("RGB" if record[:4] == b"FAC\0" else "L", (64, 64), 200).save(out, "JPEG2000", irreversible=False)
    image = bytearray(out.getvalue())
    side = _BOMB_SIDE.to_bytes(4)
    ihdr = image.index(b"ihdr") + 4
    image[ihdr : ihdr + 8] = side + side
    siz = image.index(b"\xff\x51") + 6
    image[siz : siz + 8] = side + side
    return _with_image(record, bytes(image))


def _broken_image(record: bytes) -> bytes:
    at = _image_start(record)
    middle = (at + len(record)) // 2
    return record[:middle] + bytes(64) + record[middle + 64 :]


def _not_an_image(record: bytes) -> bytes:
    return _with_image(record, b"GIF89a" + bytes(200))


def _record(name: str, does: str, client: str, change: Callable[[bytes], bytes]) -> Fault:
    return Fault(name, _RECORDS, does, client, CAPTURES, Effect(record=change))


def _text(name: str, does: str, change: Callable[[bytes], bytes]) -> Fault:
    return Fault(name, _PAYLOAD, does, _REBUILD, CAPTURES, Effect(payload_text=change))


def _padded_bio_value(payload: Values) -> None:
    payload["bioValue"] += "=" * (-len(payload["bioValue"]) % 4) or "===="


def _standard_alphabet(payload: Values) -> None:
    payload["bioValue"] = payload["bioValue"].replace("-", "+").replace("_", "/") + "+/"


def _two_bio_values(text: bytes) -> bytes:
    return text[:-1] + b',"bioValue":"AAAA"}'


def _placeholder(text: bytes) -> bytes:
    return text[:-1] + b',"remark":"<bioValue>"}'


def _not_utf8(text: bytes) -> bytes:
    return text[:-1] + b',"remark":"\xff\xfe"}'


FAULTS: tuple[Fault, ...] = (
    _put("wrong-transaction-id", "Answers with another transaction id.", _NOT_ASKED, transactionId="0000-another"),
    _put("wrong-env", "Answers from another environment.", _NOT_ASKED, env="Developer"),
    _put("wrong-purpose", "Answers for another purpose.", _NOT_ASKED, purpose="Unknown"),
    _put("wrong-bio-type", "Names another biometric type than the one captured.", _NOT_ASKED, bioType="Palm"),
    _put("wrong-device-code", "Answers with the code of another device.",
         "Refuse: the code must be that of the signed information.", deviceCode="00000000-0000-0000-0000-000000000000"),
    _put("wrong-service-version", "Names another service version than in its information.",
         "Accept or refuse as configured; write the one of the capture into the packet.", deviceServiceVersion="0.0.1"),
    Fault("payload-incomplete", _VALUES, "Leaves the transaction id out of the capture.", _NOT_ASKED, CAPTURES,
          Effect(payload=_without("transactionId"))),
    Fault("clock-behind", _TIMES, "Has a clock that is ten minutes slow.",
          "Refuse outside five minutes, and say that the clocks differ.", CAPTURES, Effect(clock_offset_s=-600)),
    Fault("clock-ahead", _TIMES, "Has a clock that is ten minutes fast.",
          "Refuse outside five minutes, and say that the clocks differ.", CAPTURES, Effect(clock_offset_s=600)),
    Fault("time-fraction", _TIMES, "Writes the time with milliseconds.", _FORM, CAPTURES,
          _reformat(lambda text: text[:-1] + ".123Z")),
    Fault("time-zone", _TIMES, "Writes the time with an offset instead of Z.", _FORM, CAPTURES,
          _reformat(lambda text: text[:-1] + "+00:00")),
    Fault("time-without-zone", _TIMES, "Writes a local time without zone.", _FORM, CAPTURES, _reformat(lambda text: text[:-1])),
    Fault("time-nonsense", _TIMES, "Writes a time that does not exist.", _FORM, CAPTURES,
          _reformat(lambda _text: "2026-02-31T25:61:00Z")),
    _score("quality-nan", "NaN", "Gives NaN as quality, which is neither above nor below a threshold."),
    _score("quality-infinite", "Infinity", "Gives an infinite quality."),
    _score("quality-huge", "1e309", "Gives a quality that overflows."),
    _score("quality-negative", "-0.9", "Gives a quality just below 0, which truncates to 0."),
    _score("quality-above-100", "100.9", "Gives a quality just above 100, which truncates to 100."),
    _score("quality-full-width", "\uff19\uff10", "Writes the quality in full-width digits."),
    _score("quality-empty", "", "Leaves the quality empty."),
    _put("quality-number", "Gives the quality as a number, not as a text.", _SCORE, _SCORES, qualityScore=80),
    _items("missing-finger", "Leaves the last finger or eye out without a word.",
           "Refuse, naming what is missing.", lambda items, _asked: items[:-1]),
    _items("extra-finger", "Adds a finger or eye that was not asked for.", _SET, _extra),
    _items("duplicate-finger", "Sends the first finger or eye twice.", _SET, lambda items, _asked: (*items, items[0])),
    _items("wrong-finger", "Sends another finger or eye in place of the first one.", _SET, _wrong),
    _items("exception-returned", "Sends fingers or eyes that were marked as missing on the person.",
           "Refuse: a packet must not hold what its exceptions deny.", _with_exceptions),
    _items("wrong-modality", "Sends a face when fingers or eyes were asked for, an eye when a face was.", _SET,
           _another_modality),
    Fault("unknown-sub-type", _WHAT, "Names a finger that nobody has.", _SET, CAPTURES,
          Effect(payload=lambda payload: payload.update(bioSubType="Left SixthFinger"))),
    Fault("face-sub-type", _WHAT, "Sends an empty sub-type for a face, and one for other types in capitals.",
          "Tolerate the empty one for a face; refuse names that differ in case.", CAPTURES,
          Effect(payload=lambda payload: payload.update(bioSubType=payload.get("bioSubType", "").upper()))),
    _record("iso-wrong-position", "Names another finger or eye in the record than in the capture.", _HEADER, _another_position),
    _record("iso-length", "Says in the record that it is a thousand bytes longer.", _HEADER, _length_lies),
    _record("iso-trailing", "Appends bytes to the record.", _HEADER, lambda record: record + b"trailing"),
    _record("iso-truncated", "Cuts the record off in the middle.", _HEADER, lambda record: record[: len(record) // 2]),
    _record("iso-magic", "Begins the record with another format identifier.", _HEADER, lambda record: b"XXX\0" + record[4:]),
    _record("iso-version", "Names another version of the standard.", _HEADER, lambda r: r[:4] + b"999\0" + r[8:]),
    _record("iso-size", "Gives a width in the record that is not the image's.", _HEADER, _other_size),
    _record("iso-not-an-image", "Puts something else where the image should be.", _HEADER, _not_an_image),
    _record("iso-broken-image", "Damages the image in its middle.",
            "Refuse if it is decoded; never let the decoder crash the client.", _broken_image),
    _record("jp2-bomb", "Sends an image of a few hundred bytes that claims 900 million pixels.",
            "Check the pixel count before decoding.", _bomb),
    Fault("bio-value-padded", _PAYLOAD, "Pads the record's base64 with '='.", _REBUILD, CAPTURES,
          Effect(payload=_padded_bio_value)),
    Fault("bio-value-alphabet", _PAYLOAD, "Writes the record in standard instead of URL-safe base64.", _REBUILD, CAPTURES,
          Effect(payload=_standard_alphabet)),
    Fault("bio-value-empty", _PAYLOAD, "Leaves the record empty.", "Refuse: there is nothing captured.", CAPTURES,
          Effect(payload=lambda payload: payload.update(bioValue=""))),
    _text("bio-value-twice", "Writes the key bioValue twice.", _two_bio_values),
    _text("bio-value-placeholder", "Writes the packet's placeholder for the record elsewhere in the payload.", _placeholder),
    _text("payload-not-utf8", "Writes bytes into the payload that are no UTF-8.", _not_utf8),
    _text("payload-not-json", "Signs a payload that is no JSON.", lambda text: text[:-1]),
)  # fmt: skip
