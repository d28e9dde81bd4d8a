"""``mps.yaml``: who the dealer is, and how the files of the folder are written."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo

from mps_module.engine.reads import Verdict
from mps_module.readers.csv_table import DELIMITERS
from mps_module.readers.issue import NO_RECORD, BadValue, Issue, shown
from mps_module.readers.numbers import NumberStyle, to_decimal
from mps_module.readers.times import Clock, zone_named
from mps_module.readers.yaml_doc import read_documents
from mps_module.readers.yaml_keys import Findings, Keys, text

SETTINGS_FILE = "mps.yaml"
FIXED_COLUMNS = ("device", "serial", "meter", "kind", "source")


@dataclass(frozen=True, slots=True)
class Company:
    """The dealer, as printed on bills. `logo`: path inside the folder."""

    name: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    tax_id: str = ""
    bank: str = ""
    terms: str = ""
    footer: str = ""
    logo: str = ""


@dataclass(frozen=True, slots=True)
class FileRule:
    """How the files that match `pattern` (``reads/kpax*.csv``) are written. Empty: as the folder's settings say.

    Attributes:
        columns: column name of the file -> our field or meter key; ``-``: leave the column out.
        fixed: device, serial, meter, kind or source of all rows, where the file has no such column.
    """

    pattern: str
    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    numbers: NumberStyle | None = None
    date_formats: tuple[str, ...] = ()
    timezone: str = ""
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The folder's settings.

    Attributes:
        timezone: IANA name; of times without an offset, and of contracts that name none.
        buffer_percent: a read above expected volume x (1 + buffer) is flagged.
        date_formats: strptime forms, besides ISO dates.
        numbers: how numbers are written; None: only what can be read in one way is read.
    """

    company: Company = Company()
    currency: str = "USD"
    timezone: str = "UTC"
    buffer_percent: Decimal = Decimal(60)
    date_formats: tuple[str, ...] = ()
    numbers: NumberStyle | None = None
    files: tuple[FileRule, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def rule_for(self, name: str) -> FileRule:
        """All rules that match the file, later ones winning, filled up with the folder's own settings."""
        columns: dict[str, str] = {}
        fixed: dict[str, str] = {}
        best = FileRule(name, numbers=self.numbers, date_formats=self.date_formats, timezone=self.timezone)
        path = name.partition("#")[0]
        for rule in self.files:
            if not fnmatchcase(path.lower(), rule.pattern.lower()):
                continue
            columns.update(rule.columns)
            fixed.update(rule.fixed)
            best = FileRule(
                name,
                numbers=rule.numbers or best.numbers,
                date_formats=rule.date_formats or best.date_formats,
                timezone=rule.timezone or best.timezone,
                encoding=rule.encoding or best.encoding,
                delimiter=rule.delimiter or best.delimiter,
            )
        return FileRule(
            name,
            columns,
            fixed,
            best.numbers,
            best.date_formats,
            best.timezone,
            best.encoding,
            best.delimiter,
        )

    def clock(self, rule: FileRule) -> Clock:
        return Clock(ZoneInfo(rule.timezone or self.timezone), rule.date_formats)


def read_settings(folder: Path) -> tuple[Settings, list[Issue]]:
    """The settings of a folder; defaults, with an Issue, where there is no ``mps.yaml``."""
    path = folder / SETTINGS_FILE
    if not path.is_file():
        issue = Issue(
            SETTINGS_FILE, 0, "", "", "settings-missing", "the folder has no mps.yaml: US dollars and UTC are assumed",
            "Write one; `mps template` makes an example.", Verdict.FLAGGED,
        )  # fmt: skip
        return Settings(), [issue]
    issues: list[Issue] = []
    found = Findings(SETTINGS_FILE, NO_RECORD)
    settings = Settings()
    for number, document in enumerate(read_documents(path, SETTINGS_FILE)):
        if isinstance(document, Issue):
            issues.append(document)
        elif number:
            found.add(
                document.line, "", "", "yaml-shape", "a second document is not read", "Keep one.", Verdict.QUARANTINED
            )  # fmt: skip
        else:
            settings = _settings(Keys(document, "", found))
    return settings, issues + found.issues


def settings_beside(path: Path) -> tuple[Settings, list[Issue]]:
    """The settings for a folder, or for a single file: those of the ``mps.yaml`` that lies with it. Without one the
    defaults, and nothing is missed."""
    folder = path if path.is_dir() else path.parent
    return read_settings(folder) if (folder / SETTINGS_FILE).is_file() else (Settings(), [])


def _settings(keys: Keys) -> Settings:
    settings = Settings(
        company=_company(keys.mapping("company")),
        currency=keys.take("currency", currency_code, "USD"),
        timezone=keys.take("timezone", zone_key, "UTC"),
        buffer_percent=keys.take("buffer_percent", to_decimal, Decimal(60)),
        date_formats=_formats(keys),
        numbers=keys.take("numbers", NumberStyle.from_sample, None),
        files=(*_column_rules(keys), *_file_rules(keys)),
    )
    keys.close()
    return settings


def _company(keys: Keys | None) -> Company:
    if keys is None:
        return Company()
    values = {item.name: keys.take(item.name, text, "") for item in fields(Company)}
    keys.close()
    return Company(**values)


def _column_rules(keys: Keys) -> list[FileRule]:
    """``columns: {name: field}`` for all files, or ``columns: {pattern: {name: field}}``."""
    columns = keys.mapping("columns")
    if columns is None or columns.node.pairs is None:
        return []
    everywhere: dict[str, str] = {}
    rules: list[FileRule] = []
    for name, node in columns.node.pairs.items():
        if node.pairs is None:
            everywhere[name] = columns.take(name, text, "")
        else:
            inner = columns.mapping(name)
            rules.append(FileRule(name, {key: inner.take(key, text, "") for key in node.pairs}))
            inner.close()
    return [FileRule("*", everywhere), *rules] if everywhere else rules


def _file_rules(keys: Keys) -> list[FileRule]:
    files = keys.mapping("files")
    if files is None or files.node.pairs is None:
        return []
    rules = []
    for pattern in files.node.pairs:
        own = files.mapping(pattern)
        if own is None:
            continue
        inner = own.mapping("columns")
        columns = {key: inner.take(key, text, "") for key in inner.node.pairs or ()} if inner else {}
        fixed = {name: own.take(name, text, "") for name in FIXED_COLUMNS if own.has(name)}
        rules.append(
            FileRule(
                pattern,
                columns,
                {name: value for name, value in fixed.items() if value},
                own.take("numbers", NumberStyle.from_sample, None),
                _formats(own),
                own.take("timezone", zone_key, ""),
                own.take("encoding", _encoding, ""),
                own.take("delimiter", _delimiter, ""),
            )
        )
        own.close(also=FIXED_COLUMNS)
    return rules


def _formats(keys: Keys) -> tuple[str, ...]:
    formats = []
    for node in keys.sequence("date_formats"):
        try:
            formats.append(_format(node.text or ""))
        except BadValue as problem:
            keys.found.bad(node.line, "date_formats", node.text, problem)
    return tuple(formats)


def _format(form: str) -> str:
    probe = datetime(2026, 11, 23, 14, 5, 6)
    try:
        same = datetime.strptime(probe.strftime(form), form).date() == probe.date()
    except ValueError:
        same = False
    if not same:
        raise BadValue(
            "date-format",
            f"“{shown(form)}” does not name year, month and day",
            "Write it with %Y, %m and %d, such as %d/%m/%Y.",
        )
    return form


def currency_code(value: str) -> str:
    code = value.strip().upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise BadValue(
            "currency", f"“{shown(value)}” is no currency", "Write an ISO code such as USD or EUR."
        )
    return code


def zone_key(value: str) -> str:
    return zone_named(value.strip()).key


def _encoding(value: str) -> str:
    try:
        info = codecs.lookup(value.strip())
        b"\xe9\x00,1\xff".decode(info.name, errors="replace")
    except (LookupError, ValueError):
        raise BadValue(
            "encoding", f"“{shown(value)}” is no text encoding", "Write utf-8, utf-16 or cp1252."
        ) from None
    return info.name


def _delimiter(value: str) -> str:
    mark = "\t" if value in ("tab", "\\t") else value
    if mark not in DELIMITERS:
        raise BadValue("delimiter", f"“{shown(value)}” is no delimiter", 'Use "," ";" "|" or tab.')
    return mark


__all__ = ["SETTINGS_FILE", "Company", "FileRule", "Settings", "read_settings", "settings_beside"]
