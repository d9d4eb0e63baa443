"""MOSIP's error codes that the sandbox answers, with the texts that the services send."""

from __future__ import annotations

from enum import Enum

from sandbox.errors import SandboxError


class ServerCode(Enum):
    """A code and its text."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text

    UNAUTHENTICATED = ("KER-ATH-401", "Authentication Failed")
    FORBIDDEN = ("KER-ATH-403", "Forbidden")

    MACHINE_INPUT_INVALID = ("KER-MSD-999", "Invalid request input")
    MACHINE_PUBLIC_KEY_INVALID = ("KER-MSD-257", "Machine public key is invalid")
    MACHINE_SIGN_KEY_INVALID = ("KER-MSD-410", "Machine sign public key is invalid")
    MACHINE_NAME_TAKEN = ("KER-MSD-413", "Machine name is already in use")
    MACHINE_KEYS_TAKEN = ("KER-MSD-414", "Machine keys are already mapped to another machine")
    CENTRE_NOT_FOUND = ("KER-MSD-215", "Registration Center not found")

    SYNC_INTERNAL = ("KER-SNC-500", "Internal Server Error")
    SYNC_INPUT_INVALID = ("KER-SNC-999", "Invalid request input")
    MACHINE_NOT_FOUND = ("KER-SNC-155", "Machine not found")
    MACHINE_KEY_NOT_LISTED = ("KER-SNC-164", "Public key is not whitelisted")
    SCHEMA_FETCH_FAILED = ("KER-SNC-166", "Error occurred while fetching the identity schema")
    TIMESTAMP_INVALID = ("KER_SNC-100", "Timestamp cannot be parsed")
    TIMESTAMP_AHEAD = ("KER-SNC-135", "Timestamp cannot be a future date")
    KEY_APPLICATION_UNKNOWN = ("KER-KMS-002", "ApplicationId not found in Key Policy. Key/CSR generation not allowed.")

    CA_INVALID = ("KER-PCM-001", "Invalid certificate uploaded")
    CA_DUPLICATE = ("KER-PCM-003", "Certificate already exists in store")
    CA_DATES_INVALID = ("KER-PCM-004", "Certificate dates are not valid")
    CA_ROOT_NOT_FOUND = ("KER-PCM-005", "Root CA certificate not found")
    CA_VERSION_INVALID = ("KER-PCM-007", "Certificate version is not supported")
    CA_DOMAIN_INVALID = ("KER-PCM-011", "Invalid partner domain")
    CA_TOO_SHORT = ("KER-PCM-017", "Certificate validity is less than the minimum validity")

    SYNC_TYPE_INVALID = ("RPR-RGS-003", "Invalid Request Value - Sync Type is not one of the configured processes")
    SYNC_LANGUAGE_INVALID = ("RPR-RGS-004", "Invalid Request Value - Language Code must be of three letters")
    SYNC_RID_EMPTY = ("RPR-RGS-006", "Missing Request Value - RID")
    SYNC_MISSING = ("RPR-RGS-013", "Missing Request Value - {what}")
    SYNC_INVALID = ("RPR-RGS-014", "Invalid Request Value - {what}")
    SYNC_DATA_INVALID = ("RPR-RGS-015", "Invalid Request Value - Input Data is Incorrect")
    SYNC_JSON_MAPPING = ("RPR-RGS-016", "JSON Mapping Failed")
    SYNC_JSON_PARSING = ("RPR-RGS-017", "JSON Parsing Failed")
    SYNC_UNKNOWN = ("RPR-RGS-018", "Unknown Exception Found")
    STATUS_VERSION_MISSING = ("RPR-RGS-019", "Missing Request Value - version")
    STATUS_TIME_MISSING = ("RPR-RGS-020", "Missing Request Parameter - requesttime")
    STATUS_ID_MISSING = ("RPR-RGS-021", "Missing Request Parameter - id")
    STATUS_VERSION_INVALID = ("RPR-RGS-022", "Invalid Request Parameter - version")
    STATUS_TIME_INVALID = ("RPR-RGS-023", "Invalid Request Parameter - requesttime")
    STATUS_ID_INVALID = ("RPR-RGS-024", "Invalid Request Parameter - id")
    SYNC_SUPERVISOR_INVALID = ("RPR-RGS-026", "Invalid Request Value - Supervisor Status can be APPROVED/REJECTED")
    SYNC_HASH_MISSING = ("RPR-RGS-027", "Invalid Request Value - Hash Sequence is NULL")
    SYNC_DECRYPTION_FAILED = ("RPR-RGS-028", "Request Decryption Failed")
    STATUS_RID_NOT_FOUND = ("RPR-RGS-031", "RID Not Found")
    STATUS_TOO_MANY = ("RPR-RGS-032", "Too many ids in one request")
    SYNC_ADDITIONAL_INFO_INVALID = ("RPR-RGS-036", "Invalid Request Value - additionalInfoReqId")
    STATUS_PACKET_NOT_FOUND = ("RPR-RGS-037", "PacketId Not Found")

    PACKET_NOT_SYNCED = ("RPR-PKR-001", "Registration packet is not in Sync with Sync table")
    PACKET_TOO_LARGE = ("RPR-PKR-002", "Invalid Packet Size")
    PACKET_FORMAT_INVALID = ("RPR-PKR-003", "Invalid Packet Format")
    PACKET_REQUEST_INVALID = ("RPR-PKR-004", "Packet Validation Failed")
    PACKET_DUPLICATE = ("RPR-PKR-005", "Duplicate Request Received")
    PACKET_MISSING = ("RPR-PKR-006", "Packet Not Available in Request")
    PACKET_HASH_DIFFERS = ("RPR-PKR-009", "Packet HashSequence did not match")
    PACKET_SIZE_DIFFERS = ("RPR-PKR-013", "Packet Size is Not Matching")

    NOT_FOUND = ("SANDBOX-404", "There is nothing here")
    METHOD_WRONG = ("SANDBOX-405", "This path does not take this method")
    HOST_WRONG = ("SANDBOX-421", "This server is called 127.0.0.1 or localhost")
    BODY_TOO_LARGE = ("SANDBOX-413", "The request is too large")


class RequestRefusedError(SandboxError):
    """A request that a service refuses with one of its codes.

    Attributes:
        server_code: what the client reads in ``errors``.
        status: HTTP status; MOSIP answers business errors with 200.
    """

    code = "SANDBOX-REFUSED"
    sentence = "The sandbox refused a request: {server_code}."
    next_step = "Look at the code's meaning in MOSIP's documentation."

    def __init__(self, server_code: ServerCode, *, what: str = "", status: int = 200) -> None:
        self.server_code = server_code
        self.status = status
        self.text = server_code.text.format(what=what)
        super().__init__(server_code=server_code.code)
