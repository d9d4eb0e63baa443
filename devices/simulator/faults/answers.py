"""Faults of an answer around its tokens: elements, hash chain, JSON text, headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devices.simulator.faults.effects import CAPTURES, DESCRIPTIONS, DISCOVERY, INFORMATION, VERBS, Effect, Fault, Values

_CHAIN = "Hash chain"
_ELEMENTS = "Elements of an answer"
_JSON = "JSON"
_IDENTITY = "Discovery and information"
_RECOMPUTE = "Recompute every link; refuse the whole answer; go on from the last accepted hash."
_STRICT = "Refuse by a strict reader with limits on size, depth and numbers."
_CALLBACK = "Refuse the device: the only base is http://127.0.0.1:<its port>/."
_COMPARE = "Refuse: what is signed in the information counts, and discovery must say the same."


def _hash(name: str, does: str, change: Callable[[str], str]) -> Fault:
    def each(elements: list[Values]) -> list[Values]:
        return [{**element, "hash": change(element["hash"])} for element in elements]

    return Fault(name, _CHAIN, does, _RECOMPUTE, CAPTURES, Effect(elements=each))


def _each(change: Callable[[Values], Values]) -> Effect:
    return Effect(elements=lambda elements: [change(element) for element in elements])


def _only_last(change: Callable[[Values], Values]) -> Effect:
    return Effect(elements=lambda elements: [*elements[:-1], *map(change, elements[-1:])])


def _error(code: str, info: str) -> dict[str, str]:
    return {"errorCode": code, "errorInfo": info}


def _unknown_keys(value: Any) -> Any:
    """A key of a vendor's own in every object of the answer, outside what is signed."""
    match value:
        case dict():
            return {**{key: _unknown_keys(inner) for key, inner in value.items()}, "vendorRemark": "x"}
        case list():
            return [_unknown_keys(inner) for inner in value]
        case _:
            return value


def _deep(_body: bytes) -> bytes:
    return b'{"biometrics":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def _duplicate_key(body: bytes) -> bytes:
    at = body.index(b"{") + 1
    end = body.index(b":", at)
    return body[:at] + body[at:end] + b":null," + body[at:]


def _huge_number(body: bytes) -> bytes:
    at = body.index(b"{") + 1
    return body[:at] + b'"count":' + b"9" * 100_000 + b"," + body[at:]


def _json(name: str, does: str, client: str, change: Callable[[bytes], bytes]) -> Fault:
    return Fault(name, _JSON, does, client, CAPTURES, Effect(body=change))


def _both(name: str, does: str, client: str, change: Callable[[Values], None], verbs: tuple[str, ...] = DESCRIPTIONS) -> Fault:
    return Fault(name, _IDENTITY, does, client, verbs, Effect(discovered=change, informed=change))


def _callback(name: str, does: str, change: Callable[[str], str]) -> Fault:
    return _both(name, does, _CALLBACK, lambda values: values.update(callbackId=change(values["callbackId"])))


