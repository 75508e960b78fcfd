r"""GE: the PSD name (0019,109C), its internal name (0019,109E), and ScanOptions ``*_GEMS``.

ImageType is nearly always ``ORIGINAL\PRIMARY\OTHER`` and says nothing.
"""

from __future__ import annotations

from ofsep_node.recognition.naming import NameRule, Where, tokens

_OPTIONS: tuple[NameRule, ...] = (
    NameRule("scan_options", r"T2FLAIR_GEMS", "T2 FLAIR", tokens("IR"), ("flair",), 0.35),
    NameRule("scan_options", r"T1FLAIR_GEMS", "T1 FLAIR", tokens("IR"), ("t1",), 0.6),
    NameRule("scan_options", r"\bMP_GEMS", "magnetisation-prepared", tokens("MP")),
    NameRule("scan_options", r"\bIR_GEMS", "inversion recovery", tokens("IR")),
)


def _psd(where: Where) -> tuple[NameRule, ...]:
    """The same program names are written in both private elements."""
    return (
        NameRule(where, r"^(ep2?ibold|epirt|epibold|efmri)", "gradient-echo EPI, as for BOLD",
                 tokens("EP", "GR"), ("other",), 0.8),
        NameRule(where, r"(3d)?asl", "arterial spin labelling", tokens(), ("other",), 0.9),
        NameRule(where, r"^(epi|epi2|muse|epi_?dw)", "EPI", tokens("EP")),
        NameRule(where, r"swan", "SWAN", tokens("GR", "3D"), ("swi",), 0.8),
        NameRule(where, r"tof|inhance|fgremra|pcmra|velocity|\bpc\b", "angiography",
                 tokens("GR"), ("other",), 0.8),
        NameRule(where, r"fiesta|cosmic", "balanced steady state", tokens("GR"), ("other",), 0.6),
        NameRule(where, r"bravo|mprage|mp-?rage", "inversion-prepared 3D gradient echo",
                 tokens("GR", "MP", "3D"), ("t1",), 0.5),
        NameRule(where, r"efgre3d|3dfgre|lava", "3D fast gradient echo", tokens("GR", "3D")),
        NameRule(where, r"merge|medic", "MERGE", tokens("GR"), ("t2star",), 0.5),
        NameRule(where, r"cube|fse3d|3dfse|xeta", "CUBE", tokens("SE", "3D")),
        NameRule(where, r"fse|propeller|memp|^se\b", "spin echo", tokens("SE")),
        NameRule(where, r"gre|spgr", "gradient echo", tokens("GR")),
    )  # fmt: skip


RULES: tuple[NameRule, ...] = (*_psd("sequence_name"), *_psd("technique"), *_OPTIONS)
