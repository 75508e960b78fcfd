r"""Siemens: SequenceName (0018,0024), PulseSequenceName (0018,9005) in XA.

The names are those of the sequence binaries, e.g. ``*tfl3d1_16ns``: a star for product sequences
run with gradient spoiling, the kind, the dimension, the number of echoes, the echo train.
"""

from __future__ import annotations

from ofsep_node.recognition.naming import NameRule, tokens

RULES: tuple[NameRule, ...] = (
    NameRule("sequence_name", r"^\*?ep_b\d", "diffusion EPI", tokens("EP", "2D"), ("dwi",), 0.6),
    NameRule("sequence_name", r"^\*?re_b\d", "RESOLVE diffusion", tokens("EP", "2D"), ("dwi",), 0.6),
    NameRule("sequence_name", r"^\*?epfid2d", "gradient-echo EPI, as for BOLD or perfusion",
             tokens("EP", "GR", "2D"), ("other",), 0.8),
    NameRule("sequence_name", r"^\*?epse2d", "spin-echo EPI", tokens("EP", "2D")),
    NameRule("sequence_name", r"^\*?ep", "EPI", tokens("EP")),
    NameRule("sequence_name", r"^\*?fm2d", "field map", tokens("GR", "2D"), ("other",), 0.9),
    NameRule("sequence_name", r"^\*?swi3d", "susceptibility-weighted imaging",
             tokens("GR", "3D"), ("swi",), 0.8),
    NameRule("sequence_name", r"^\*?tfl3d", "MPRAGE", tokens("GR", "MP", "3D"), ("t1",), 0.35),
    NameRule("sequence_name", r"^\*?tfl2d", "2D turbo FLASH", tokens("GR", "2D")),
    NameRule("sequence_name", r"^\*?spc[a-z]*ir", "SPACE with inversion, as for FLAIR, DIR and T1",
             tokens("SE", "IR", "3D"), ("flair", "dir", "t1", "stir"), 0.2),
    NameRule("sequence_name", r"^\*?spc", "SPACE", tokens("SE", "3D")),
    NameRule("sequence_name", r"^\*?tgse3d", "3D GRASE, as for arterial spin labelling",
             tokens("3D"), ("other",), 0.6),
    NameRule("sequence_name", r"^\*?tir[a-z]*2d", "turbo inversion recovery, FLAIR or STIR",
             tokens("SE", "IR", "2D"), ("flair", "stir", "t1"), 0.2),
    NameRule("sequence_name", r"^\*?tse[a-z]*2d", "2D turbo spin echo", tokens("SE", "2D")),
    NameRule("sequence_name", r"^\*?tse[a-z]*3d", "3D turbo spin echo", tokens("SE", "3D")),
    NameRule("sequence_name", r"^\*?h[a-z]*2d", "HASTE", tokens("SE", "2D")),
    NameRule("sequence_name", r"^\*?se2d", "spin echo", tokens("SE", "2D")),
    NameRule("sequence_name", r"^\*?me2d", "MEDIC", tokens("GR", "2D"), ("t2star",), 0.5),
    NameRule("sequence_name", r"^\*?fl3d\d*r_t", "3D time of flight",
             tokens("GR", "3D"), ("other",), 0.7),
    NameRule("sequence_name", r"^\*?(fl)?_?pc[23]?d?", "phase contrast",
             tokens("GR"), ("other",), 0.7),
    NameRule("sequence_name", r"^\*?fl3d", "3D FLASH", tokens("GR", "3D")),
    NameRule("sequence_name", r"^\*?fl2d", "2D FLASH", tokens("GR", "2D")),
    NameRule("sequence_name", r"^\*?(tfi|ci)[23]d", "balanced steady state",
             tokens("GR"), ("other",), 0.6),
)  # fmt: skip
