"""Fictitious people, and unique identifiers that a seed reproduces."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from ofsep_node.simulate.examination import Patient

_NAMESPACE = uuid.UUID("6f1c6c0e-6a53-5d0a-9d3c-0f5e9a7f4b21")

# Names with accents on purpose: they must survive the way through ISO 8859-1 (ISO_IR 100).
_NAMES = (
    ("LEFÈVRE^Élodie", "F"),
    ("BÉRANGER^Loïc", "M"),
    ("GUÉRIN^Hélène", "F"),
    ("CHÂTELAIN^François", "M"),
    ("DESFORÊTS^Zoé", "F"),
    ("NOËL^Jérôme", "M"),
    ("FRANÇOIS^Anaïs", "F"),
    ("BEAUPRÉ^Gaël", "M"),
)


def uid(*names: object) -> str:
    """A UID under 2.25 (PS3.5 B.2) that depends on the names alone."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(map(str, names))).int}"


@dataclass(frozen=True, slots=True)
class UidPlan:
    """All UIDs of one examination, reproduced from its name."""

    examination: str

    @property
    def study(self) -> str:
        return uid(self.examination, "study")

    @property
    def frame_of_reference(self) -> str:
        return uid(self.examination, "frame of reference")

    def series(self, key: str) -> str:
        return uid(self.examination, key)

    def image(self, key: str, index: int) -> str:
        return uid(self.examination, key, index)


def fictitious_patient(seed: int, study_date: date) -> Patient:
    """The person that belongs to a seed, adult on the day of the study."""
    dice = random.Random(f"patient {seed}")  # noqa: S311 - reproducible, nothing secret
    name, sex = dice.choice(_NAMES)
    return Patient(
        name=name,
        patient_id=f"SIM-{seed:06d}",
        birth_date=study_date - timedelta(days=dice.randint(20 * 365, 60 * 365)),
        sex=sex,
        weight_kg=float(dice.randint(50, 95)),
        size_m=dice.randint(155, 190) / 100,
    )
