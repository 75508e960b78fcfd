"""`make fuzz`: millions of mutated conversations, guided by coverage (Atheris, libFuzzer).

The corpus is made anew from `streams.seeds` each time; nothing of it is stored. What libFuzzer
finds (an exception, an input that takes seconds, memory that grows) ends the run with status 1 and
leaves the input in `.cache/fuzz`.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["ofsep_node.reception", "ofsep_node.retrieval.identifier"]
):
    from tests.fuzz.conversation import converse
from tests.fuzz.streams import seeds

LONGEST_BYTES = 4_096
SLOWEST_S = 5
MOST_MEMORY_MB = 600


class Runs:
    """Counts what was run, and says now and then how much memory that took."""

    def __init__(self, every: int) -> None:
        self.count = 0
        self._every = every
        self._started = time.monotonic()

    def one(self, data: bytes) -> None:
        converse(data)
        self.count += 1
        if self.count % self._every == 0:
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            seconds = time.monotonic() - self._started
            print(f"{self.count} inputs, {seconds:.0f} s, peak {peak_mb} MB", flush=True)  # noqa: T201


def main() -> None:
    """Fuzz until `--runs` inputs are done, or something is found."""
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    found = Path(".cache/fuzz")
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            Path(corpus, f"{number:04}").write_bytes(seed)
        runs = Runs(every=max(1, chosen.runs // 20))
        flags = (
            f"-runs={chosen.runs}",
            f"-seed={chosen.seed}",
            f"-max_len={LONGEST_BYTES}",
            f"-timeout={SLOWEST_S}",
            f"-rss_limit_mb={MOST_MEMORY_MB}",
            f"-artifact_prefix={found}/",
            "-print_final_stats=1",
            "-verbosity=0",
        )
        atheris.Setup([sys.argv[0], *flags, corpus], runs.one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
