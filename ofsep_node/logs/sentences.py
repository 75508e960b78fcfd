"""An event in words, as the terminal and `ofsep-node tail` show it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from rich.text import Text

from ofsep_node.domain.labels import attribute_in_words, describe
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.text import legible
from ofsep_node.domain.verdict import series_name
from ofsep_node.logs.phrases import LEVEL_STYLES, Line, either, warned
from ofsep_node.logs.retention_sentences import RETENTION_SAYINGS
from ofsep_node.logs.retrieval_sentences import RETRIEVAL_SAYINGS
from ofsep_node.logs.service_sentences import SERVICE_SAYINGS

CONCLUSION_STYLES = {
    "compliant": "bold green",
    "compliant_with_remarks": "bold yellow",
    "non_compliant": "bold red",
    "undetermined": "bold magenta",
}
CONCLUSIONS = {
    "compliant": ("compliant", "conforme"),
    "compliant_with_remarks": ("compliant with remarks", "conforme avec remarques"),
    "non_compliant": ("not compliant", "non conforme"),
    "undetermined": ("undetermined", "indéterminé"),
}
_INDENTED = "\n" + " " * 14
_NOT_SHOWN = {"at", "level", "event", "node", "process", "exception", "fr", "en"}


def sentence(line: Line, language: str = "en") -> Text:
    """One event as one line (more for a verdict's problems), coloured by what it means."""
    line = {k: v if k == "exception" else legible(v) for k, v in line.items()}
    line |= _worded_in(line, language)
    name = str(line.get("event", "?"))
    say = _SAYINGS.get(name, _everything)
    try:
        said = say(line, language)
    except (TypeError, ValueError, LookupError):  # another version wrote these fields
        said = _everything(line, language)
    text = Text.assemble((f"{_clock(line)}  ", "dim"), said)
    if line.get("exception"):
        text.append(f"\n{line['exception']}", "dim")
    return text


def _worded_in(line: Line, language: str) -> Line:
    """What the line says in a language that is not the node's own."""
    words = line.get(language)
    return words if isinstance(words, dict) else {}


def _clock(line: Line) -> str:
    """Local time of day: what the person at the terminal has on the wall."""
    try:
        return datetime.fromisoformat(str(line["at"])).astimezone().strftime("%H:%M:%S")
    except (KeyError, ValueError):
        return "--:--:--"


def percent(part: float, language: str) -> str:
    """A part of one as a percentage."""
    return f"{100 * part:.0f}{either(language, '%', ' %')}"


def _everything(line: Line, _language: str) -> Text:
    said = ", ".join(f"{k}={v}" for k, v in line.items() if k not in _NOT_SHOWN)
    style = LEVEL_STYLES.get(str(line.get("level")), "")
    return Text(f"{line.get('event', '?')}  {said}", style=style)


def _peer(line: Line) -> str:
    return f"{line.get('peer') or '?'} ({line.get('address') or '?'})"


def _association_opened(line: Line, language: str) -> Text:
    words = either(language, "association opened by", "association ouverte par")
    return Text.assemble(("▶ ", "cyan"), f"{words} {_peer(line)}")


def _association_rejected(line: Line, language: str) -> Text:
    words = either(language, "association rejected", "association refusée")
    colon = either(language, ": ", " : ")
    return Text(f"■ {words}{colon}{_peer(line)}, {line.get('reason', '')}", style="yellow")


def _association_released(line: Line, language: str) -> Text:
    words = either(language, "association released by", "association terminée par")
    received = _received(line, language)
    return Text.assemble(
        ("■ ", "cyan"), f"{words} {_peer(line)}", f", {received}" if received else ""
    )


def _association_aborted(line: Line, language: str) -> Text:
    words = either(language, "association aborted", "association interrompue")
    colon = either(language, ": ", " : ")
    said = [_peer(line), str(line.get("reason", "")), _received(line, language)]
    return Text(f"■ {words}{colon}{', '.join(filter(None, said))}", style="yellow")


def _received(line: Line, language: str) -> str:
    """So many objects; nothing of none, where nobody sent any: a query brings none."""
    objects = int(line.get("objects", 0))
    if not objects and not line.get("refused"):
        return ""
    if objects == 1:
        return f"1 {either(language, 'object received', 'objet reçu')}"
    return f"{objects} {either(language, 'objects received', 'objets reçus')}"


def _series_recognised(line: Line, language: str) -> Text:
    names = ("organ", "weighting", "dimension", "plane", "gadolinium", "role")
    identity = SeriesIdentity(**cast("Any", {n: line.get(n, "unknown") for n in names}))
    text = Text.assemble(
        ("  ○ ", "cyan"),
        f"{_series(line, language)}{either(language, ': ', ' : ')}",
        (describe(identity, "fr" if language == "fr" else "en"), "bold"),
        (f" ({percent(float(line.get('confidence') or 0), language)})", "dim"),
    )
    evidence = [str(e) for e in line.get("evidence") or ()]
    if evidence:
        told = either(language, "; ", " ; ").join(evidence[:3])
        text.append(f"{_INDENTED}{told}", "dim")
    if line.get("still_missing"):
        words = either(language, "still missing:", "manque encore :")
        text.append(f"{_INDENTED}{words} {', '.join(line['still_missing'])}", "yellow")
    return text


def _series(line: Line, language: str) -> str:
    name = series_name(line.get("number"), line.get("description"), language)
    return f"{either(language, 'series', 'série')} {name}"


def _finding_raised(line: Line, language: str) -> Text:
    style = LEVEL_STYLES.get(str(line.get("level")), "") or "cyan"
    sign = "?" if line.get("outcome") == "undetermined" else "✗"
    said = f"{_about(line, language)}{line.get('message', '')}"
    text = Text.assemble((f"  {sign} ", style), (said, style))
    return text.append(f"  [{line.get('rule')}, {line.get('sentence')}]", "dim")


def _finding_cleared(line: Line, language: str) -> Text:
    words = either(language, "no longer:", "levé :")
    return Text(f"  ✓ {_about(line, language)}{words} {line.get('message', '')}", style="green")


def _about(line: Line, language: str) -> str:
    colon = either(language, ": ", " : ")
    return f"{_series(line, language)}{colon}" if line.get("series") else ""


def _association_verdict(line: Line, language: str) -> Text:
    """While more may come, what is only missing yet is not told as a fault."""
    english, french, style = _so_far(line)
    words = f"{either(language, 'so far: ', 'à ce stade : ')}{either(language, english, french)}"
    text = Text.assemble(("● ", style), (words, style), (f"  {_whose(line)}", "dim"))
    return _with_details(text, line, language)


def _so_far(line: Line) -> tuple[str, str, str]:
    """What is to be done about what has come, in both languages, and its style."""
    if line.get("problems") and line.get("worst") != "info":
        return _TO_DO.get(str(line.get("worst")), _TO_DO["undetermined"])
    if line.get("missing") or line.get("awaited"):
        return "what has come is good, more is needed", "reçu conforme, examen incomplet", "green"
    return "all that is required is there", "tout ce qui est requis est là", "green"


_TO_DO = {
    "error": ("TO BE CORRECTED", "À CORRIGER", "bold red"),
    "warning": ("with remarks", "avec remarques", "bold yellow"),
    "undetermined": ("to be looked at", "à vérifier", "bold magenta"),
}


def _study_verdict(line: Line, language: str) -> Text:
    return _verdict(either(language, "verdict:", "verdict :"), line, language)


def _study_rejudged(line: Line, language: str) -> Text:
    return _verdict(either(language, "judged again:", "jugé à nouveau :"), line, language)


def _study_corrected(line: Line, language: str) -> Text:
    taken_back = either(language, "withdrawn", "(retrait)")
    words = (
        f"indication {line['indication']}"
        if name == "indication" and line.get("indication")
        else attribute_in_words(name, value or taken_back, "fr" if language == "fr" else "en")
        for name, value in (line.get("said") or {}).items()
    )
    said = ", ".join(words)
    reason = f" ({line['reason']})" if line.get("reason") else ""
    by = either(language, "said by", "dit par")
    text = Text.assemble(("✎ ", "cyan"), f"{_about(line, language)}{said}, {by} {line.get('by')}")
    text.append(reason)
    return text.append(f"  {line.get('study', '')}", "dim")


def _verdict(introduction: str, line: Line, language: str) -> Text:
    key = str(line.get("conclusion"))
    words = either(language, *CONCLUSIONS.get(key, (key, key)))
    text = Text.assemble(
        ("● ", CONCLUSION_STYLES.get(key, "")),
        f"{introduction} ",
        (words.upper(), CONCLUSION_STYLES.get(key, "")),
        (f"  {_whose(line)}", "dim"),
    )
    return _with_details(text, line, language)


def _whose(line: Line) -> str:
    return f"{line.get('images', '?')} images, {line.get('study', '')}"


def _with_details(text: Text, line: Line, language: str) -> Text:
    """What is wrong, then what is not there yet, then what is good."""
    for problem in line.get("problems") or ():
        text.append(f"{_INDENTED}– {problem}")
    for awaited in line.get("awaited") or ():
        text.append(f"{_INDENTED}… {awaited}", "yellow")
    if line.get("missing"):
        label = _missing_words(line, language)
        text.append(f"{_INDENTED}{label} {', '.join(line['missing'])}", "yellow")
    if line.get("met"):
        text.append(f"{_INDENTED}✓ {', '.join(line['met'])}", "green")
    return text


def _missing_words(line: Line, language: str) -> str:
    """While images may still come, nothing is missing for good."""
    if line.get("event") == "association.verdict":
        return either(language, "still missing:", "manque encore :")
    return either(language, "missing:", "manque :")


def _study(english: str, french: str) -> Callable[[Line, str], Text]:
    def say(line: Line, language: str) -> Text:
        return Text(f"◆ {either(language, english, french)}  {line.get('study', '')}")

    return say


def _report(english: str, french: str, *details: str) -> Callable[[Line, str], Text]:
    """What became of a report: which, to whom, and what is to be said of it."""

    def say(line: Line, language: str) -> Text:
        which = f"{line.get('kind', '')} → {line.get('destination', '')}"
        said = ", ".join(str(line[d]) for d in details if line.get(d))
        colon = either(language, ": ", " : ")
        words = f"✉ {either(language, english, french)} {which}" + (
            f"{colon}{said}" if said else ""
        )
        return Text(words, style=LEVEL_STYLES.get(str(line.get("level")), ""))

    return say


def _node(english: str, french: str) -> Callable[[Line, str], Text]:
    def say(line: Line, language: str) -> Text:
        ports = [f":{line['port']}"] if line.get("port") else []
        ports += [f":{line['tls_port']} (TLS)"] if line.get("tls_port") else []
        address = f" {line['ae_title']} {line['host']}{' '.join(ports)}" if ports else ""
        return Text(f"{either(language, english, french)}{address}", style="bold")

    return say


_SAYINGS: dict[str, Callable[[Line, str], Text]] = {
    "node.started": _node("node started", "nœud démarré"),
    "node.draining": _node(
        "stopping: finishing what is arriving", "arrêt : fin des réceptions en cours"
    ),
    "node.stopped": _node("node stopped", "nœud arrêté"),
    "node.reloaded": warned("files read anew", "fichiers relus", "process"),
    "node.reload_refused": warned(
        "files not read anew, everything stays as it was",
        "fichiers non relus, rien n'est changé",
        "reason",
    ),
    "reception.open": warned(
        "anybody who reaches the port may send: list your peers",
        "quiconque atteint le port peut envoyer : dressez la liste des correspondants",
        "setting",
    ),
    "tls.expires": warned(
        "our own TLS certificate expires soon",
        "notre certificat TLS expire bientôt",
        "days",
        "file",
    ),
    "tls.expired": warned(
        "our own TLS certificate has expired, peers may refuse it",
        "notre certificat TLS a expiré, des correspondants peuvent le refuser",
        "file",
    ),
    "association.opened": _association_opened,
    "association.rejected": _association_rejected,
    "association.released": _association_released,
    "association.aborted": _association_aborted,
    "association.verdict": _association_verdict,
    "series.recognised": _series_recognised,
    "finding.raised": _finding_raised,
    "finding.cleared": _finding_cleared,
    "study.settled": _study("study settled", "examen terminé"),
    "study.reopened": _study(
        "study reopened by a late image", "examen rouvert par une image tardive"
    ),
    "study.verdict": _study_verdict,
    "report.queued": _report("report due", "compte rendu à envoyer"),
    "report.sent": _report("report sent", "compte rendu envoyé", "warning"),
    "report.failed": _report("report not delivered", "compte rendu non remis", "reason"),
    "report.cancelled": _report("report cancelled", "compte rendu annulé", "by", "reason"),
    "report.retried": _report("report to be tried again", "compte rendu à réessayer", "by"),
    "study.corrected": _study_corrected,
    "study.rejudged": _study_rejudged,
    "study.unjudged": warned(
        "a study could not be judged by a defect of this program",
        "un examen n'a pu être jugé, par un défaut de ce programme",
        "study",
    ),
    "instance.conflict": warned(
        "other content came under a known SOP Instance UID, both are kept",
        "un autre contenu est arrivé sous un SOP Instance UID connu, les deux sont conservés",
        "instance",
    ),
    "instance.refused": warned("object refused", "objet refusé", "status", "reason"),
    "instance.unreadable": warned(
        "unreadable object, kept in quarantine",
        "objet illisible, gardé en quarantaine",
        "quarantined_as",
        "reason",
    ),
    "intake.waiting": warned(
        "objects wait in the spool", "les objets attendent dans le tampon", "reason"
    ),
    "intake.resumed": warned("objects are taken again", "les objets sont repris"),
    "records.unavailable": warned(
        "objects wait in the spool", "les objets attendent dans le tampon", "reason"
    ),
    "node.away": warned(
        "a node is silent, the others go on without it",
        "un nœud ne répond plus, les autres continuent sans lui",
        "about",
        "host",
    ),
    "node.returned": warned("a node is back", "un nœud est revenu", "about", "host"),
    "archive.unavailable": warned(
        "the archive cannot be reached, objects wait in the spool",
        "l'archive est inaccessible, les objets attendent dans le tampon",
        "archive",
        "reason",
    ),
    "spool.unwritable": warned(
        "the spool cannot be written, senders are told so",
        "le tampon ne peut être écrit, les émetteurs en sont avertis",
        "reason",
    ),
    "spool.low": warned(
        "the disk is nearly full, new associations are rejected (MB free)",
        "le disque est presque plein, les nouvelles associations sont refusées (Mo libres)",
        "free_mb",
    ),
    "spool.roomy": warned(
        "there is room on the disk again, associations are accepted",
        "le disque a de nouveau de la place, les associations sont acceptées",
    ),
    "node.process_died": warned(
        "a part of the node died and is started again",
        "une partie du nœud s'est arrêtée, elle est relancée",
        "part",
    ),
    "node.process_stuck": warned(
        "a part of the node hangs and is ended (seconds without a sign)",
        "une partie du nœud est bloquée, elle est arrêtée (secondes sans signe)",
        "part",
        "silent_s",
    ),
    "node.process_failed": warned("cannot work", "ne peut fonctionner", "process", "reason"),
    **SERVICE_SAYINGS,
    **RETENTION_SAYINGS,
    **RETRIEVAL_SAYINGS,
}
