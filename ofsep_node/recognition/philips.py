"""Philips: the scanning technique (2001,1020), e.g. T1TFE, TSE, TIR, FEEPI, DwiSE."""

from __future__ import annotations

from ofsep_node.recognition.naming import NameRule, tokens

RULES: tuple[NameRule, ...] = (
    NameRule("technique", r"^dwi", "diffusion", tokens("EP"), ("dwi",), 0.6),
    NameRule("technique", r"^feepi", "gradient-echo EPI, as for BOLD or perfusion",
             tokens("EP", "GR"), ("other",), 0.8),
    NameRule("technique", r"^seepi", "spin-echo EPI", tokens("EP", "SE")),
    NameRule("technique", r"epi", "EPI", tokens("EP")),
    NameRule("technique", r"^(pca|pc\b|qflow|m2d|inflow|tof)", "angiography",
             tokens("GR"), ("other",), 0.8),
    NameRule("technique", r"^t1tfe", "T1 turbo field echo", tokens("GR"), ("t1",), 0.4),
    # Any spoiled field echo, inflow angiography and susceptibility included.
    NameRule("technique", r"^t1ffe", "T1 fast field echo", tokens("GR")),
    NameRule("technique", r"^b[-_ ]?(tfe|ffe)", "balanced steady state",
             tokens("GR"), ("other",), 0.6),
    NameRule("technique", r"^t2ffe", "T2 fast field echo", tokens("GR"), ("t2star",), 0.2),
    NameRule("technique", r"^(tfe|ffe)", "field echo", tokens("GR")),
    NameRule("technique", r"^(tir|ir)", "inversion recovery", tokens("SE", "IR")),
    NameRule("technique", r"^(t2)?(tse|se)", "spin echo", tokens("SE")),
)  # fmt: skip
