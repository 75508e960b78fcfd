"""Faults of the injection and of the order of things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ofsep_node.domain.verdict import Message
from ofsep_node.simulate.examination import Examination, Injection
from ofsep_node.simulate.fault import REQUIRED, Edit, Fault, sequence_of
from ofsep_node.simulate.injection import AGENTS, Agent, given
from ofsep_node.simulate.programmes import NEEDS_GADOLINIUM
from ofsep_node.simulate.request import Request
from ofsep_node.simulate.schedule import scheduled

_GADOLINIUM = Request(gadolinium="Dotarem")
_BOTH = Request(programme="brain-cord")
_BOTH_GADOLINIUM = Request(programme="brain-cord", gadolinium="Dotarem")
_UNTIMED = frozenset({"ge", "philips"})
"""Their classic headers do not say when the contrast agent was given."""

_DOTAREM = AGENTS["dotarem"]


def _injected(change: Callable[[Examination, Injection], Injection]) -> Edit:
    """The injection is another one; its start stays."""

    def edit(examination: Examination) -> Examination:
        if examination.injection is None:
            raise LookupError("t1-gd")
        return replace(examination, injection=change(examination, examination.injection))

    return edit


def _by(agent: Agent, share: float = 1.0) -> Edit:
    return _injected(lambda e, i: given(agent, e.patient.weight_kg, i.start_s, share))


def _agent_of(examination: Examination) -> Agent:
    if examination.injection is None:
        raise LookupError("t1-gd")
    return AGENTS[examination.injection.agent.lower()]


def _cord_first(examination: Examination) -> Examination:
    sequence_of(examination, "cord-t2-1")
    cord = [s for s in examination.sequences if s.organ == "cord"]
    rest = [s for s in examination.sequences if s.organ != "cord"]
    return scheduled(examination, [*cord, *rest])


def _twice(examination: Examination) -> Examination:
    """Once more before the cord's first T1."""
    agent, cord = _agent_of(examination), sequence_of(examination, "cord-t1-gd")
    start_s = cord.start_s - 20.0
    second = given(agent, examination.patient.weight_kg, start_s)
    return replace(examination, second_injection=second)


def _not_given(examination: Examination) -> Examination:
    sequence_of(examination, "t1-gd")
    kept = (s for s in examination.sequences if s.key not in NEEDS_GADOLINIUM)
    return scheduled(examination, kept)


def _given_all_the_same(examination: Examination) -> Examination:
    sequence_of(examination, "flair")
    after = examination.alternatives["t1-gd"]
    return scheduled(examination, [*examination.sequences, after], _DOTAREM, "flair")


def _flair_first(examination: Examination) -> Examination:
    sequence_of(examination, "flair")
    sequence_of(examination, "t1-gd")
    return scheduled(examination, examination.sequences, _agent_of(examination), "t1-gd")


def _after_gadolinium_only(examination: Examination) -> Examination:
    sequence_of(examination, "t1-gd")
    return examination.without(sequence_of(examination, "t1").key)


FAULTS = (
    Fault(
        "cord-first",
        Message("La moelle avant l'encéphale", "The cord before the brain"),
        "In an examination of both, the cord was acquired before the brain.",
        _cord_first,
        fails=("brain-before-cord",),
        shown_in=_BOTH,
        aspect="order",
    ),
    Fault(
        "two-injections",
        Message("Deux injections", "Two injections"),
        "The contrast agent was given a second time, before the T1 of the cord.",
        _twice,
        fails=("single-injection",),
        unsaid_by=_UNTIMED,
        shown_in=_BOTH_GADOLINIUM,
        aspect="injection",
    ),
    Fault(
        "no-gadolinium",
        Message("Premier diagnostic sans gadolinium", "First diagnosis without gadolinium"),
        "No contrast agent was given, though the indication recommends it; no header says so.",
        _not_given,
        undetermined=("gadolinium-indicated",),
        shown_in=Request(gadolinium="Dotarem", indication="first-diagnosis"),
        aspect="injection",
    ),
    Fault(
        "needless-gadolinium",
        Message("Gadolinium pour un simple suivi", "Gadolinium at a plain follow-up"),
        "A contrast agent was given, though the indication is plain follow-up.",
        _given_all_the_same,
        fails=("gadolinium-not-indicated",),
        shown_in=Request(indication="follow-up"),
        aspect="injection",
    ),
    Fault(
        "omniscan",
        Message("Agent linéaire (Omniscan)", "Linear agent (Omniscan)"),
        "The contrast agent is gadodiamide, a linear one.",
        _by(AGENTS["omniscan"]),
        fails=("gadolinium-macrocyclic",),
        shown_in=_GADOLINIUM,
        aspect="injection",
    ),
    Fault(
        "multihance",
        Message("Agent linéaire (MultiHance)", "Linear agent (MultiHance)"),
        "The contrast agent is gadobenate, a linear one.",
        _by(AGENTS["multihance"]),
        fails=("gadolinium-macrocyclic",),
        shown_in=_GADOLINIUM,
        aspect="injection",
    ),
    Fault(
        "half-dose",
        Message("Demi-dose de gadolinium", "Half a dose of gadolinium"),
        "0.05 mmol/kg were given.",
        _by(_DOTAREM, 0.5),
        fails=("gadolinium-dose",),
        shown_in=_GADOLINIUM,
        aspect="injection",
    ),
    Fault(
        "double-dose",
        Message("Double dose de gadolinium", "A double dose of gadolinium"),
        "0.2 mmol/kg were given.",
        _by(_DOTAREM, 2.0),
        fails=("gadolinium-dose",),
        shown_in=_GADOLINIUM,
        aspect="injection",
    ),
    Fault(
        "flair-before-gadolinium",
        Message("FLAIR avant l'injection", "FLAIR before the injection"),
        "The contrast agent was given after the FLAIR.",
        _flair_first,
        fails=("gadolinium-before-flair",),
        unsaid_by=_UNTIMED,
        shown_in=_GADOLINIUM,
        aspect="injection",
    ),
    Fault(
        "t1-after-gadolinium-only",
        Message("3D T1 seulement après gadolinium", "3D T1 after gadolinium only"),
        "The only 3D T1 was acquired after the injection.",
        _after_gadolinium_only,
        fails=REQUIRED,
        withholds=True,
        shown_in=_GADOLINIUM,
    ),
)
