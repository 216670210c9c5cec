"""Checks what a rule for a single key of a card, or of the protocol, cannot say."""

from alsreview.schema import Fault


def trial_status(card: dict) -> str:
    """Return what a trial is in this review: "included", "excluded" or "awaiting" classification.

    A trial whose allocation is unclear awaits classification: it is not known to belong here, and not known
    to belong elsewhere.
    """
    if card.get("excluded"):
        return "excluded"
    return "awaiting" if card.get("allocation") == "unclear" else "included"


def card_faults(name: str, card: dict, lines: dict) -> list[Fault]:
    """List what is wrong between the keys of a trial's card.

    Parameters
    ----------
    name : path of the card from the root
    card, lines : what was read of it
    """
    faults = []
    sources = card.get("sources") if isinstance(card.get("sources"), dict) else {}
    for key, source in sources.items():
        if isinstance(source, dict) and not {"doi", "pmid", "url"} & set(source):
            line = lines.get(("sources", key), 1)
            faults.append(Fault(name, line, f"sources.{key}", "expected a doi, a pmid or a url, found none"))
    contrasts = card.get("contrasts") if isinstance(card.get("contrasts"), dict) else {}
    for key, contrast in contrasts.items():
        if isinstance(contrast, dict) and contrast.get("intervention") == contrast.get("comparator"):
            line = lines.get(("contrasts", key), 1)
            faults.append(
                Fault(name, line, f"contrasts.{key}", "expected two different arms, found one twice")
            )
    if card.get("allocation") == "not_randomized" and not card.get("excluded"):
        message = "expected the reason for which a trial that is not randomized is excluded, found none"
        faults.append(Fault(name, lines.get(("allocation",), 1), "excluded", message))
    if (card.get("unit") == "composite") != bool(card.get("covers")):
        message = "expected the covered trials on a composite and on nothing else"
        faults.append(Fault(name, lines.get(("covers",), 1), "covers", message))
    return faults


def protocol_faults(protocol: dict, lines: dict) -> list[Fault]:
    """List the primary analyses that do not leave out the news, and what is overdue before it is due.

    Parameters
    ----------
    protocol, lines : what was read of ``protocol.yml``
    """
    faults = _rhythm_faults(protocol.get("freshness"), lines)
    analyses = protocol.get("analyses") if isinstance(protocol.get("analyses"), dict) else {}
    return faults + [
        Fault(
            "data/protocol.yml",
            lines.get(("analyses", name), 1),
            f"analyses.{name}.source_kinds_left_out",
            "expected news among the kinds that a primary analysis leaves out, found it missing",
        )
        for name, choice in analyses.items()
        if isinstance(choice, dict)
        and choice.get("role") == "primary"
        and choice.get("synthesis") == "pool"
        and "news" not in (choice.get("source_kinds_left_out") or [])
    ]


def _rhythm_faults(freshness, lines: dict) -> list[Fault]:
    rhythms = freshness.items() if isinstance(freshness, dict) else ()
    return _retirement_faults(dict(rhythms), lines) + [
        Fault(
            "data/protocol.yml",
            lines.get(("freshness", name, "overdue_days"), 1),
            f"freshness.{name}.overdue_days",
            f"expected more than every_days ({rhythm['every_days']}), found {rhythm['overdue_days']}",
        )
        for name, rhythm in rhythms
        if isinstance(rhythm, dict)
        and isinstance(rhythm.get("every_days"), int)
        and isinstance(rhythm.get("overdue_days"), int)
        and rhythm["overdue_days"] <= rhythm["every_days"]
    ]


def _retirement_faults(freshness: dict, lines: dict) -> list[Fault]:
    days = freshness.get("retire_after_days")
    searches = [freshness[name] for name in ("search", "decision") if isinstance(freshness.get(name), dict)]
    longest = max((r["overdue_days"] for r in searches if isinstance(r.get("overdue_days"), int)), default=0)
    if not isinstance(days, int) or days > longest:
        return []
    line = lines.get(("freshness", "retire_after_days"), 1)
    message = f"expected more than the overdue_days of search and decision ({longest}), found {days}"
    return [Fault("data/protocol.yml", line, "freshness.retire_after_days", message)]
