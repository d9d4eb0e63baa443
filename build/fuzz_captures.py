"""Mutated answers of devices against the client's checks: none may crash them, no forged capture may pass.

python build/fuzz_captures.py --rounds 100000
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
import warnings
from pathlib import Path

from cryptography.utils import CryptographyDeprecationWarning

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.hostile_fuzz import CaptureFuzzer


def main() -> int:
    """Runs the rounds and prints what became of them; 1 if a round failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logging.getLogger("devices").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of serial numbers below 1
    fuzzer = CaptureFuzzer(options.seed)
    slowest_s, begin = 0.0, time.perf_counter()
    for number in range(options.rounds):
        started = time.perf_counter()
        try:
            fuzzer.round(number)
        except Exception:
            print(f"round {number} of seed {options.seed} failed:", file=sys.stderr)
            raise
        slowest_s = max(slowest_s, time.perf_counter() - started)
    elapsed_s = time.perf_counter() - begin
    figures = {
        "rounds": options.rounds, "seed": options.seed, "seconds": round(elapsed_s, 1), "slowestMs": round(slowest_s * 1000, 1),
        "crashes": 0, "forgedAccepted": 0, "outcomes": dict(sorted(fuzzer.figures.outcomes.items())),
        "errors": dict(fuzzer.figures.errors.most_common()),
    }  # fmt: skip
    if options.json:
        print(json.dumps(figures, indent=2))
        return 0
    print(f"{options.rounds} mutated answers in {elapsed_s:.0f} s, slowest {slowest_s * 1000:.0f} ms")
    print("none crashed the checks, none forged was accepted")
    for name, count in (*figures["outcomes"].items(), *figures["errors"].items()):
        print(f"{count:>8}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
