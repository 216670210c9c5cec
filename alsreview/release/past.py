"""Finds a version that was released, in its archive or in git, so that it can be cited."""

import zipfile
from pathlib import Path

from alsreview.evidence.citation import CARD, parse_card, read_card
from alsreview.release.archive import FOLDER, archive_name
from alsreview.release.git import Git
from alsreview.release.manifest import NAME, Manifest, read_manifest
from alsreview.release.results import FOLDER as RESULTS
from alsreview.release.results import from_text
from alsreview.release.stamp import RELEASE_TITLE, make_stamp, stamp
from alsreview.release.versions import Version, parse_version
from alsreview.release.work import Work

_PACKED = f"cite/{CARD}"


def present_work(root: Path) -> Work:
    """Say what the review in a folder is now: a version, or a draft."""
    return Work(stamp(root), read_card(root))


def past_work(root: Path, version: str) -> Work:
    """Say what a released version was.

    Parameters
    ----------
    root : folder of the review
    version : such as ``"2026.1"``

    Raises
    ------
    ValueError
        When it is no version, or was not released as far as the archives and git tell here.
    """
    parse_version(version)
    path = root / FOLDER / version / NAME
    if path.is_file():
        return _archived(root, read_manifest(path.read_text(encoding="utf-8"), f"{FOLDER}/{version}/{NAME}"))
    commit = release_commit(root, version)
    if not commit:
        known = ", ".join(map(str, released_versions(root))) or "none"
        raise ValueError(
            f"{version} was not released; known here: {known} (without a version: the present state)"
        )
    card = _card_at(root, commit)
    if card.get("version") != version:
        raise ValueError(f"{commit[:12]}: {CARD}: version: expected {version}, found {card.get('version')}")
    seconds = int(_git(root, "log", "-1", "--format=%ct", commit))
    return _work(root, card, evidence=_evidence(root, commit, version), seconds=seconds, commit=commit)


def released_versions(root: Path) -> list[Version]:
    """List the versions that archives, tags or commits tell of, oldest first."""
    names = {path.parent.name for path in (root / FOLDER).glob(f"*/{NAME}")}
    names |= set(_git(root, "tag", "--list").split())
    start, end = RELEASE_TITLE.split("{}")
    names |= {title.removeprefix(start).removesuffix(end) for title in _releases(root)}
    return sorted(found for name in names if (found := _version(name)))


def _version(name: str) -> Version | None:
    try:
        return parse_version(name)
    except ValueError:
        return None  # a tag may also mark something else


def _archived(root: Path, manifest: Manifest) -> Work:
    path = root / FOLDER / manifest.version / archive_name(manifest.version)
    card = _packed_card(path) or _card_at(root, manifest.commit)
    return _work(
        root,
        card | {"title": manifest.title, "version": manifest.version, "doi": manifest.doi},
        evidence=manifest.evidence_hash,
        seconds=manifest.seconds,
        commit=manifest.commit,
    )


def _work(root: Path, card: dict, **facts) -> Work:
    # Where versions are kept is known to the present review; the site may have moved since.
    card = card | {"url": read_card(root).get("url") or card.get("url", "")}
    return Work(make_stamp(card, released=True, **facts), card)


def _packed_card(path: Path) -> dict | None:
    """Read the citation file that the build put into an archive."""
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            if _PACKED in archive.namelist():
                return parse_card(archive.read(_PACKED), f"{path.name}/{_PACKED}")
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path}: not the archive of a version ({error})") from error
    return None


def _card_at(root: Path, commit: str) -> dict:
    text = _git(root, "show", f"{commit}:{CARD}") if commit else ""
    if not text:
        raise ValueError(
            f"{CARD} of commit {commit or '(none)'}: not found; fetch the history: git fetch --tags"
        )
    return parse_card(text, f"{commit[:12]}:{CARD}")


def _evidence(root: Path, commit: str, version: str) -> str:
    """Look up the hash in the results that the version kept; empty when it kept none."""
    text = _git(root, "show", f"{commit}:{(RESULTS / version).as_posix()}.csv")
    hashes = from_text(text).evidence_hash.dropna() if text else ()
    return str(hashes.iloc[0]) if len(hashes) else ""


def release_commit(root: Path, version: str) -> str:
    """Find a release by its tag, or by its title where the tag was not fetched."""
    tagged = _git(root, "rev-parse", "--verify", "--quiet", f"refs/tags/{version}^{{commit}}")
    return tagged or _releases(root).get(RELEASE_TITLE.format(version), "")


def _releases(root: Path) -> dict[str, str]:
    """List the commits that look like a release: title to commit."""
    start = RELEASE_TITLE.partition("{}")[0]
    lines = _git(root, "log", f"--grep=^{start}", "--format=%H %s").splitlines()
    return {title: commit for commit, _, title in (line.partition(" ") for line in lines)}


def _git(root: Path, *words: str) -> str:
    """Return what git says; nothing outside of git, or when it knows no such thing."""
    try:
        return Git(root)(*words)
    except (ValueError, FileNotFoundError):
        return ""
