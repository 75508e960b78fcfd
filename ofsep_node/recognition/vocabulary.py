"""The words that technologists write, in English and French, and what each supports.

Patterns are matched on `words.text_of(...)`: no accents, lower case, every sign but ``+`` and
``*`` turned into a space, ``3d``, ``t1``, ``t2`` and the plane set apart from what follows.
Weights are ours: a name that belongs to one sequence (SWAN) speaks louder than one that
several share (T2).
"""

from __future__ import annotations

from dataclasses import dataclass

from ofsep_node.domain.series import Organ, Weighting


@dataclass(frozen=True, slots=True)
class Word:
    """A pattern, the weightings it fits, how far it is to be believed, what it leaves open."""

    pattern: str
    claims: tuple[Weighting, ...]
    weight: float
    allows: tuple[Weighting, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganWord:
    """A pattern and the organ that it names."""

    pattern: str
    organ: Organ


OUTSIDE: tuple[Word, ...] = (
    # Maps of diffusion.
    Word(r"\be ?adc\b|\bexp(onential)? adc\b|\bexponential\b", ("other",), 0.9),
    Word(r"\bd?adc\b|\bapparent diffusion\b|\bdiffusion apparente?\b|\bcda\b", ("adc",), 0.75),
    Word(r"\bcol(ou?r)? ?fa\b|\bfa (map|carte|couleur|col(ou?r)?)\b|\bcarte fa\b|\bfa$|^fa\b"
         r"|\bfraction(al)? (of )?aniso\w*|\banisotropie\b", ("fa",), 0.75),
    # What positions or calibrates the rest.
    Word(r"\bloca(l\w*)?\b|\blocs?\b|\bscouts?\b|\bsurveys?\b|\breper\w*|\btopogram\w*"
         r"|\b3 ?(plane?|plans?|pl)\b|\btri ?plan\w*|\bsmart ?brain\b|\bpilot\b", ("localizer",), 0.8),
    Word(r"\bcalib\w*|\basset cal\b|\bref(erence)? scans?\b|\b(sense|coil) (ref|survey)\w*"
         r"|\bshim\w*|\bnoise\b|\bprescan\b", ("other",), 0.9),
    # Function, perfusion, fields.
    Word(r"\bbold\b|\bi?rmf\b|\birmf\b|\brs ?fmri\b|\bfmri\b|\bresting\b|\brest(ing)? state\b"
         r"|\btask\b", ("other",), 0.9),
    Word(r"\bperf\w*|\bdsc\b|\bdce\b|\bp?c?asl\b|\bpasl\b|\br?cb[fv]\b|\bmtt\b|\bttp\b|\btmax\b"
         r"|\bk ?trans\b|\bmoco\b", ("other",), 0.9),
    Word(r"\b\w*field ?map\w*|\bgre field\b|\bb[01] ?map\w*|\bcarte b[01]\b|\btopup\b|\bblip\b",
         ("other",), 0.9),
    # Vessels.
    Word(r"\btof\b|\binflow\b|\b[23]d i\b|\barm\b|\bangio\w*|\bmr[av]\b|\bcemra\b|\bphase contrast\b|\bcontraste de phase\b"
         r"|\b(2d|3d|ven\w*) ?pc\b|\bpc ?(2d|3d|ven\w*|a)\b|\binhance\b|\btrance\b|\bwillis\b"
         r"|\bpolygone\b|\btsa\b|\bveino\w*|\bveno(us|graph\w*)?\b|\bflow\b(?! ?comp)|\bflux\b|\bquiss\b"
         r"|\btwist\b|\btricks\b", ("other",), 0.9),
    Word(r"\b(care|smart) ?bolus\b|\bsmart ?prep\b|\b(test|track\w*) bolus\b|\bbolus track\w*|\btracker\b", ("other",), 0.9),
    # Made from other images, or not images of anatomy.
    Word(r"\b(min|max)? ?mi?n?ip\b|\breformat\w*|\breformation\w*|\bprojection\w*",
         ("other",), 0.9),
    Word(r"\bsubtract\w*|\bsoustr\w*|\bsub\b", ("other",), 0.9),
    Word(r"\bscreen ?(save|shot|cap\w*)\b|\bcapture\w*|\breport\b|\bphoenix\w*|\bcompte rendu\b"
         r"|\bsecondary capture\b", ("other",), 0.9),
    Word(r"\bpha(se)? (images?|map|mask)\b|\b(carte|image)s? (de )?phase\b|^pha(se)?$"
         r"|\b(swi|swan|swip|fsbb|ven ?bold|filt\w*)\b.* pha(se)?$|\bfilt\w* pha(se)?\b", ("other",), 0.9),
    Word(r"\bspectro\w*|\bmrs\b|\bsvs\b|\bcsi\b|\bsv press\b", ("other",), 0.9),
    # Quantitative and other contrasts the protocol does not know.
    Word(r"\bt[12] ?\*? ?(map\w*|carto\w*|rho)|\bcarto\w*|\bqsm\b|\bmagic\b|\bsynth\w*|\bmtr\b"
         r"|\bmt (on|off)\b|\belasto\w*|\bmre\b|\br2 ?\*|\bmyelo\w*", ("other",), 0.8),
    Word(r"\bciss\b|\bfiesta\b|\btru ?fi(sp)?\b|\btrue ?fisp\b|\bb ?[ft]fe\b|\bcine\b",
         ("other",), 0.8),
    Word(r"\binv ?[12]\b|\bpsir\b|\bphase sensitive\b", ("other",), 0.8),
    Word(r"\bblack ?blood\b|\bdark ?blood\b|\bbb\b|\bsang noir\b|\bdante\b|\bmsde\b"
         r"|\bvessel ?walls?\b|\bparois?\b", ("other",), 0.8),
    Word(r"^fat\b(?! ?sat)|\b(opp(osed)?|out) ?(phase|of phase)?$|\b(opp(osed)?|out of|out) ?phase\b"
         r"|\bdixon\b.*\b(f|fat|opp|op)$", ("other",), 0.9),
)  # fmt: skip
"""Words of series that no sequence of the protocol may be taken for, and of derived maps."""

SPECIFIC: tuple[Word, ...] = (
    Word(r"\bt1 flair\b|\bflair t1\b", ("t1",), 0.55),
    Word(r"\bflair\b|\bdark ?fluid\b|\bda fl\b|\bfluid attenuated\b", ("flair",), 0.6),
    Word(r"\bstir\b|\bshort tau\b", ("stir",), 0.6),
    Word(r"\btirm\b", ("flair", "stir"), 0.3),
    Word(r"\bdouble (ir|inversion)\b|(?<![0-9])(?<![0-9] )\bdir\b(?! ?[0-9])", ("dir",), 0.55),
    Word(r"\bswi\b|\bswan\b|\bswip\b|\bven ?bold\b|\bfsbb\b|\bsuscept\w*", ("swi",), 0.7),
    Word(r"\bt2 ?(\*|star\b|etoile\b)|\bt2 (eg|gre|ffe|fl2d|ge|echo de gradient)\b"
         r"|\b(eg|gre|ge|ffe|echo de gradient) t2\b|\bmedic\b|\bmerge\b|\bm ?ffe\b|\bhemo\w*",
         ("t2star",), 0.6),
    Word(r"\b(pd|dp|rho|densite) ?(de protons?)? ?\+? ?(et)? ?t2\b|\bt2 ?\+? ?(et)? ?(pd|dp|rho)\b"
         r"|\bpd\+t2\b|\bt2\+(pd|dp)\b|\bdouble echo\b|\bdual echo\b", ("pd_t2",), 0.45, ("pd", "t2")),
)  # fmt: skip
"""Names of one weighting; when one of them is there, the general words are not read."""

DIFFUSION: tuple[Word, ...] = (
    Word(r"\b[de]?dwi\b|\bdiff\w*|\bdwb\b|\bresolve\b|\bd?sb ?[0-9]+\b|\bb ?(500|[6-9]00|[1-3][0-9]00)\b"
         r"|\btracew?\b", ("dwi",), 0.5, ("adc", "fa")),
    Word(r"\bdti\b|\btens(or|eur)\w*|\bhardi\b|\bdsi\b|\bmddw\b|\bnoddi\b"
         r"|\b[0-9]+ ?dir(s|ections?)?\b|\bdir ?[0-9]+\b", ("dwi",), 0.5, ("adc", "fa")),
)  # fmt: skip
"""Words of diffusion; that it is a tensor acquisition is said by its directions, not by words."""

GENERAL: tuple[Word, ...] = (
    Word(r"\bmp ?2? ?rage\b|\bmpr\b|\bbravo\b|\b(ir )?f?spgr\b|\bt1\b|\bt1 ?w\b|\bt1 tfe\b",
         ("t1",), 0.45),
    Word(r"\bt2\b|\bt2 ?w\b", ("t2",), 0.4),
    Word(r"\bpd\b|\bdp\b|\bproton density\b|\bdensite de protons?\b", ("pd",), 0.4),
)  # fmt: skip

ORGANS: tuple[OrganWord, ...] = (
    OrganWord(
        r"\brachis\w*|\brachid\w*|\bmoelles?\b(?! osseuse)|\bmedull\w*|\bcervic\w*|\bcerv\b|\bdors\w*|\blomb\w*|\blumb\w*"
        r"|\bthorac\w*|\b[ctl] ?sp(ine)?\b|\bspin(e|al)\b|\bcord\b|\bvertebr\w*|\bwhole ?spine\b"
        r"|\bconus\b|\bcone terminal\b", "cord"),
    OrganWord(
        r"\bcerebr\w*|\benceph\w*|\bbrain\w*|\bcrane\w*|\bcrani\w*|\bheads?\b|\btetes?\b"
        r"|\bcerveau\b|\bcervelet\b|\bbi ?call\w*|\bskull\b|\bneuro ?cranium\b", "brain"),
    OrganWord(
        r"\bgenoux?\b|\bknees?\b|\bepaules?\b|\bshoulders?\b|\bchevilles?\b|\bankles?\b|\bpieds?\b"
        r"|\bfoot\b|\bfeet\b|\bpoignets?\b|\bwrists?\b|\bmains?\b(?<!bold main)(?<!fmri main)(?<!irmf main)|\bhands?\b|\bhanches?\b|\bhips?\b"
        r"|\bbassin\b|\bpelvi\w*|\bpelvis\b|\bprostat\w*|\buter\w*|\babdom\w*|\bfoie\b|\bliver\b"
        r"|\bhepat\w*|\breins?\b|\bkidney\w*|\bseins?\b|\bbreasts?\b|\bcardia\w*|\bcoeur\b|\bheart\b"
        r"|\bcou\b|\bneck\b|\bface\b|\borbit\w*|\bhypophys\w*|\bpituit\w*|\bsinus\b|\bcai\b|\biac\b"
        r"|\brochers?\b|\bcoudes?\b|\belbows?\b|\bcuisses?\b|\bthigh\w*|\bplexus\b|\bparotid\w*"
        r"|\bmoelle osseuse\b|\bbone marrow\b|\bcolon\b|\brectum\b|\bpancrea\w*|\bnerfs? optiques?\b|\boptic nerves?\b", "other"),
)  # fmt: skip

BODY_PARTS: tuple[tuple[str, Organ], ...] = (
    (r"^(BRAIN|HEAD|SKULL|CRANE|ENCEPHALE|CEREBRAL|TETE)", "brain"),
    (r"SPINE|SPINAL|^[CTL]S?SPINE|CORD|RACHIS|MOELLE|CERVICAL|DORSAL|LUMBAR|^[CTL]SP", "cord"),
    (r"^(UNDEFINED|UNKNOWN|WHOLE ?BODY|OTHER|NONE|PHANTOM|ALL)", "unknown"),
)
"""BodyPartExamined (0018,0015): any other text names a part of the body that is neither."""
