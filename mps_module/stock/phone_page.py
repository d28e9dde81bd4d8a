"""What the page at /mps is made of: its files, their version, who is logged in, and its texts.

The files are ES modules without a build step. A web server may let browsers keep /assets for a year, so every file
is asked for by the version of the whole: an import map leads each plain `./store.js` to `store.js?v=<build>`.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import frappe
from frappe import _

FOLDER = Path(__file__).resolve().parent.parent / "public" / "phone"
ROUTE = "/assets/mps_module/phone"
TEXT = re.compile(r"""\b__\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


def files() -> list[str]:
    """Paths of the app's files inside its folder, sorted."""
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())


def build() -> str:
    """Version of the app: a digest of its files, its page and its worker. Changes when any of them does."""
    stamps = tuple((name, (FOLDER / name).stat().st_mtime_ns) for name in files())
    return _digest(stamps)


@lru_cache(maxsize=4)
def _digest(stamps: tuple[tuple[str, int], ...]) -> str:
    digest = hashlib.sha256()
    www = FOLDER.parent.parent / "www"
    for path in [*(FOLDER / name for name, _stamp in stamps), www / "mps.html", www / "mps-sw.js"]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def versioned(name: str) -> str:
    """Address of a file of the app, with the build that it belongs to."""
    return f"{ROUTE}/{name}?v={build()}"


def import_map() -> dict[str, str]:
    """Plain module address -> versioned one, for the page's import map."""
    return {f"{ROUTE}/{name}": versioned(name) for name in files() if name.endswith(".js")}


def shell() -> list[str]:
    """Addresses of everything that the page needs to open without a network, except the page itself."""
    code = [versioned(name) for name in files() if name.endswith((".js", ".css"))]
    return [*code, f"{ROUTE}/manifest.json", f"{ROUTE}/icons/icon-192.png"]


def boot() -> dict[str, Any]:
    """Who is logged in, the token of the session, and the texts in the user's language."""
    user = frappe.session.user
    return {
        "user": user,
        "full_name": frappe.utils.get_fullname(user),
        "csrf_token": frappe.sessions.get_csrf_token(),
        "build": build(),
        "lang": frappe.local.lang,
        "messages": messages(),
    }


def messages() -> dict[str, str]:
    """The app's texts that have a translation in the session's language: English -> translated."""
    if frappe.local.lang == "en":
        return {}
    translated = {text: _(text) for text in _texts(build())}
    return {text: other for text, other in translated.items() if other != text}


@lru_cache(maxsize=4)
def _texts(_build: str) -> tuple[str, ...]:
    found: set[str] = set()
    for name in files():
        if name.endswith(".js"):
            for double, single in TEXT.findall((FOLDER / name).read_text(encoding="utf-8")):
                found.add(re.sub(r"\\(.)", r"\1", double or single))
    return tuple(sorted(found))