FAULTS: tuple[Fault, ...] = (
    _hash("hash-wrong", "Gives hashes that fit nothing.", lambda text: text[::-1]),
    _hash("hash-lower-case", "Writes hashes in lower case.", str.lower),
    _hash("hash-missing", "Leaves the hashes empty.", lambda _text: ""),
    Fault("hash-restart", _CHAIN, "Starts the chain anew instead of going on from previousHash. Bites from the second capture "
          "of a session on.", _RECOMPUTE, CAPTURES, Effect(chained_to=lambda _previous: "")),
    Fault("hash-unordered", _CHAIN, "Sends the elements in another order than they are chained in.", _RECOMPUTE, CAPTURES,
          Effect(elements=lambda elements: elements[::-1])),
    Fault("error-with-data", _ELEMENTS, "Reports an error next to good data.", "Refuse: the error counts.", CAPTURES,
          _each(lambda element: {**element, "error": _error("102", "Technical error during extraction")})),
    Fault("success-without-data", _ELEMENTS, "Reports success without data.", "Refuse: nothing was captured.", CAPTURES,
          _each(lambda element: {**element, "data": "", "hash": ""})),
    Fault("partial-capture", _ELEMENTS, "Captures all but the last finger or eye, for which it reports error 701.",
          "Refuse or ask again, naming what is missing; the chain is not advanced by it.", CAPTURES,
          _only_last(lambda element: {**element, "data": "", "hash": "", "error": _error("701", "Capture timeout")})),
    Fault("no-elements", _ELEMENTS, "Answers with an empty list.", "Refuse: nothing was captured.", CAPTURES,
          Effect(elements=lambda _elements: [])),
    Fault("many-elements", _ELEMENTS, "Repeats the first element a hundred times.", "Limit the number of elements (16).",
          CAPTURES, Effect(elements=lambda elements: elements[:1] * 100)),
    Fault("wrong-spec-version", _ELEMENTS, "Answers in another version of the protocol.", "Refuse.", CAPTURES,
          _each(lambda element: {**element, "specVersion": "0.9.2"})),
    Fault("tamper-reported", _ELEMENTS, "Reports that it was tampered with (103).",
          "Stop using the device for the session and tell the administrator.", CAPTURES,
          Effect(elements=lambda elements: [
              {**element, "data": "", "hash": "", "error": _error("103", "Tamper detected")} for element in elements[:1]
          ])),
    Fault("replay", _ELEMENTS, "Sends the previous capture's answer again. Bites from the second capture on.",
          "Refuse: the transaction id is another one, and the data was seen before.", CAPTURES, Effect(is_replaying=True)),
    _json("json-malformed", "Ends the JSON too early.", _STRICT, lambda body: body[:-2]),
    _json("json-deep", "Nests lists 100,000 deep.", _STRICT, _deep),
    _json("json-duplicate-key", "Writes a key twice in one object.", _STRICT, _duplicate_key),
    _json("json-huge-number", "Writes a number of 100,000 digits.", _STRICT, _huge_number),
    _json("json-not-utf8", "Answers in UTF-16.", _STRICT, lambda body: body.decode().encode("utf-16")),
    _json("json-not-an-object", "Answers with a text instead of an object.", _STRICT, lambda _body: b'"good morning"'),
    _json("empty-body", "Answers with no body at all.", _STRICT, lambda _body: b""),
    Fault("unknown-keys", _JSON, "Adds a key of its own to every object outside what is signed.",
          "Accept and log; refuse only if set to strict.", VERBS, Effect(value=_unknown_keys)),
    Fault("cors-wildcard", _JSON, "Lets web pages of any origin read its answers.",
          "Nothing: it is the device's matter. A self-check should find it.", VERBS,
          Effect(headers=(("Access-Control-Allow-Origin", "*"),))),
    Fault("host-unchecked", _JSON, "Answers whatever the Host header says, as a rebinding web page needs it.",
          "Nothing: it is the device's matter. A self-check should find it.", VERBS, Effect(accepts_any_host=True)),
    _callback("callback-lan", "Sends the client to another machine for captures.",
              lambda text: text.replace("127.0.0.1", "192.168.0.1")),
    _callback("callback-name", "Names localhost instead of 127.0.0.1.", lambda text: text.replace("127.0.0.1", "localhost")),
    _callback("callback-port", "Sends the client to another port for captures.", lambda _text: "http://127.0.0.1:80/"),
    _callback("callback-https", "Names https.", lambda text: text.replace("http:", "https:")),
    _callback("callback-path", "Adds path and query.", lambda text: text + "api?x="),
    _callback("callback-user", "Adds a user name, which hides another host.",
              lambda text: text.replace("http://", "http://user@")),
    _both("other-spec-version", "Offers only version 0.9.2.", "Skip the device, saying which version is needed.",
          lambda values: values.update(specVersion=["0.9.2"])),
    _both("discovery-differs", "Gives other ids in discovery than in its signed information.", _COMPARE,
          lambda values: values.update(deviceId="77", deviceCode="another"), (DISCOVERY,)),
    Fault("touchless", _IDENTITY, "Says that it is of the sub-type Touchless.", "Skip the device: nothing can be asked of it.",
          DESCRIPTIONS, Effect(digital_id=lambda values: values.update(deviceSubType="Touchless"))),
    _both("sub-ids-unknown", "Offers sub ids that no slap, single or double device has.",
          "Skip the device: nothing can be asked of it.", lambda values: values.update(deviceSubId=["7"])),
    _both("information-incomplete", "Leaves the device code out of its information.", "Refuse the device.",
          lambda values: values.pop("deviceCode", None), (INFORMATION,)),
)  # fmt: skip
