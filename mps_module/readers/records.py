"""Customers, models, devices, covers, calls and parts: rows of tables as typed records.

What a record refers to (a customer, a contract) is not looked up here; `mps_module.cli.store` does that for a whole
folder, the ERP for its own documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from mps_module.engine.contract import UnitKind
from mps_module.engine.meters import MeterType, MeterUnit, parse_formula
from mps_module.engine.reads import Verdict
from mps_module.readers import columns
from mps_module.readers.columns import MeterNames
from mps_module.readers.issue import BadValue, Remark, counted, shown
from mps_module.readers.numbers import bare_amount, to_decimal
from mps_module.readers.settings import Settings
from mps_module.readers.sheet import FileLog, Recogniser, Sheet, needs, open_sheet, text_of
from mps_module.readers.table import Cell, Table
from mps_module.readers.yaml_keys import choice, truth, whole

ALLOWANCE = "allowance:"
MAX_TEXT = 10_000
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Customer:
    """Who a bill goes to."""

    customer: str
    name: str = ""
    address: str = ""
    city: str = ""
    zip: str = ""
    country: str = ""
    email: str = ""
    contact: str = ""
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class ModelMeter:
    """One row of models.csv: a meter that a model has. `monthly_volume`: expected clicks a month, None: unknown."""

    model: str
    brand: str
    meter: MeterType
    monthly_volume: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One device as the dealer lists it. `monthly_volume`: by meter key; key "": the device's total clicks."""

    device: str
    serial: str = ""
    model: str = ""
    customer: str = ""
    site: str = ""
    department: str = ""
    cost_center: str = ""
    po: str = ""
    installed: date | None = None
    removed: date | None = None
    owner: str = ""
    status: str = ""
    monthly_volume: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CoverRow:
    """A unit under a contract. `kind` None: a device if the fleet has it. Blank texts: as the device has them."""

    contract: str
    unit: str
    kind: UnitKind | None = None
    start: date | None = None
    end: date | None = None
    quantity: Decimal = Decimal(1)
    group: str = ""
    site: str = ""
    department: str = ""
    cost_center: str = ""
    po: str = ""
    allowances: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A closed service call. `contract` blank: the one that covers the device on that day."""

    call: str
    device: str
    serial: str
    day: date
    contract: str = ""
    incident: bool = False
    labour_hours: Decimal = Decimal(0)
    travel: Decimal = Decimal(0)
    description: str = ""


@dataclass(frozen=True, slots=True)
class PartRow:
    call: str
    item: str
    quantity: Decimal
    rate: Decimal
    description: str = ""


Parse = Callable[[Sheet, Cell], Any]


@dataclass(frozen=True)
class Kind(Generic[R]):
    """How rows of one kind of table become records.

    Attributes:
        fields: field -> aliases. `required`: fields that must have a value in every row.
        parse: field -> parser; fields without one are texts. `build` turns values by field into a record.
        columns: fields that the header must have, where these are not the required ones.
        numeric: further fields whose numbers show how the file writes numbers.
        prefix: columns whose name starts so hold decimals by the rest of the name, given to `build` as ``extra``.
    """

    name: str
    fields: Mapping[str, Sequence[str]]
    required: tuple[str, ...]
    build: Callable[..., R]
    parse: Mapping[str, Parse] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    prefix: str = ""
    numeric: tuple[str, ...] = ()


def read_records(kind: Kind[R], table: Table, settings: Settings, log: FileLog) -> Iterator[tuple[int, R]]:
    """Records of a table, with their row numbers. Rows that give none are reported to `log`."""
    rule = settings.rule_for(table.name)
    recogniser = Recogniser(kind.fields, needs(*(kind.columns or kind.required)), rule, prefix=kind.prefix)
    numeric = [name for name, parse in kind.parse.items() if parse in (_decimal, _price, money_cell)]
    numeric += kind.numeric
    sheet = open_sheet(table, recogniser, rule, settings.clock(rule), log, numeric)
    if sheet is None:
        return
    report_unused(sheet, log)
    known = {*sheet.header.at, *sheet.fixed, *kind.required}
    names = [name for name in kind.fields if name in known]
    for number, cells in sheet.rows():
        values = _values(kind, names, sheet, number, cells, log)
        if values is None:
            continue
        try:
            yield number, kind.build(**values)
        except BadValue as problem:
            log.add(number, problem.field, problem.value, problem)


def report_unused(sheet: Sheet, log: FileLog) -> None:
    """A note that names the columns that were not read, so that nothing is left out silently."""
    unused = sheet.header.unused
    if unused:
        names = ", ".join(unused[:30])
        log.add(
            sheet.header.row,
            "",
            names,
            Remark(
                "columns-unused",
                f"{counted(len(unused), 'column')} {'is' if len(unused) == 1 else 'are'} not read",
                "",
                Verdict.ACCEPTED,
            ),
        )


def _values(
    kind: Kind[R], names: Sequence[str], sheet: Sheet, number: int, cells: Sequence[Cell], log: FileLog
) -> dict[str, Any] | None:
    """Values by field; None, with every problem of the row reported, where one of them cannot be used."""
    values: dict[str, Any] = {}
    bad = False
    for name in names:
        cell: Cell = None
        try:
            cell, remark = sheet.cell(cells, name)
            if remark:
                log.add(number, name, cell, remark)
            if cell is None:
                if name in kind.required:
                    raise BadValue("value-missing", f"“{name}” is empty", "Fill it in, or remove the row.")
                continue
            parse = kind.parse.get(name)
            values[name] = parse(sheet, cell) if parse else _text(sheet, cell)
        except BadValue as problem:
            bad = True
            log.add(number, name, "" if cell is None else cell, problem)
    if kind.prefix:
        extra, extra_bad = _extra(sheet, number, cells, log)
        values["extra"], bad = extra, bad or extra_bad
    return None if bad else values


def _extra(sheet: Sheet, number: int, cells: Sequence[Cell], log: FileLog) -> tuple[dict[str, Decimal], bool]:
    found: dict[str, Decimal] = {}
    bad = False
    for rest, place in sheet.header.extra.items():
        try:
            cell, remark = sheet.raw(cells, (place,))
            if remark:
                log.add(number, sheet.header.names[rest], cell, remark)
            if cell is not None:
                found[rest] = sheet.decimal(cell)
        except BadValue as problem:
            bad = True
            log.add(number, sheet.header.names[rest], cells[place], problem)
    return found, bad


def _text(_: Sheet, cell: Cell) -> str:
    text = text_of(cell)
    if len(text) > MAX_TEXT:
        raise BadValue("text-too-long", f"the cell holds {len(text):,} characters", "Shorten it.")
    return text


def _day(sheet: Sheet, cell: Cell) -> date:
    return sheet.day(cell)


def _decimal(sheet: Sheet, cell: Cell) -> Decimal:
    return sheet.decimal(cell)


def money_cell(sheet: Sheet, cell: Cell) -> Decimal:
    """An amount of money that may be negative, with or without its currency, see `numbers.bare_amount`."""
    if isinstance(cell, str):
        text, negative = bare_amount(cell)
        value = sheet.decimal(text)
        return -value if negative else value
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell < 0:
        return -sheet.decimal(-cell)
    return sheet.decimal(cell)


def _price(sheet: Sheet, cell: Cell) -> Decimal:
    value = money_cell(sheet, cell)
    if value < 0:
        raise BadValue("number-negative", f"{value} is below 0", "Correct the cell.")
    return value


def _truth(_: Sheet, cell: Cell) -> bool:
    return truth(text_of(cell))


def _digits(_: Sheet, cell: Cell) -> int:
    return whole(text_of(cell), 1, 12)


_KINDS = {kind.value: kind for kind in UnitKind}
_KIND_WORDS = {"devices": "device", "printer": "device", "seats": "seat", "user": "seat", "users": "seat", "assets": "asset",
               "pc": "asset", "machine": "device"}  # fmt: skip


def unit_kind(text: str) -> UnitKind:
    """device, seat or asset, and the words that people write for them. Raises BadValue."""
    word = text.strip().lower()
    return _KINDS[choice(tuple(_KINDS))(_KIND_WORDS.get(word, word))]


def _unit_kind(_: Sheet, cell: Cell) -> UnitKind:
    return unit_kind(text_of(cell))


def _meter_unit(_: Sheet, cell: Cell) -> MeterUnit:
    word = text_of(cell).strip().lower().removesuffix("s")
    word = {"click": "impression", "page": "impression", "side": "impression", "print": "impression"}.get(
        word, word
    )
    return MeterUnit(choice(tuple(unit.value for unit in MeterUnit))(word))


def _formula(_: Sheet, cell: Cell) -> dict[str, Decimal]:
    try:
        return parse_formula(text_of(cell))
    except ValueError as error:
        raise BadValue(
            "formula-broken", str(error), "Write a sum of meters, such as total - colour or a4 + 2*a3."
        ) from None


def volumes(text: str) -> dict[str, Decimal]:
    """``1500`` (all clicks, key "") or ``mono=1200 colour=300`` -> clicks a month by meter.

    Raises:
        BadValue: neither.
    """
    found: dict[str, Decimal] = {}
    for part in text.replace(";", " ").split():
        name, mark, amount = part.rpartition("=")
        if (name in found) or (mark and not name):
            raise BadValue(
                "volume", f"“{shown(text)}” is no monthly volume", "Write 1500, or mono=1200 colour=300."
            )
        found[name] = to_decimal(amount)
    return found


def _volumes(sheet: Sheet, cell: Cell) -> dict[str, Decimal]:
    if isinstance(cell, str) and "=" in cell:
        return volumes(cell)
    return {"": sheet.decimal(cell)}


def _model_meter(
    model: str, meter: str, brand: str = "", label: str = "", unit: MeterUnit = MeterUnit.IMPRESSION,
    digits: int | None = None, formula: Mapping[str, Decimal] | None = None, monthly_volume: Decimal | None = None,
) -> ModelMeter:  # fmt: skip
    if formula and meter in formula:
        raise BadValue(
            "formula-broken", f"{shown(meter)} is made of itself", "Correct the formula.", "formula", meter
        )
    return ModelMeter(model, brand, MeterType(meter, label, unit, digits, formula or {}), monthly_volume)


def _cover(extra: Mapping[str, Decimal], **values: Any) -> CoverRow:
    start, end = values.get("start"), values.get("end")
    if start and end and end < start:
        raise BadValue(
            "dates-crossed",
            f"ends on {end}, before it starts on {start}",
            "Correct start or end.",
            "end",
            end,
        )
    return CoverRow(allowances=extra, **values)


def _call(date: date, **values: Any) -> CallRow:
    if not (values.get("device") or values.get("serial")):
        raise BadValue(
            "value-missing", "neither device nor serial is given", "Fill one of them in.", "device"
        )
    return CallRow(day=date, device=values.pop("device", ""), serial=values.pop("serial", ""), **values)


CUSTOMERS = Kind("customers", columns.CUSTOMER_FIELDS, ("customer",), Customer)
MODELS = Kind(
    "models", columns.MODEL_FIELDS, ("model", "meter"), _model_meter,
    {"unit": _meter_unit, "digits": _digits, "formula": _formula, "monthly_volume": _decimal},
)  # fmt: skip
FLEET = Kind(
    "fleet", columns.FLEET_FIELDS, ("device",), FleetRow,
    {"installed": _day, "removed": _day, "monthly_volume": _volumes},
)  # fmt: skip
COVERS = Kind(
    "covers", columns.COVER_FIELDS, ("contract", "unit"), _cover,
    {"kind": _unit_kind, "start": _day, "end": _day, "quantity": _decimal}, prefix=ALLOWANCE,
)  # fmt: skip
CALLS = Kind(
    "calls", columns.CALL_FIELDS, ("call", "date"), _call,
    {"date": _day, "incident": _truth, "labour_hours": _decimal, "travel": _decimal},
)  # fmt: skip
PARTS = Kind(
    "parts", columns.PART_FIELDS, ("call", "item", "quantity", "rate"), PartRow,
    {"quantity": _decimal, "rate": _price},
)  # fmt: skip


@dataclass(slots=True)
class Model:
    """A model with its meters, as the rows of models.csv add up."""

    model: str
    brand: str = ""
    meters: dict[str, MeterType] = field(default_factory=dict)
    monthly_volume: dict[str, Decimal] = field(default_factory=dict)


def read_models(table: Table, settings: Settings, log: FileLog, models: dict[str, Model]) -> None:
    """Add the rows of a table to `models`. A meter that is listed again in other words is set aside."""
    for number, row in read_records(MODELS, table, settings, log):
        model = models.setdefault(row.model, Model(row.model, row.brand))
        model.brand = model.brand or row.brand
        meter = row.meter
        before = model.meters.get(meter.key)
        if before is not None:
            same = before == meter and model.monthly_volume.get(meter.key) == row.monthly_volume
            problem = Remark("same-again", "the row is there already", "", Verdict.DUPLICATE) if same else BadValue(
                "meter-twice", f"{row.model} has a meter {meter.key} already, described otherwise", "Keep one of the rows."
            )  # fmt: skip
            log.add(number, "meter", meter.key, problem)
            continue
        model.meters[meter.key] = meter
        if row.monthly_volume is not None:
            model.monthly_volume[meter.key] = row.monthly_volume


def meter_names(models: Mapping[str, Model]) -> MeterNames:
    """The meter names of a dealer's models, for recognising columns and cells."""
    return MeterNames({key for model in models.values() for key in model.meters})


def meter_types(models: Mapping[str, Model]) -> dict[str, MeterType] | None:
    """Meters by key over all models; None without any model: then nothing is known, and nothing can be checked."""
    types: dict[str, MeterType] = {}
    for model in models.values():
        for key, meter in model.meters.items():
            types.setdefault(key, meter)
    return types or None
