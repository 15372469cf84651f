"""``python -m tools.broken [WORD]``: break everything, or what has a word in it, and say what no test noticed."""

from __future__ import annotations

import argparse
import sys

from tools.broken.page import PAGE, write_page
from tools.broken.table import MUTATIONS
from tools.broken.trial import Outcome, fail_unbroken, try_all


def main() -> int:
    """Run it; the exit code is 1 if something broke unnoticed, 2 if tests fail as it is."""
    parser = argparse.ArgumentParser(prog="python -m tools.broken", description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="try only what has this in it; writes no page")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    chosen = parser.parse_args()
    mutations = [mutation for mutation in MUTATIONS if chosen.word in f"{mutation.promise} {mutation.breakage}"]
    failed = fail_unbroken(mutations)
    if failed:
        print(f"these fail although nothing is broken yet: {', '.join(failed)}")
        return 2
    outcomes = []
    for outcome in try_all(mutations, chosen.jobs):
        print(describe(outcome), flush=True)
        outcomes.append(outcome)
    if not chosen.word:
        PAGE.write_text(write_page(outcomes), encoding="utf-8")
    unnoticed = [outcome for outcome in outcomes if not outcome.is_noticed]
    print(f"{len(outcomes) - len(unnoticed)} of {len(outcomes)} were noticed")
    return 1 if unnoticed else 0


def describe(outcome: Outcome) -> str:
    """Return one outcome as lines."""
    found = outcome.trouble or ", ".join(outcome.failed) or "no test failed"
    return f"{'noticed  ' if outcome.is_noticed else 'UNNOTICED'} {outcome.mutation.breakage}\n          {found}"


if __name__ == "__main__":
    sys.exit(main())
