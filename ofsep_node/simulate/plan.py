"""From a request to an examination as the technologist would run it, with nothing wrong in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ofsep_node.errors import SettingsError
from ofsep_node.simulate.examination import Examination, Sequence, core_of
from ofsep_node.simulate.identity import fictitious_patient
from ofsep_node.simulate.injection import known_agent
from ofsep_node.simulate.programmes import (
    AROUND,
    COMPOSED,
    INJECTED_BEFORE,
    NEEDS_GADOLINIUM,
    OPTIONAL,
    ORDER,
    PROGRAMMES,
    VENDORS,
    Vendor,
    known,
    parts,
)
from ofsep_node.simulate.request import STATIONS_BY_DEFAULT, Request
from ofsep_node.simulate.schedule import scheduled
from ofsep_node.simulate.slabs import STATIONS, joined

STUDY_DESCRIPTIONS = {
    "standard": "IRM cérébrale SEP",
    "reduced": "IRM cérébrale LEMP suivi trimestriel",
    "cord": "IRM médullaire SEP",
    "brain-cord": "IRM cérébrale et médullaire SEP",
}

REASONS = {
    "first-diagnosis": "bilan initial SEP",
    "treatment-start": "initialisation d'un traitement de fond",
    "six-months-after": "contrôle à 6 mois du traitement",
    "relapse": "poussée de SEP",
    "activity-search": "recherche d'activité",
    "pml-follow-up": "suivi trimestriel LEMP",
    "follow-up": "suivi annuel SEP",
    "dummy-run": "dummy run",
}
"""How French request forms word the protocol's indications."""

CLASSIC_OF = {"siemens-xa": "siemens-xa-classic", "philips-enhanced": "philips",
              "canon-enhanced": "canon"}  # fmt: skip
"""Whose writer makes the classic half of a mixed examination."""

MIXED_CLASSIC = ("dwi", "adc", "dti", "fa", "cord-t2-2")
"""What still comes as classic objects, when the rest is enhanced."""


def plan(request: Request) -> Examination:
    """A compliant examination, not yet written.

    Raises `SettingsError` for a name that is unknown, for options that do not go together, and
    for a series that the vendor cannot make.
    """
    made_by = known("vendor", request.vendor, VENDORS)
    known("programme", request.programme, PROGRAMMES)
    keys = planned_keys(request)
    day = request.study_date or date.today()  # noqa: DTZ011 - the scanner's local day
    sequences = tuple(_sequences(request, made_by, keys))
    empty = Examination(
        vendor=request.vendor,
        scanner=made_by.scanner,
        patient=fictitious_patient(request.seed, day),
        study_date=day,
        start_s=_start_s(request.seed),
        description=_description(request),
        sequences=(),
        alternatives=_alternatives(request, made_by),
        reason=_reason(request),
        de_identified=request.dummy_run,
        dicomdir=request.dummy_run,
    )
    agent = known_agent(request.gadolinium) if request.gadolinium else None
    before = next((key for key in INJECTED_BEFORE if key in keys), "")
    return scheduled(empty, sequences, agent, before)


def planned_keys(request: Request) -> tuple[str, ...]:
    """The keys of the series that a request asks for, in the order they are run."""
    made = VENDORS[request.vendor].sequences
    wanted = {k for k in PROGRAMMES[request.programme] if k not in _STATION_KEYS}
    wanted |= set(_station_keys(request))
    wanted |= set(_optional_keys(request)) | set(_around_keys(request))
    wanted |= {COMPOSED} if request.composed else set()
    missing = [key for key in ORDER if key in wanted and key not in made]
    if missing:
        raise SettingsError(
            f"vendor {request.vendor!r} makes no {', '.join(missing)}:"
            " leave it out or choose another vendor"
        )
    return tuple(key for key in ORDER if key in wanted)


_STATION_KEYS = ("cord-t2-1", "cord-t2-2", "cord-t2-3")


