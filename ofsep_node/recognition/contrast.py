"""Whether a series was made after gadolinium: its own words, the agent, the injection's time.

The agent, once typed at the console, is often written into every series that follows and
sometimes into those before: alone, it does not make a series post-gadolinium.
"""

from __future__ import annotations

import re

from ofsep_node.domain.instance import Acquisition, Contrast
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.recognition.evidence import Conclusion, Witness, conclude
from ofsep_node.recognition.said import numeral, said
from ofsep_node.recognition.words import text_of

_AGENT = r"(gd|gado\w*|contrast\w*|injection|inj|inject\w*|iv|pdc|produit de contraste)"
_WITHOUT = r"(sans|non|no|not|without|w o|wo|pre|avant|ss)"
_WITH = r"(avec|with|post|apres|after|w|av|ap)"
_PRODUCTS = (
    r"(dotarem|clariscan|cyclolux|dotagraf|gadovist|gadavist|pixxoscan|prohance|elucirem|vueway"
    r"|multihance|magnevist|omniscan)"
)

BOTH = re.compile(r"\b(sans (et|puis|\+) avec|avant (et|puis) apres|pre (et|and|\+) post)\b")
NEGATIVE = re.compile(rf"\b{_WITHOUT} ?\+? ?{_AGENT}\b|\bpre ?gd\b|\bunenhanced\b|\bnatif\b")
POSITIVE = re.compile(
    rf"\b{_WITH} ?\+? ?{_AGENT}\b|\+ ?(c|inj|iv|pdc)\b|\b(c|iv) ?\+"
    rf"|\bgd\b|\bgado\w*|\binject\w*|\binj\b|\benhanced\b|\b{_PRODUCTS}\b"
)
POST_ALONE = re.compile(r"(?<!fosse )(?<!fosse cerebrale )\bpost\b(?! ?(proc|er|cond))")

WORDS_WEIGHT = 0.85
POST_WEIGHT = 0.5
NO_AGENT_WEIGHT = 0.7
AGENT_WEIGHT = 0.3
DOSE_WEIGHT = 0.2
TIME_WEIGHT = 0.75
FRAMES_WEIGHT = 0.75

SAME_EXAMINATION_S = 6 * 3600
"""ContrastBolusStartTime carries no date: further than this from it, a time proves nothing."""


def gadolinium_of(series: SeriesFacts) -> Conclusion:
    """Whether the series was made after gadolinium, as far as it says itself."""
    return conclude(
        [
            *_words(series.acquisition),
            *_agent(series.contrast),
            *_frames(series.contrast),
            *_injection_time(series),
        ]
    )


def _words(acquisition: Acquisition) -> list[Witness]:
    text = text_of(acquisition.series_description) or text_of(acquisition.protocol_name)
    if BOTH.search(text):
        return []
    for pattern, claim, weight in (
        (NEGATIVE, "no", WORDS_WEIGHT),
        (POSITIVE, "yes", WORDS_WEIGHT),
        (POST_ALONE, "yes", POST_WEIGHT),
    ):
        match = pattern.search(text)
        if match:
            found = match.group().strip()
            because = said('gadolinium {}: "{}" in the description', said(claim), found)
            return [Witness((claim,), weight, because)]
    return []


def _agent(contrast: Contrast) -> list[Witness]:
    if contrast.denies_agent:
        because = said("ContrastBolusAgent says {}", contrast.agent or "")
        return [Witness(("no",), NO_AGENT_WEIGHT, because)]
    if not contrast.names_agent:
        return []
    because = said("ContrastBolusAgent names {}", contrast.agent or "")
    witnesses = [Witness(("yes",), AGENT_WEIGHT, because)]
    dose = contrast.volume_ml or contrast.total_dose_ml
    if dose:
        because = said("{} ml of contrast agent given", numeral(f"{dose:g}"))
        witnesses.append(Witness(("yes",), DOSE_WEIGHT, because))
    return witnesses


def _frames(contrast: Contrast) -> list[Witness]:
    """What the frames of an enhanced object say of the agent (0018,9342)."""
    claim = {"YES": "yes", "NO": "no"}.get(contrast.administered or "")
    if claim is None:
        return []
    because = said("ContrastBolusAgentAdministered {}", contrast.administered or "")
    return [Witness((claim,), FRAMES_WEIGHT, because)]


def _injection_time(series: SeriesFacts) -> list[Witness]:
    injected = _clock(series.contrast.start_time)
    acquired = _clock(series.acquired_at[0][8:]) if series.acquired_at else None
    if injected is None or acquired is None:
        return []
    if abs(acquired - injected) > SAME_EXAMINATION_S:
        return []  # midnight between them, or a time that is another examination's
    after = acquired >= injected
    because = (
        said("acquired after the injection (ContrastBolusStartTime)")
        if after
        else said("acquired before the injection (ContrastBolusStartTime)")
    )
    return [Witness(("yes" if after else "no",), TIME_WEIGHT, because)]


def _clock(value: str | None) -> int | None:
    """Seconds after midnight of a DICOM time; None when it is not one."""
    time = re.match(r"(\d\d):?(\d\d):?(\d\d)", value or "")
    return None if time is None else 3600 * int(time[1]) + 60 * int(time[2]) + int(time[3])
