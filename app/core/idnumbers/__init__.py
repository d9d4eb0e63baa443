"""Numbers of people and applications: UIN, VID, PRID, registration ids, request ids of corrections."""

from app.core.idnumbers.applications import check_request_id, check_rid
from app.core.idnumbers.findings import IdFinding
from app.core.idnumbers.numbers import check_number, check_prid, check_uin, check_vid
from app.core.idnumbers.rules import IdNumberRules, IdNumberRulesInvalidError, NumberRules

__all__ = [
    "IdFinding",
    "IdNumberRules",
    "IdNumberRulesInvalidError",
    "NumberRules",
    "check_number",
    "check_prid",
    "check_request_id",
    "check_rid",
    "check_uin",
    "check_vid",
]
