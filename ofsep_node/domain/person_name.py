"""Names of persons as they are looked for: case, accents and empty parts make no difference."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 200
"""Characters by which a name is looked for: three groups of 64, and what is between them."""


def folded(name: str) -> str:
    """A PN value (PS3.5 section 6.2) in capitals, without accents and without what is left empty.

    `Dupré^Élodie^^^` and `DUPRE^ELODIE` are the same name; wildcards stay as they are.
    """
    parted = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in parted if not unicodedata.combining(c)).upper()
    single = re.sub(r"\s+", " ", plain)
    components = re.sub(r" ?([\^=]) ?", r"\1", single)
    return re.sub(r"\^+(?==|$)", "", components).rstrip("=").strip()
