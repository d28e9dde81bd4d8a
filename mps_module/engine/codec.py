"""A bill as plain JSON and back, exactly: what a posted bill is frozen as, and the digest that tells two apart.

The shape follows the dataclasses of `result.py` field by field, so a field added there is carried at once:
Decimals are strings that keep their digits, dates and times ISO 8601, enums their value, tuples lists. Fields that
hold their default are left out. Keys come in the order of the fields: the same bill is always the same bytes.
A time keeps its instant and its offset, not the name of its zone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from mps_module.engine.result import Bill

FORMAT = 1
_MISSING = object()  # stands for "no default" in the tables, and for "not there" when decoding

Convert = Callable[[Any], Any]


class CodecError(ValueError):
    """The text or dict is not a bill of a format that this version knows. The message names the place."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """How one field is carried. A `None` converter means: as it is."""

    name: str
    encode: Convert | None
    decode: Convert | None
    default: Any  # the value itself
    encoded_default: Any


_tables: dict[type, tuple[_Field, ...]] = {}


def _same(value: Any) -> Any:
    return value


def _converters(hint: Any) -> tuple[Convert | None, Convert | None]:
    """The two ways for a type hint. Raises TypeError for a type that the values do not use."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in typing.get_args(hint) if a is not type(None)]
        there, back = _converters(inner[0])
        return _optional(there), _optional(back)
    if origin is tuple:
        return _tuple_converters(typing.get_args(hint))
    if hint in (str, int, bool):
        return None, None
    if hint is Decimal:
        return str, Decimal
    if hint is datetime or hint is date:
        return hint.isoformat, hint.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda value: value.value), {m.value: m for m in hint}.__getitem__
    if dataclasses.is_dataclass(hint):
        return (lambda value: _encode(hint, value)), (lambda data: _decode(hint, data))
    raise TypeError(f"no converter for {hint!r}")


def _optional(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _tuple_converters(args: tuple[Any, ...]) -> tuple[Convert, Convert]:
    if len(args) == 2 and args[1] is Ellipsis:
        there, back = (c or _same for c in _converters(args[0]))
        return (lambda value: [there(v) for v in value]), (lambda data: tuple(back(v) for v in data))
    pairs = [_converters(a) for a in args]
    theres = [p[0] or _same for p in pairs]
    backs = [p[1] or _same for p in pairs]

    def decode(data: list[Any]) -> tuple[Any, ...]:
        if len(data) != len(backs):
            raise CodecError(f"{len(backs)} values expected, {len(data)} found")
        return tuple(c(v) for c, v in zip(backs, data, strict=True))

    return (lambda value: [c(v) for c, v in zip(theres, value, strict=True)]), decode


def _table(cls: type) -> tuple[_Field, ...]:
    found = _tables.get(cls)
    if found is None:
        hints = typing.get_type_hints(cls)
        rows = []
        for f in dataclasses.fields(cls):
            there, back = _converters(hints[f.name])
            default: Any = f.default
            if default is dataclasses.MISSING and f.default_factory is not dataclasses.MISSING:
                default = f.default_factory()
            if default is dataclasses.MISSING:
                default = encoded = _MISSING
            else:
                encoded = there(default) if there else default
            rows.append(_Field(f.name, there, back, default, encoded))
        found = _tables[cls] = tuple(rows)
    return found


def _encode(cls: type, value: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for f in _table(cls):
        v = getattr(value, f.name)
        if v is f.default:
            continue
        if f.encode is not None:
            v = f.encode(v)
        if v != f.encoded_default:
            out[f.name] = v
    return out


def _decode(cls: type, data: Any) -> Any:
    if not isinstance(data, dict):
        raise CodecError(f"{cls.__name__}: an object expected, {type(data).__name__} found")
    given: dict[str, Any] = {}
    left = len(data)
    for f in _table(cls):
        v = data.get(f.name, _MISSING)
        if v is _MISSING:
            if f.default is _MISSING:
                raise CodecError(f"{cls.__name__}: field {f.name} is missing")
            continue
        left -= 1
        if f.decode is not None:
            try:
                v = f.decode(v)
            except CodecError:
                raise
            except (TypeError, ValueError, KeyError, InvalidOperation) as error:
                raise CodecError(f"{cls.__name__}.{f.name}: {v!r} cannot be read") from error
        given[f.name] = v
    if left:
        unknown = sorted(data.keys() - {f.name for f in _table(cls)})
        raise CodecError(f"{cls.__name__}: unknown field {', '.join(unknown)}")
    return cls(**given)


def encode_value(value: Any) -> dict[str, Any]:
    """Any value of the engine's results (a Finding, a Boundary, a BillLine …) as a plain JSON-able dict."""
    return _encode(type(value), value)


def decode_value(cls: type, data: dict[str, Any]) -> Any:
    """A value of the engine's results back from `encode_value`'s dict. Raises CodecError."""
    return _decode(cls, data)


def encode_bill(bill: Bill) -> dict[str, Any]:
    """The bill, proof included, as a plain JSON-able dict with a ``format`` number."""
    return {"format": FORMAT, **_encode(Bill, bill)}


def decode_bill(data: dict[str, Any]) -> Bill:
    """The bill back from `encode_bill`'s dict. Raises CodecError for anything else."""
    if not isinstance(data, dict):
        raise CodecError(f"Bill: an object expected, {type(data).__name__} found")
    if data.get("format") != FORMAT:
        raise CodecError(f"format {data.get('format')!r} is not known; this version reads format {FORMAT}")
    return _decode(Bill, {k: v for k, v in data.items() if k != "format"})


def dumps(bill: Bill, indent: int | None = None) -> str:
    """The bill as JSON text: the same bill always gives the same text. Not ASCII-only: write it as UTF-8."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(encode_bill(bill), ensure_ascii=False, indent=indent, separators=separators)


def loads(text: str) -> Bill:
    """The bill back from `dumps`' text. Raises CodecError."""
    try:
        return decode_bill(json.loads(text))
    except json.JSONDecodeError as error:
        raise CodecError(f"not JSON: {error}") from error


def digest(bill: Bill) -> str:
    """SHA-256 (64 hex digits) of what the customer owes and why: everything in the bill but its findings.

    Findings are left out because some compare with the rest of the fleet, which may change without this bill changing.
    """
    return digest_of(_encode(Bill, bill))


def digest_of(data: dict[str, Any]) -> str:
    """`digest` of a bill that is encoded already, as it stands in a file."""
    content = {key: value for key, value in data.items() if key not in ("format", "findings")}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
