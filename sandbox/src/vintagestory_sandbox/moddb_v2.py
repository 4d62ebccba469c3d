"""Version 2 of the mod database's API, with real HTTP statuses (source: vsmoddb lib/api/public and recorded answers)."""

import hashlib
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from vintagestory_sandbox.answers import failed, json_answer, json_bytes
from vintagestory_sandbox.catalogue import Catalogue, Mod
from vintagestory_sandbox.moddb import authors
from vintagestory_sandbox.packed_version import is_stable, pack
from vintagestory_sandbox.php import Query, collate, is_empty, text_of, url_encode, whole_number
from vintagestory_sandbox.releases import Release

CANNOT_PARSE = 4001
NO_VERSION = 4002
FORBIDDEN_IN_HOSTED_MODE = 4031
CANNOT_IGNORE_RETRACTION = 4032
NOT_FOUND = 4041
RETRACTED = 4101
RETRACTED_BY_MODERATOR = 4102

_Told = dict[str, dict[str, Any]]


class ModApiV2:
    """Answers below `/api/v2`, for one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, method: str, parts: Sequence[str], query: Query) -> Response:
        """The answer to a path below `/api/v2`, split at its slashes. What is not public wants a login."""
        try:
            match list(parts):
                case [] | ["users"]:
                    return json_bytes(b"{}", status=404)
                case ["mods", "install-information", *_]:
                    return _only_get(method) or self._install_information(query)
                case ["users", "by-name", name]:
                    return _only_get(method) or self._users(name, query)
                case ["users", *_]:
                    return json_bytes(b"{}", status=404)
                case _:
                    return json_bytes(b"{}", status=401)
        except TypeError:
            return failed(0)

    def _users(self, name: str, query: Query) -> Response:
        limit = whole_number(text_of(query.get("limit", "10")))
        if not limit or limit > 200:
            return _refuse("Invalid limit provided.")
        wanted = collate(name)
        people = [person for person in authors(self._catalogue) if wanted in collate(person)]
        people.sort(key=lambda person: collate(person) != wanted)
        return json_answer({_user_hash(person): person for person in people[: max(0, limit)]})

    def _install_information(self, query: Query) -> Response:
        game_version = None
        if "gv" in query:
            game_version = pack(text_of(query["gv"]))
            if game_version is None:
                return _refuse("Invalid game version.")
        if is_empty(ids := query.get("ids")):
            return _refuse("Missing ids.")
        told: _Told = {}
        known: list[tuple[str, int]] = []
        unknown: list[str] = []
        for wanted in text_of(ids or "").split(","):
            identifier, _, version = wanted.partition("@")
            told[identifier] = {}
            packed = pack(version)
            if packed is not None:
                known.append((identifier, packed))
            elif version:
                told[identifier] = {"errorCode": CANNOT_PARSE}
            elif game_version is not None:
                unknown.append(identifier)
            else:
                told[identifier] = {"errorCode": NO_VERSION}
        if not is_empty(query.get("hosted-mode")):
            return json_answer({"data": _with_error(told, FORBIDDEN_IN_HOSTED_MODE)})
        if not known and not unknown:
            return json_answer({"reason": "All requested ids are malformed.", "data": told}, status=400)
        ignore_retractions = not is_empty(query.get("ignore-retractions"))
        for identifier, packed in known:
            self._tell_installed(told, identifier, packed, game_version, ignore_retractions=ignore_retractions)
        for identifier in unknown:
            self._tell_best(told, identifier, game_version or 0)
        return json_answer({"data": _with_error(told, NOT_FOUND)})

    def _tell_installed(
        self, told: _Told, identifier: str, packed: int, game_version: int | None, *, ignore_retractions: bool
    ) -> None:
        """What is known of one version of a mod, under the database's spelling of its identifier."""
        for mod, release in self._catalogue.releases_named(identifier):
            if release.packed != packed or release.modidstr is None:
                continue
            entry = told.setdefault(release.modidstr, {})
            best = self._best(mod, game_version) if game_version is not None else None
            if best is not None and best.packed > packed:
                entry["recommendedUpgrade"] = best.version
            if release.retraction is not None:
                entry["retractionReason"] = release.retraction.reason
                moderated = release.retraction.by_moderator
                if not ignore_retractions:
                    entry["errorCode"] = RETRACTED_BY_MODERATOR if moderated else RETRACTED
                    continue
                if moderated:
                    entry["errorCode"] = CANNOT_IGNORE_RETRACTION
                    continue
            entry.update(_file(release))

    def _tell_best(self, told: _Told, identifier: str, game_version: int) -> None:
        """The best release of a mod for a game version."""
        for mod, release in self._catalogue.releases_named(identifier):
            if release.modidstr is not None and release == self._best(mod, game_version):
                told.setdefault(release.modidstr, {}).update(_file(release), recommendedUpgrade=release.version)

    def _best(self, mod: Mod, game_version: int) -> Release | None:
        """The highest release of a mod for exactly this game version, which is neither a pre-release nor retracted."""
        fitting = [
            release
            for release in self._catalogue.releases(mod)
            if is_stable(release.packed) and game_version in release.packed_game_versions
        ]
        return max(fitting, key=lambda release: release.packed, default=None)


def _file(release: Release) -> dict[str, str | None]:
    if release.fileid is None:
        return {"fileName": None, "fileUrl": "/download//"}
    return {"fileName": release.filename, "fileUrl": f"/download/{release.fileid}/{url_encode(release.filename)}"}


def _with_error(told: _Told, code: int) -> _Told:
    return {identifier: entry or {"errorCode": code} for identifier, entry in told.items()}


def _only_get(method: str) -> Response | None:
    if method in {"GET", "HEAD"}:
        return None
    reason = f"This endpoint does not support {method} requests. Try again using GET."
    return json_answer({"reason": reason}, status=405, extra=(("Allow", "GET"),))


def _refuse(reason: str) -> Response:
    return json_answer({"reason": reason}, status=400)


def _user_hash(name: str) -> str:
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:20].upper()
