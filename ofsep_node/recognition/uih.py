"""United Imaging: SequenceName such as gre_fsp, epi_dwi, fse_mx."""

from __future__ import annotations

from ofsep_node.recognition.naming import NameRule, tokens

RULES: tuple[NameRule, ...] = (
    NameRule("sequence_name", r"^epi_(dwi|dti)", "diffusion EPI", tokens("EP"), ("dwi",), 0.6),
    NameRule("sequence_name", r"^epi_(fid|bold|perf)", "gradient-echo EPI, as for BOLD or perfusion",
             tokens("EP", "GR"), ("other",), 0.8),
    NameRule("sequence_name", r"^epi", "EPI", tokens("EP")),
    NameRule("sequence_name", r"^gre_swi|swi", "susceptibility-weighted imaging",
             tokens("GR", "3D"), ("swi",), 0.8),
    NameRule("sequence_name", r"^gre_(tof|pc)", "angiography", tokens("GR"), ("other",), 0.8),
    NameRule("sequence_name", r"^gre_(b0|fieldmap)", "field map", tokens("GR"), ("other",), 0.9),
    NameRule("sequence_name", r"^gre", "gradient echo", tokens("GR")),
    NameRule("sequence_name", r"^fse_mx", "MATRIX, a 3D fast spin echo", tokens("SE", "3D")),
    NameRule("sequence_name", r"^fse|^se", "spin echo", tokens("SE")),
)  # fmt: skip
