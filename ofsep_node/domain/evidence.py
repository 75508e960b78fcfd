"""What supports the identity of a series, kept with it in the two languages."""

from __future__ import annotations

from dataclasses import replace

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message


def noted(identity: SeriesIdentity, *reasons: Message) -> SeriesIdentity:
    """The identity with further reasons for it, each of them once."""
    added = tuple(dict.fromkeys(reasons))
    return replace(
        identity,
        evidence=(*identity.evidence, *(reason.en for reason in added)),
        evidence_fr=(*identity.evidence_fr, *(reason.fr for reason in added)),
    )
