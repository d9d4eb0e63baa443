"""A self-check for device services: the automatable cases of MOSIP's compliance toolkit, and some of our own."""

from devices.conformance.model import AtHand, Case, CaseResult, CheckSettings, Outcome, Trust
from devices.conformance.run import Report, all_cases, check

__all__ = ["AtHand", "Case", "CaseResult", "CheckSettings", "Outcome", "Report", "Trust", "all_cases", "check"]
