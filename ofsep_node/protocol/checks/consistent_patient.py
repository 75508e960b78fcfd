"""One patient in one study: a check of the node's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation


class ConsistentPatient(CheckNumbers):
    """All images of a study carry the same PatientID. The ids themselves are not repeated.

    A study where none does was de-identified so, and is weighed by `deidentified_severity`.
    """

    kind: Literal["consistent-patient"]
    deidentified_severity: Severity

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Judge the study as soon as it has an image."""
        patients, unidentified = len(study.study.patient_ids), study.study.unidentified
        if unidentified and patients <= 1:
            yield _unidentified(unidentified, None if patients else self.deidentified_severity)
        elif patients:
            yield Observation(
                outcome="pass" if patients == 1 else "fail",
                measured=float(patients),
                expected=1.0,
                message=Message(
                    fr=f"{patients} identifiant(s) de patient (PatientID) dans l'examen",
                    en=f"{patients} patient ID(s) (PatientID) in the study",
                ),
            )


def _unidentified(images: int, severity: Severity | None) -> Observation:
    return Observation(
        outcome="undetermined",
        severity=severity,
        expected=1.0,
        message=Message(
            fr=f"{images} images sans identifiant de patient (PatientID) : non vérifiable",
            en=f"{images} images without a patient ID (PatientID): cannot be checked",
        ),
    )
