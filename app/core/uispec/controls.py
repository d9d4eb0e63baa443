"""What each control can enter, and what it cannot do without."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.core.uispec.model import Control, ValueType

ENTERS: Final[Mapping[Control, tuple[ValueType, ...]]] = MappingProxyType(
    {
        Control.TEXTBOX: (ValueType.STRING, ValueType.NUMBER, ValueType.SIMPLE),
        Control.DROPDOWN: (ValueType.STRING, ValueType.SIMPLE),
        Control.BUTTON: (ValueType.STRING, ValueType.SIMPLE),
        Control.CHECKBOX: (ValueType.STRING,),
        Control.DATE: (ValueType.STRING,),
        Control.AGE_DATE: (ValueType.STRING,),
        Control.FILE_UPLOAD: (ValueType.DOCUMENT,),
        Control.BIOMETRICS: (ValueType.BIOMETRICS,),
        Control.HTML: (ValueType.STRING, ValueType.SIMPLE),
    }
)
"""Types of value that a control can enter; the first stands in where the type is unknown."""

NEEDS_SUB_TYPE: Final[Mapping[Control, str]] = MappingProxyType(
    {
        Control.DROPDOWN: "the location level or the dynamic field whose values it offers",
        Control.BUTTON: "the dynamic field whose values it offers",
        Control.FILE_UPLOAD: "the document category",
        Control.BIOMETRICS: "whose biometrics they are: applicant, introducer or applicant-auth",
    }
)

DATES: Final = frozenset({Control.DATE, Control.AGE_DATE})
CODED: Final = frozenset({Control.DROPDOWN, Control.BUTTON})
"""Controls with a code behind the value, which rules see as ``<id>Code``."""
