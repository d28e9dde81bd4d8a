"""Tables of the store's SQLite file, and the file itself. Private to the store modules."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import weakref
from datetime import date
from pathlib import Path

SCHEMA = """
create table file (id integer primary key, name text unique, kind text, rows int, reads int, aside int,
    reads_aside int);
create table issue (id integer primary key, file text, row int, record int, field text, value text, code text,
    message text, todo text, verdict int, unit text, meter text, reads int);
create table customer (customer text primary key, name text, address text, city text, zip text, country text,
    email text, contact text, tax_id text, file text, row int) without rowid;
create table device (id integer primary key, device text unique, serial text, serial_key text, model text,
    customer text, site text, department text, cost_center text, po text, installed text, removed text, owner text,
    status text, monthly_volume text, file text, row int, judged int default 0);
create table contract (id integer primary key, contract text unique, customer text, start text, end text,
    data blob, file text, row int, record int, sound int default 1);
create table cover (id integer primary key, contract text, unit text, kind text, start text, end text,
    quantity text, grp text, site text, department text, cost_center text, po text, allowances text,
    file text, row int, record int, sound int default 1);
create table call (id integer primary key, call text unique, unit text, device text, serial text, day text,
    contract text, incident int, labour_hours text, travel text, description text, file text, row int,
    sound int default 1);
create table part (id integer primary key, call text, item text, quantity text, rate text, description text,
    file text, row int, sound int default 1);
create table meter (id integer primary key, meter text unique);
create table read (device int, meter int, micros int, value int, tag int, file int, row int);
create table extra (file int, row int, meter int, read_id text, supersedes text, reason text,
    primary key (file, row, meter)) without rowid;
"""
INDEXES = """
create index if not exists read_device on read (device);
create index if not exists device_serial on device (serial_key);
create index if not exists cover_contract on cover (contract);
create index if not exists cover_unit on cover (unit);
create index if not exists call_contract on call (contract);
create index if not exists part_call on part (call);
create index if not exists issue_file on issue (file);
"""
# Nothing here survives the process, so nothing needs to survive a power cut either.
PRAGMAS = (
    "pragma journal_mode = off",
    "pragma synchronous = off",
    "pragma locking_mode = exclusive",
    "pragma temp_store = file",
    "pragma cache_size = -6000",
)


class Database:
    """A SQLite file that only this process sees and that goes with it."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="mps-", suffix=".db")
        os.close(handle)
        self.sql = sqlite3.connect(name, isolation_level=None)
        self._finish = weakref.finalize(self, _remove, self.sql, name)
        for pragma in PRAGMAS:
            self.sql.execute(pragma)
        self.sql.execute("begin")
        for statement in SCHEMA.split(";"):
            self.sql.execute(statement)

    def close(self) -> None:
        """Delete the file. Safe to call twice."""
        self._finish()


def _remove(sql: sqlite3.Connection, name: str) -> None:
    sql.close()
    Path(name).unlink(missing_ok=True)


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def serial_key(serial: str) -> str:
    """Serial numbers are compared as the engine's index does: letter case and blanks aside."""
    return "".join(serial.split()).casefold()
