"""What can be wrong with an examination: a closed catalogue, each fault one deliberate departure.

A fault edits the description of the examination; rules are named as the protocol edition names
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Listed

from ofsep_node.errors import SettingsError
from ofsep_node.simulate import faults_contents, faults_contrast, faults_geometry
from ofsep_node.simulate.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (*faults_contrast.FAULTS, *faults_geometry.FAULTS, *faults_contents.FAULTS)
}
"""Every fault by its name, in the order in which they are applied: what runs, how, what arrives."""


def chosen_faults(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of these names, each once, in the order of the catalogue.

    Raises `SettingsError` for a name that is not in the catalogue, or two that exclude each other.
    """
    wanted = dict.fromkeys(names)
    for name in wanted:
        if name not in FAULTS:
            known = ", ".join(sorted(FAULTS))
            raise SettingsError(f"unknown fault {name!r}: choose among {known}")
    chosen = tuple(fault for name, fault in FAULTS.items() if name in wanted)
    _refuse_contradictions(chosen)
    return chosen


def _refuse_contradictions(faults: Listed[Fault]) -> None:
    by_aspect: dict[str, Fault] = {}
    for fault in faults:
        other = by_aspect.setdefault(fault.aspect, fault) if fault.aspect else fault
        if other is not fault:
            raise SettingsError(
                f"faults {other.name!r} and {fault.name!r} exclude each other: choose one of them"
            )
