"""Who is told of which verdict, and by which kinds of report: a table, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ofsep_node.domain.verdict import Conclusion

DicomKind = Literal["sr", "pdf", "sc", "ko"]
"""Structured report, encapsulated PDF, secondary capture, key objects."""

OfferedKind = Literal["sr", "pdf", "sc"]
"""Those that every verdict has; there are key objects only of series that fail."""

ReportKind = Literal[DicomKind, "json", "text"]
When = Literal["settled", "provisional"]
DeliveryState = Literal["waiting", "sent", "failed", "cancelled", "superseded", "needless"]
"""What became of a report that was due; needless is one in which there was nothing to say."""

EVERY_CONCLUSION: tuple[Conclusion, ...] = get_args(Conclusion)
EVERYBODY = "*"
"""In the place of a sender's AE title: every sender that is not named."""


Told = tuple[str, str]
"""Who was told: a destination, and the AE title of the sender where it is whoever sent, else ""."""


@dataclass(frozen=True, slots=True)
class Route:
    """What one destination gets, and when.

    `provisional` reports are sent as each association ends as well, not only of settled studies.
    `back` says that the destination is whoever sent the images.
    """

    destination: str
    kinds: tuple[ReportKind, ...]
    conclusions: tuple[Conclusion, ...] = EVERY_CONCLUSION
    provisional: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Sender:
    """Who brought images: its AE title, and the address it came from."""

    ae_title: str
    address: str


@dataclass(frozen=True, slots=True)
class Due:
    """One report that is due: of which kind, to which destination, on whose images."""

    destination: str
    kind: ReportKind
    sender: Sender
    back: bool


@dataclass(frozen=True, slots=True)
class Routing:
    """Each destination's route by name, and the destinations of each sender's studies."""

    routes: Mapping[str, Route] = field(default_factory=dict)
    senders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def due(
        self,
        senders: Iterable[Sender],
        conclusion: Conclusion,
        when: When,
        told: Collection[Told] = (),
    ) -> Iterator[Due]:
        """The reports that a verdict makes due.

        Of several senders each is told itself, where a destination is whoever sent; any other
        destination is told once. Who has been `told` of the study before hears whatever it is now:
        that a fault is mended, too.
        """
        named: set[Told] = set()
        for sender in senders:
            for route in self._routes_of(sender):
                whom = (route.destination, sender.ae_title if route.back else "")
                wanted = self.wants(whom, conclusion, told)
                if whom in named or not wanted or not (route.provisional or when == "settled"):
                    continue
                named.add(whom)
                for kind in route.kinds:
                    yield Due(route.destination, kind, sender, route.back)

    def wants(self, whom: Told, conclusion: Conclusion, told: Collection[Told]) -> bool:
        """Whether somebody is to hear of a verdict; of a destination that is not known, all of them."""
        route = self.routes.get(whom[0])
        return route is None or conclusion in route.conclusions or whom in told

    def _routes_of(self, sender: Sender) -> Iterator[Route]:
        names = self.senders.get(sender.ae_title, self.senders.get(EVERYBODY, ()))
        return (self.routes[name] for name in names)


NOBODY = Routing()
"""No report is due to anybody."""
