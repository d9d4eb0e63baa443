"""Generates the JSON Schema of REGISTRATION.json from its models.

python build/generate_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path

from packet.registrationmodel import RegistrationInput

TARGET = Path(__file__).parents[1] / "resources" / "schema" / "registration.schema.json"


def registration_schema() -> str:
    """The schema as it stands in the file."""
    schema = RegistrationInput.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Sealdesk registration"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(registration_schema(), encoding="utf-8")
