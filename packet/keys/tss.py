"""The one door to tpm2-pytss: importing this module needs it and the tpm2-tss libraries, so import it late.

tpm2-tss writes every failed command to stderr, also the expected ones; failures become named errors here, so it is told to be
silent before it is loaded. Who wants its log sets ``TSS2_LOG``.
"""

from __future__ import annotations

import os

os.environ.setdefault("TSS2_LOG", "all+NONE")

from tpm2_pytss import (
    ESAPI,
    ESYS_TR,
    TCTI,
    TPM2_ALG,
    TPM2_CAP,
    TPM2_PT,
    TPM2_SE,
    TPM2_SU,
    TPM2B_DIGEST,
    TPM2B_PRIVATE,
    TPM2B_PUBLIC,
    TPM2B_SENSITIVE_CREATE,
    TPMA_SESSION,
    TPML_PCR_SELECTION,
    TPMS_CONTEXT,
    TPMT_PUBLIC,
    TPMT_RSA_DECRYPT,
    TPMT_SIG_SCHEME,
    PyTCTI,
    TCTILdr,
    TSS2_Exception,
)

__all__ = [
    "ESAPI",
    "ESYS_TR",
    "TCTI",
    "TPM2B_DIGEST",
    "TPM2B_PRIVATE",
    "TPM2B_PUBLIC",
    "TPM2B_SENSITIVE_CREATE",
    "TPM2_ALG",
    "TPM2_CAP",
    "TPM2_PT",
    "TPM2_SE",
    "TPM2_SU",
    "TPMA_SESSION",
    "TPML_PCR_SELECTION",
    "TPMS_CONTEXT",
    "TPMT_PUBLIC",
    "TPMT_RSA_DECRYPT",
    "TPMT_SIG_SCHEME",
    "PyTCTI",
    "TCTILdr",
    "TSS2_Exception",
]
