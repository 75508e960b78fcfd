"""What is asked of the simulator: which examination, on whose scanner, with what around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

STATIONS_BY_DEFAULT = 2


@dataclass(frozen=True, slots=True)
class Request:
    """One examination, before anything is wrong with it.

    `optional` are keys of optional series, or "all". `gadolinium` is the name of an agent; empty,
    none is given. `around` adds the series that real life puts beside a protocol. `composed` adds
    the spine that the console composes from its stations. A `dummy_run` is de-identified and has a
    DICOMDIR. `mixed`: some series come as enhanced, some as classic objects.
    """

    vendor: str = "siemens"
    programme: str = "standard"
    seed: int = 0
    study_date: date | None = None  # None: today
    small: bool = False
    stations: int = STATIONS_BY_DEFAULT  # of the cord
    optional: tuple[str, ...] = ()
    gadolinium: str = ""
    around: bool = False
    indication: str = "unknown"
    dummy_run: bool = False
    composed: bool = False
    mixed: bool = False

    @property
    def name(self) -> str:
        """Tells this examination from any other; the short form is that of a plain one."""
        plain = f"{self.vendor} {self.programme} {self.seed} {self.study_date}"
        extent = "small" if self.small else "whole"
        return " ".join((plain, extent, *self._options()))

    def _options(self) -> tuple[str, ...]:
        said = {
            f"stations={self.stations}": self.stations != STATIONS_BY_DEFAULT,
            f"optional={','.join(sorted(self.optional))}": bool(self.optional),
            f"gadolinium={self.gadolinium}": bool(self.gadolinium),
            "around": self.around,
            f"indication={self.indication}": self.indication != "unknown",
            "dummy-run": self.dummy_run,
            "composed": self.composed,
            "mixed": self.mixed,
        }
        return tuple(word for word, is_said in said.items() if is_said)