def _station_keys(request: Request) -> tuple[str, ...]:
    has_cord = "cord" in parts(request.programme)
    if request.stations not in STATIONS:
        numbers = " or ".join(map(str, STATIONS))
        raise SettingsError(f"a cord has {numbers} stations, not {request.stations}")
    if request.stations != STATIONS_BY_DEFAULT and not has_cord:
        raise SettingsError(
            f"programme {request.programme!r} images no cord, in {request.stations} stations or in"
            " any: choose cord or brain-cord"
        )
    if request.composed and not has_cord:
        raise SettingsError(
            f"programme {request.programme!r} images no cord to compose: choose cord or brain-cord"
        )
    return _STATION_KEYS[: request.stations] if has_cord else ()


def _optional_keys(request: Request) -> tuple[str, ...]:
    offered = [key for part in parts(request.programme) for key in OPTIONAL[part]]
    made = VENDORS[request.vendor].sequences
    if "all" in request.optional:
        return tuple(k for k in offered if k in made and _possible(k, request))
    for key in request.optional:
        if key not in offered:
            raise SettingsError(
                f"unknown optional series {key!r} in programme {request.programme!r}:"
                f" choose among all, {', '.join(offered)}"
            )
        if not _possible(key, request):
            raise SettingsError(f"series {key!r} needs a contrast agent: ask for gadolinium too")
    after = tuple(k for k in offered if k in _ASKED_BY_GADOLINIUM and request.gadolinium)
    return (*request.optional, *(k for k in after if k in made))


_ASKED_BY_GADOLINIUM = ("t1-gd", "cord-t1-gd")


def _possible(key: str, request: Request) -> bool:
    return bool(request.gadolinium) or key not in NEEDS_GADOLINIUM


def _around_keys(request: Request) -> Iterator[str]:
    if not request.around:
        return
    made = VENDORS[request.vendor].sequences
    have = {*PROGRAMMES[request.programme], *_optional_keys(request)}
    for part in (*parts(request.programme), "other"):
        for key in AROUND[part]:
            source = made[key].derived_from if key in made else None
            if key in made and _possible(key, request) and (source is None or source in have):
                yield key


def _sequences(request: Request, made_by: Vendor, keys: tuple[str, ...]) -> Iterator[Sequence]:
    for key in keys:
        sequence = _mixed_in(request, made_by.sequences[key])
        placed = _placed(sequence, request)
        yield core_of(placed) if request.small else placed


def _mixed_in(request: Request, sequence: Sequence) -> Sequence:
    if not request.mixed:
        return sequence
    classic = CLASSIC_OF.get(request.vendor, "")
    if classic not in VENDORS:
        choice = ", ".join(v for v, c in CLASSIC_OF.items() if c in VENDORS)
        raise SettingsError(
            f"vendor {request.vendor!r} does not mix enhanced and classic objects: choose {choice}"
        )
    if sequence.key not in MIXED_CLASSIC:
        return sequence
    return replace(VENDORS[classic].sequences[sequence.key], vendor=classic)


def _placed(sequence: Sequence, request: Request) -> Sequence:
    """Stations of the cord where so many of them lie, the composed spine over all of them."""
    stations = STATIONS[request.stations]
    if sequence.key == COMPOSED:
        slab = joined(stations)
        keys = _STATION_KEYS[: request.stations]
        return replace(sequence, slabs=(slab,), composed_of=keys)
    if sequence.key in _STATION_KEYS:
        centre = stations[_STATION_KEYS.index(sequence.key)].centre_mm
        return sequence.with_slabs(*(replace(s, centre_mm=centre) for s in sequence.slabs))
    return sequence


def _alternatives(request: Request, made_by: Vendor) -> dict[str, Sequence]:
    """All that the console holds beside what is run: what a fault may put into an examination."""
    made = {**made_by.sequences, **made_by.alternatives}
    return {key: core_of(s) if request.small else s for key, s in made.items()}


def _description(request: Request) -> str:
    reason = _reason(request)
    described = STUDY_DESCRIPTIONS[request.programme]
    return f"{described}, {reason}" if reason else described


def _reason(request: Request) -> str:
    if request.indication == "unknown":
        return ""
    return known("indication", request.indication, REASONS)


def _start_s(seed: int) -> float:
    """Between 8 h and 18 h, in seconds after midnight."""
    dice = random.Random(f"start {seed}")  # noqa: S311 - reproducible, nothing secret
    return float(dice.randrange(8 * 3600, 18 * 3600))
