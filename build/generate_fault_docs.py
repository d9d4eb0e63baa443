"""Generates the table of faults in docs/scripting-faults.md from the declarative table of the simulator.

python build/generate_fault_docs.py
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from devices.simulator.faults.table import documentation_rows

TARGET = Path(__file__).parents[1] / "docs" / "scripting-faults.md"
BEGIN = "<!-- faults: begin, made by build/generate_fault_docs.py -->\n"
END = "<!-- faults: end -->\n"


def fault_tables() -> str:
    """One heading and table for each group of faults."""
    parts = []
    for group, rows in groupby(documentation_rows(), lambda row: row["group"]):
        lines = [f"### {group}\n", "| name | the device | a client should |", "|---|---|---|"]
        lines += [f"| `{row['name']}` | {_cell(row['does'])} | {_cell(row['client'])} |" for row in rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def with_tables(text: str) -> str:
    """The document with its tables made anew.

    Raises:
        ValueError: if the marks between which they stand are missing.
    """
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{fault_tables()}\n{END}{after}"


if __name__ == "__main__":
    TARGET.write_text(with_tables(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
