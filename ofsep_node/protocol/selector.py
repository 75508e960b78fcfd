"""Which series a rule or a requirement speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from ofsep_node.domain.geometry import Plane
from ofsep_node.domain.series import (
    Dimension,
    Gadolinium,
    Organ,
    Role,
    SeriesIdentity,
    Weighting,
)

UNKNOWN = "unknown"


class Selector(BaseModel):
    """Series whose identity has one of the listed values in every attribute that is listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organ: tuple[Organ, ...] = ()
    weighting: tuple[Weighting, ...] = ()
    dimension: tuple[Dimension, ...] = ()
    plane: tuple[Plane, ...] = ()
    gadolinium: tuple[Gadolinium, ...] = ()
    role: tuple[Role, ...] = ("original",)

    def accepts(self, identity: SeriesIdentity) -> bool:
        """Whether the series is certainly one of those meant."""
        return not any(self.mismatches(identity))

    def allows(self, identity: SeriesIdentity) -> bool:
        """Whether the series may be one of those meant, for all that is known of it."""
        return all(getattr(identity, name) == UNKNOWN for name in self.mismatches(identity))

    def mismatches(self, identity: SeriesIdentity) -> Iterator[str]:
        """The attributes that separate the series from those meant."""
        for name in type(self).model_fields:
            wanted = getattr(self, name)
            if wanted and getattr(identity, name) not in wanted:
                yield name
