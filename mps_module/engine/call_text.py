"""What a customer's words say: which codes stand in them, and which problem they describe."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

MOST_CODES = 60
SHORTEST = 4
_PIECE = re.compile(r"[^\W_][\w.\-/]*[^\W_]|[^\W_]{2,}")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_BETWEEN = re.compile(r"[/?=&#:]+")
_MAIL = re.compile(r"\S+@\S+")
_PLAIN = re.compile(r"[a-z0-9'\-]+")
_QUOTED = re.compile(r"^\s*>|^On .{5,200} wrote:\s*$|^-{3,}\s*Original", re.MULTILINE)
_CITED = re.compile(r"<blockquote|<div[^>]*(?:gmail_quote|moz-cite-prefix|appendonsend)", re.IGNORECASE)
_BREAK = re.compile(r"<br|</p>|</div>|</li>|</tr>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
#: Words (stems) by problem code. A code of the site that is not named here is found by the words of its description.
WORDS: Mapping[str, tuple[str, ...]] = {
    "JAM": ("jam", "paper stuck", "stuck paper"),
    "FEED": ("pick up", "picked up", "pickup", "feed", "multiple sheets", "several sheets"),
    "LINES": ("line", "streak", "stripe", "spot", "smear", "smudge", "dirty", "stain", "black mark"),
    "LIGHT": ("light", "faded", "fading", "pale", "faint", "too dark", "washed out"),
    "NOISE": ("noise", "noisy", "squeak", "grinding", "rattl", "loud"),
    "ERROR": ("error", "fault code", "call service", "service code", "sc code"),
    "NETWORK": ("offline", "network", "wifi", "wi-fi", "does not print", "doesn't print", "not printing", "cannot print",
                "can't print", "won't print", "queue", "ip address"),
    "SCAN": ("scan",),
    "SUPPLY": ("toner", "ink", "cartridge", "staple", "waste box", "drum empty", "empty"),
    "SOFTWARE": ("computer", "laptop", "windows", "outlook", "password", "log in", "login", "server", "software",
                 "email account", "blue screen"),
}  # fmt: skip


def fresh_text(text: str) -> str:
    """What was written now: the quoted mail below it speaks of other calls."""
    found = _QUOTED.search(text)
    return text[: found.start()] if found else text


def plain_text(given: str) -> str:
    """The text of a mail or form in HTML, line by line, without what it cites below."""
    cited = _CITED.search(given)
    fresh = given[: cited.start()] if cited else given
    lines = _TAG.sub("", _BREAK.sub(lambda mark: f"\n{mark.group()}", fresh))
    return fresh_text(html.unescape(lines))


def codes_in(text: str) -> list[str]:
    """Words that could be a serial number, asset tag or id: of at least four characters, with a digit; longest first.

    Of an address (a sticker's QR code holds one) every part is tried; mail addresses are left out.
    """
    addresses = _ADDRESS.findall(text)
    plain = _MAIL.sub(" ", _ADDRESS.sub(" ", text))
    pieces = [piece for address in addresses for piece in _BETWEEN.split(address)]
    pieces += _PIECE.findall(plain)
    found: dict[str, None] = {}
    for piece in pieces:
        for each in (piece, *_BETWEEN.split(piece)):
            word = each.strip(".-_,;:()[]\"'")
            if len(word) >= SHORTEST and any(char.isdigit() for char in word):
                found[word] = None
    return sorted(found, key=lambda word: (-len(word), word))[:MOST_CODES]


def problem_of(text: str, codes: Mapping[str, str]) -> str:
    """The problem code that most of the words name; empty: none, or two alike.

    Args:
        codes: the site's codes -> their descriptions.
    """
    plain = " " + " ".join(_PLAIN.findall(text.lower()))
    scores = {code: _score(plain, code, description) for code, description in codes.items()}
    best = max(scores.values(), default=0)
    winners = [code for code, score in scores.items() if score == best]
    return winners[0] if best and len(winners) == 1 else ""


def _score(plain: str, code: str, description: str) -> int:
    words: Iterable[str] = WORDS.get(code.upper()) or _own_words(description)
    return sum(len(word.split()) for word in words if f" {word}" in plain)


def _own_words(description: str) -> list[str]:
    """Words of a description that say something, cut to their stems."""
    return [word[:6] for word in re.findall(r"[a-z]{5,}", description.lower())]
