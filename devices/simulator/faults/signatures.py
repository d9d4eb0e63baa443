"""Faults of tokens: signatures, algorithms, certificates, headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices.simulator.faults.effects import CAPTURES, Effect, Fault, TokenDraft, TokenKind, Values
from packet.encoding import b64std, b64url, b64url_decode, sha256

_GROUP = "Signatures and certificates"
_REFUSE = "Refuse the token before anything in it is used; record an audit entry; mark the device as suspect."
_ALLOW_LIST = "Allow RS256 only, and decide so before any key is touched."
_PATH = "Refuse: no path to an anchor of the domain that the token belongs to."
_DAY = timedelta(days=1)


def _fault(name: str, does: str, client: str, effect: Effect) -> Fault:
    return Fault(name, _GROUP, does, client, CAPTURES, effect)


def _drafting(name: str, does: str, client: str, draft: Callable[[TokenDraft], None]) -> Fault:
    return _fault(name, does, client, Effect(draft=draft))


def _header(name: str, does: str, client: str, **entries: object) -> Fault:
    return _drafting(name, does, client, lambda draft: draft.header.update(entries))


def _tamper_payload(token: str) -> str:
    head, payload, signature = token.split(".")
    values = orjson.loads(b64url_decode(payload))
    values["qualityScore" if "qualityScore" in values else "firmware"] = "99.9"
    return f"{head}.{b64url(orjson.dumps(values))}.{signature}"


def _tamper_signature(token: str) -> str:
    head, payload, signature = token.split(".")
    changed = bytearray(b64url_decode(signature))
    changed[len(changed) // 2] ^= 1
    return f"{head}.{payload}.{b64url(bytes(changed))}"


def _none(draft: TokenDraft) -> None:
    draft.header["alg"] = "none"
    draft.sign = lambda _data: b""


def _hs256(draft: TokenDraft) -> None:
    """The public key, as PEM, as secret: what a verifier does that takes the algorithm from the header."""
    key = draft.identity.certificate.public_key()
    secret = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(data: bytes) -> bytes:
        mac = hmac.HMAC(secret, hashes.SHA256())
        mac.update(data)
        return mac.finalize()

    draft.header["alg"] = "HS256"
    draft.sign = sign


def _es256(draft: TokenDraft) -> None:
    certificate, draft.sign = draft.forger.elliptic(draft.serial_no)
    draft.certificates = [certificate]
    draft.header["alg"] = "ES256"


def _exponent_one(draft: TokenDraft) -> None:
    certificate, draft.sign = draft.forger.exponent_one(draft.serial_no)
    draft.certificates = [certificate]


def _rsa(algorithm: str, pad: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Callable[[TokenDraft], None]:
    def change(draft: TokenDraft) -> None:
        key = draft.identity.key
        draft.header["alg"] = algorithm
        draft.sign = lambda data: key.sign(data, pad, digest)

    return change


def _swap_certificate(draft: TokenDraft) -> None:
    """The header shows another good device's certificate; the signature is still our own."""
    draft.certificates = [draft.forger.other().certificate]


def _oversized(draft: TokenDraft) -> None:
    draft.certificates = draft.certificates * 40


def _poison(draft: TokenDraft) -> None:
    """Claims the honest certificate's thumbprint, but is signed by a stranger."""
    honest = draft.identity.certificate.public_bytes(Encoding.DER)
    draft.sign_as(draft.forger.rogue(draft.serial_no))
    draft.header["x5t#S256"] = b64url(sha256(honest))


def _lure(draft: TokenDraft) -> None:
    """Points to keys elsewhere. A client that follows shows up in the simulator's counters."""
    rogue = draft.forger.rogue(draft.serial_no).certificate
    numbers = draft.forger.rogue(draft.serial_no).key.public_key().public_numbers()
    draft.header.update(
        jku="http://127.0.0.1:4501/lure", x5u="http://127.0.0.1:4501/lure", kid=str(rogue.serial_number),
        jwk={"kty": "RSA", "e": "AQAB", "n": b64url(numbers.n.to_bytes(256))},
    )  # fmt: skip


def _bare(token: str) -> str:
    return token.split(".")[1]


def _padded(token: str) -> str:
    head, payload, signature = token.split(".")
    return f"{head}.{payload}{'=' * (-len(payload) % 4) or '='}.{signature}"


def _not_der(draft: TokenDraft) -> None:
    draft.header["x5c"] = [b64std(b"this is no certificate")]


