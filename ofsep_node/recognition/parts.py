"""Maps in the series of the images that they were computed from.

Some scanners append the ADC map to the diffusion series, or send trace and maps as one.
"""

from __future__ import annotations

from ofsep_node.domain.evidence import noted
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from ofsep_node.domain.study import RecognisedSeries
from ofsep_node.domain.verdict import Message
from ofsep_node.recognition.evidence import DIFFUSION_MAPS
from ofsep_node.recognition.nature import IMAGE_TYPES, non_mr_object
from ofsep_node.recognition.recogniser import recognise
from ofsep_node.recognition.said import said

_ACQUIRED = ""


def recognise_series(series: SeriesFacts) -> RecognisedSeries:
    """What a series is, and each of the things that it holds where ImageType tells several.

    The series is what most of its frames are; acquired images come before maps.
    """
    groups = _groups(series)
    if len(groups) < 2:
        return RecognisedSeries(series, recognise(series))
    parts = tuple(RecognisedSeries(group, recognise(group)) for group in groups)
    main, *others = parts
    return RecognisedSeries(series, noted(main.identity, *map(_also, others)), parts)


def _groups(series: SeriesFacts) -> list[SeriesFacts]:
    groups: dict[str, list[SeriesVolume]] = {_ACQUIRED: []}
    if non_mr_object(series) is None:
        for volume in series.volumes:
            groups.setdefault(_map_of(volume), []).append(volume)
    held = [series.holding(volumes) for volumes in groups.values() if volumes]
    return sorted(held, key=lambda group: -group.frames)


def _map_of(volume: SeriesVolume) -> str:
    """Which diffusion map the volume is by its ImageType, if it is one."""
    values = (value.strip().upper() for value in volume.image_type)
    claims = (IMAGE_TYPES[value][0] for value in values if value in IMAGE_TYPES)
    return next((claim for claim in claims if claim in DIFFUSION_MAPS), _ACQUIRED)


def _also(part: RecognisedSeries) -> Message:
    frames, written = part.facts.frames, "\\".join(part.facts.image_type)
    if part.identity.weighting == "unknown":
        return said("also holds {} other images (ImageType {})", frames, written)
    what = part.identity.weighting.upper()
    return said("also holds {} {} images (ImageType {})", frames, what, written)
