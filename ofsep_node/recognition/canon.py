"""Canon and Toshiba: SequenceName such as SEEPI2D+0.7, FE3D, FSE2D; mVox and FSBB are names only.

Enhanced objects repeat the description in PulseSequenceName; such a name is read as words.
"""

from __future__ import annotations

from ofsep_node.recognition.naming import NameRule, tokens

RULES: tuple[NameRule, ...] = (
    NameRule("sequence_name", r"^SE_?EPI", "spin-echo EPI", tokens("EP", "SE")),
    NameRule("sequence_name", r"^FE_?EPI", "gradient-echo EPI, as for BOLD or perfusion",
             tokens("EP", "GR"), ("other",), 0.6),
    NameRule("sequence_name", r"^FSBB|^FE3D.*FSBB", "flow-sensitive black blood",
             tokens("GR", "3D"), ("swi",), 0.7),
    NameRule("sequence_name", r"^(FE|FFE)3D", "3D field echo", tokens("GR", "3D")),
    NameRule("sequence_name", r"^(FE|FFE)2D", "2D field echo", tokens("GR", "2D")),
    NameRule("sequence_name", r"^(FSE|FASE|SE)3D|mvox", "3D fast spin echo", tokens("SE", "3D")),
    NameRule("sequence_name", r"^(FSE|FASE|SE)2D", "2D spin echo", tokens("SE", "2D")),
)  # fmt: skip