FAULTS: tuple[Fault, ...] = (
    _fault("tampered-payload", "Changes the signed payload after signing.", _REFUSE, Effect(token=_tamper_payload)),
    _fault("tampered-signature", "Flips one bit of the signature.", _REFUSE, Effect(token=_tamper_signature)),
    _fault("unsigned", "Sends the payload alone, without header and signature.", _REFUSE, Effect(token=_bare)),
    _fault("padded-token", "Pads the payload part with '='.",
           "Refuse: a server that rebuilds the token from a packet would get other bytes.", Effect(token=_padded)),
    _drafting("alg-none", "Announces alg none and leaves the signature empty.", _ALLOW_LIST, _none),
    _drafting("alg-hs256", "Signs with HMAC, with the public key as secret.", _ALLOW_LIST, _hs256),
    _drafting("alg-es256", "Signs with an elliptic curve key that its provider has certified.", _ALLOW_LIST, _es256),
    _drafting("alg-rs384", "Signs with RSA and SHA-384.", _ALLOW_LIST, _rsa("RS384", padding.PKCS1v15(), hashes.SHA384())),
    _drafting("alg-rs512", "Signs with RSA and SHA-512.", _ALLOW_LIST, _rsa("RS512", padding.PKCS1v15(), hashes.SHA512())),
    _drafting("alg-ps256", "Signs with RSA-PSS.", _ALLOW_LIST,
              _rsa("PS256", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())),
    _header("x5c-missing", "Leaves the certificate out of the header.", _REFUSE, x5c=None),
    _header("x5c-empty", "Sends an empty list of certificates.", _REFUSE, x5c=[]),
    _drafting("x5c-oversized", "Sends forty certificates.", "Limit the header: five certificates, 16 KiB.", _oversized),
    _drafting("x5c-not-der", "Sends text where a certificate should be.", _REFUSE, _not_der),
    _drafting("x5c-swapped", "Shows the certificate of another genuine device.", _REFUSE, _swap_certificate),
    _drafting("header-lure", "Adds jku, x5u, jwk and kid that lead to a stranger's key.",
              "Ignore them, fetch nothing, accept the token: it is good by x5c.", _lure),
    _header("header-crit", "Demands that an extension be understood (crit).", "Refuse any token with crit.",
            crit=["urn:unknown"], **{"urn:unknown": True}),
    _drafting("self-signed", "Signs with a certificate that nobody else vouches for.", _PATH,
              lambda draft: draft.sign_as(draft.forger.self_signed(draft.serial_no))),
    _drafting("rogue-root", "Signs below a root of the right name but another key.", _PATH,
              lambda draft: draft.sign_as(draft.forger.rogue(draft.serial_no))),
    _drafting("wrong-domain", "Signs with the trust module's certificate, which is of domain FTM, instead of the device's.",
              "Refuse: keep a store for each domain, and never let one vouch for another.",
              lambda draft: draft.sign_as(draft.forger.chip(draft.serial_no))),
    _drafting("expired-certificate", "Signs with a certificate that ran out last week.",
              "Refuse, and hint at the clock of the machine.",
              lambda draft: draft.sign_as(draft.forger.dated(draft.serial_no, -400 * _DAY, -7 * _DAY))),
    _drafting("not-yet-valid-certificate", "Signs with a certificate that begins next month.",
              "Refuse, and hint at the clock of the machine.",
              lambda draft: draft.sign_as(draft.forger.dated(draft.serial_no, 30 * _DAY, 400 * _DAY))),
    _drafting("poisoned-thumbprint", "Names the honest certificate in x5t#S256, but a stranger signs.",
              "Refuse: key any cache by the certificate's own bytes, never by text of the header.", _poison),
    _drafting("weak-key", "Signs with an RSA key of 1024 bits.", "Refuse keys below 2048 bits.",
              lambda draft: draft.sign_as(draft.forger.weak(draft.serial_no))),
    _drafting("small-exponent", "Signs with an RSA key of exponent 3.", "Refuse exponents below 65537.",
              lambda draft: draft.sign_as(draft.forger.small_exponent(draft.serial_no))),
    _drafting("exponent-one", "Shows a certified RSA key of exponent 1, for which anybody can make signatures.",
              "Refuse exponents below 65537.", _exponent_one),
    _drafting("sha1-certificate", "Shows a certificate that its provider signed with SHA-1.",
              "Refuse SHA-1 and MD5 anywhere in the path.",
              lambda draft: draft.sign_as(draft.forger.sha1_signed(draft.serial_no))),
)  # fmt: skip


def _on_digital_id(name: str, does: str, client: str, **hooks: object) -> Fault:
    effect = Effect(tokens=frozenset({TokenKind.DIGITAL_ID}), **hooks)  # type: ignore[arg-type]
    return Fault(name, "Digital id", does, client, CAPTURES, effect)


def _other_device(values: Values) -> None:
    values["serialNo"] = "0000000000"


def _wrong_level(draft: TokenDraft) -> None:
    """At L0 the trust module's key, at L1 the device's."""
    chip = draft.forger.chip(draft.serial_no)
    is_chip = draft.identity.certificate == chip.certificate
    draft.sign_as(draft.forger.device(draft.serial_no) if is_chip else chip)


DIGITAL_ID_FAULTS: tuple[Fault, ...] = (
    _on_digital_id("digital-id-other-device", "Puts another device's serial number into the digital id of a capture.",
                   "Refuse: the digital id must name the device of the signed information.", digital_id=_other_device),
    _on_digital_id("digital-id-other-type", "Says in the digital id that it is a device of another type.",
                   "Refuse: the type must be the one captured.", digital_id=lambda v: v.update(type="Palm")),
    _on_digital_id("digital-id-unknown-key", "Adds a key to the digital id.",
                   "Refuse: the digital id has eight keys.", digital_id=lambda v: v.update(colour="blue")),
    _on_digital_id("digital-id-tampered", "Flips one bit of the digital id's signature.", _REFUSE, token=_tamper_signature),
    _on_digital_id("digital-id-unsigned", "Sends the digital id without signature.", _REFUSE, token=_bare),
    _on_digital_id("digital-id-rogue", "Has the digital id signed below a stranger's root.", _PATH,
                   draft=lambda draft: draft.sign_as(draft.forger.rogue(draft.serial_no))),
    _on_digital_id("level-mismatch", "Signs the digital id with the key of the other certification level.",
                   "Refuse: L0 needs domain DEVICE, L1 domain FTM, unless configured otherwise.", draft=_wrong_level),
)  # fmt: skip
