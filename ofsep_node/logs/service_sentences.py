"""In words: what scanners tell of their work, and what the node is asked to answer for."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from ofsep_node.logs.phrases import LEVEL_STYLES, Line, either, warned


def _step(english: str, french: str) -> Callable[[Line, str], Text]:
    """What a scanner told of a step; what is missing of it is said only when something is."""

    def say(line: Line, language: str) -> Text:
        said = f"{line.get('peer', '?')}: {either(language, english, french)}"
        missing, announced = line.get("missing"), line.get("announced")
        if missing:
            said += either(
                language,
                f", {missing} of {announced} objects have not come",
                f", {missing} objets sur {announced} ne sont pas arrivés",
            )
        reason = f" ({line['reason']})" if line.get("reason") else ""
        return Text(f"◇ {said}{reason}", style=LEVEL_STYLES.get(str(line.get("level")), ""))

    return say


def _asked(line: Line, language: str) -> Text:
    objects = line["objects"]
    said = either(
        language,
        f"asks whether {objects} objects are safe here",
        f"demande si {objects} objets sont en sûreté ici",
    )
    return Text(f"◇ {line.get('peer', '?')}: {said}")


def _reported(line: Line, language: str) -> Text:
    committed, failed = line["committed"], line["failed"]
    said = either(
        language,
        f"was told: {committed} objects are safe here, {failed} are not",
        f"est informé : {committed} objets sont en sûreté ici, {failed} ne le sont pas",
    )
    if line.get("dropped"):
        said += either(
            language,
            f", {line['dropped']} of them dropped as their time was over",
            f", dont {line['dropped']} retirés car leur temps était écoulé",
        )
    return Text(f"◇ {line.get('peer', '?')} {said}", style="yellow" if failed else "")


SERVICE_SAYINGS: dict[str, Callable[[Line, str], Text]] = {
    "mpps.in_progress": _step("step in progress", "étape en cours"),
    "mpps.completed": _step("step completed", "étape achevée"),
    "mpps.discontinued": _step("step broken off", "étape interrompue"),
    "mpps.refused": warned(
        "what was told of a step was refused", "étape déclarée refusée", "status", "reason"
    ),
    "commitment.requested": _asked,
    "commitment.reported": _reported,
    "commitment.unreported": warned(
        "a peer could not be told what is safe here, and will be told later",
        "un correspondant n'a pu être informé de ce qui est en sûreté ici, il le sera plus tard",
        "peer",
        "reason",
    ),
    "commitment.given_up": warned(
        "a peer could not be told what is safe here for a week",
        "un correspondant n'a pu être informé pendant une semaine de ce qui est en sûreté ici",
        "peer",
        "reason",
    ),
    "commitment.refused": warned(
        "a request for storage commitment was refused",
        "demande d'engagement de stockage refusée",
        "status",
        "reason",
    ),
    "commitment.waiting": warned(
        "requests for storage commitment wait",
        "les demandes d'engagement de stockage attendent",
        "reason",
    ),
}
