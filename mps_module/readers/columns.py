"""Column names of other programs, and which of our fields they mean.

Names are compared without case, accents, spaces and punctuation. The lists hold names that collectors and dealer
systems write (see docs/files.md for which ones); anything else is mapped by the dealer in mps.yaml.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

READ_FIELDS: Mapping[str, tuple[str, ...]] = {
    "device": (
        "device", "device_id", "unit", "equipment", "equipment_id", "Equipment Number", "Equipment No", "EquipmentNumber",
        "asset", "asset_id", "Asset Number", "Asset Tag", "machine", "Machine ID", "Machine Number", "Gerät",
    ),
    "serial": (
        "serial", "SERIAL_NUMBER", "Serial Number", "Serial No", "Serial #", "S/N", "Device Serial Number", "serialNumber",
        "Seriennummer", "Numéro de série", "N° de série", "Número de serie", "Matricola",
    ),
    "meter": ("meter", "meter_type", "Meter Name", "Counter Name", "Counter Type", "Meter Label", "Zählerart"),
    "taken_at": (
        "taken_at", "read_at", "timestamp", "latest_meter_timestamp", "Meter Timestamp", "Reading Date", "READING_DATE",
        "Read Date", "Meter Date", "Meter Read Date", "Meter Reading Date", "Last Meter Date",
        "Latest Meter Date", "Last Meter Read", "Date of Reading", "LAST_SCAN_DATE", "Scan Date",
        "Last Audit Date", "Last Audit", "Audit Date", "Collection Date", "Last Reported", "Date/Time", "date",
        "Date de relevé", "Date relevé", "Ablesedatum", "Datum", "Fecha de lectura", "Fecha",
    ),
    "time": (
        "time", "Reading Time", "Read Time", "Time of Reading", "Meter Time", "Meter Read Time", "Scan Time", "Uhrzeit",
        "Ablesezeit", "Heure", "Heure de relevé", "Hora",
    ),
    "value": (
        "value", "reading", "Meter Reading", "Meter Value", "Meter Read", "Counter Value", "Current Reading",
        "Current Meter", "Last Meter Value", "Display Reading", "Actual Reading", "count", "Zählerstand", "Relevé", "Lectura",
    ),
    "kind": ("kind", "read_kind", "Read Type", "Reading Type", "Entry Type", "type"),
    "source": ("source", "read_source", "Reading Source", "Method", "Origin"),
    "reason": ("reason", "remark", "note", "comment"),
    "supersedes": ("supersedes", "replaces", "corrects"),
    "read_id": ("read_id", "reading_id"),
}  # fmt: skip

METERS: Mapping[str, tuple[str, ...]] = {
    "total": (
        "total", "pageCounts_default_total", "LIFECOUNT", "Life Count", "Total Count", "Total Counter", "Total Pages",
        "Total Page Count", "Page Count", "Lifetime Count", "Life Page Count", "Total Meter", "Meter Total", "CounterTotal",
        "Total Impressions", "Compteur total", "Gesamtzähler", "Gesamt", "Contador total",
    ),
    "mono": (
        "mono", "black", "B/W", "B&W", "BW", "Black and White", "Black & White", "pageCounts_default_totalBlack",
        "pageCounts_default_totalMono", "LIFECOUNTMONO", "MONO_LIFE_COUNT", "Total Mono", "Total Black", "Total BW",
        "Total Count Mono", "Mono Pages", "Black Pages", "BW Pages", "Total Mono Pages", "Mono Total", "B&W Total",
        "Mono Count", "Black Count", "Mono Meter", "B/W Meter", "Black Meter", "Meter Mono", "CounterMono", "Mono Counter",
        "B&W Counter", "Compteur noir", "Compteur N&B", "Noir", "N&B", "Schwarzweiß", "SW", "Zähler SW", "Monocromo",
        "Contador B/N",
    ),
    "colour": (
        "colour", "color", "pageCounts_default_totalColor", "LIFECOUNTCOLOR", "COLOR_LIFE_COUNT", "Total Colour",
        "Total Color", "Total Count Colour", "Total Count Color", "Colour Pages", "Color Pages", "Total Color Pages",
        "Color Total", "Colour Total", "Color Count", "Colour Count", "Color Meter", "Colour Meter", "Meter Color",
        "CounterColor", "Color Counter", "Full Color", "Compteur couleur", "Couleur", "Farbe", "Zähler Farbe",
        "Contador color",
    ),
    "a3": ("a3", "A3 Total", "Total A3", "A3 Pages", "A3/DLT", "A3/Ledger", "Large Pages", "LARGE_COUNT"),
    "mono_a4": ("mono_a4", "a4_mono", "SMALL_MONO_COUNT", "Small Mono", "Mono A4"),
    "mono_a3": ("mono_a3", "a3_mono", "LARGE_MONO_COUNT", "Large Mono", "Mono A3"),
    "colour_a4": ("colour_a4", "a4_colour", "color_a4", "a4_color", "SMALL_COLOR_COUNT", "Small Color"),
    "colour_a3": ("colour_a3", "a3_colour", "color_a3", "a3_color", "LARGE_COLOR_COUNT", "Large Color"),
    "scan": ("scan", "scans", "Scan Count", "SCANCOUNT", "Scan Pages", "Total Scans", "pageCounts_default_totalScans"),
    "fax": ("fax", "FAX_COUNT", "Fax Pages", "Total Fax", "pageCounts_default_totalFax"),
    "duplex": ("duplex", "Duplex Sheets", "Duplex Count", "2 Sided", "Recto verso"),
    "copy": ("copy", "copies", "Copy Count", "COPYCOUNT", "Total Copies", "pageCounts_default_totalCopies"),
    "print": ("print", "prints", "Print Count", "PRINTCOUNT", "pageCounts_default_totalPrints"),
}  # fmt: skip

CUSTOMER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer", "customer_id", "Customer Number", "Customer No", "Customer Code", "account", "Account Number",
                 "client", "Kundennummer", "Kunde", "N° client"),
    "name": ("name", "customer_name", "company", "Company Name", "Account Name"),
    "address": ("address", "street", "address_1", "Street Address", "Adresse", "Straße"),
    "city": ("city", "town", "Ort", "Ville"),
    "zip": ("zip", "zip_code", "postcode", "Postal Code", "PLZ", "Code postal"),
    "country": ("country", "Land", "Pays"),
    "email": ("email", "E-Mail", "mail", "Billing Email"),
    "contact": ("contact", "contact_name", "attention"),
    "tax_id": ("tax_id", "VAT", "VAT ID", "VAT Number", "Tax Number", "USt-IdNr"),
}  # fmt: skip

MODEL_FIELDS: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "model_name", "Modell", "Modèle"),
    "brand": ("brand", "make", "manufacturer", "Marque", "Hersteller"),
    "meter": READ_FIELDS["meter"],
    "label": ("label", "description"),
    "unit": ("unit", "counts"),
    "digits": ("digits", "dials"),
    "formula": ("formula", "virtual"),
    "monthly_volume": ("monthly_volume", "Monthly Volume", "expected_volume"),
}

FLEET_FIELDS: Mapping[str, tuple[str, ...]] = {
    "device": READ_FIELDS["device"],
    "serial": READ_FIELDS["serial"],
    "model": MODEL_FIELDS["model"],
    "customer": CUSTOMER_FIELDS["customer"],
    "site": ("site", "location", "branch", "Standort"),
    "department": ("department", "dept", "Abteilung"),
    "cost_center": ("cost_center", "Cost Centre", "costcenter", "Kostenstelle", "Centre de coût"),
    "po": ("po", "PO Number", "Purchase Order"),
    "installed": ("installed", "install_date", "Installation Date", "installed_on"),
    "removed": ("removed", "removal_date", "removed_on"),
    "owner": ("owner", "owned_by", "ownership"),
    "status": ("status", "state"),
    "monthly_volume": MODEL_FIELDS["monthly_volume"],
}

COVER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "contract": ("contract", "contract_id", "Contract Number", "agreement"),
    "unit": (*READ_FIELDS["device"], "seat"),
    "kind": ("kind", "type", "unit_kind"),
    "start": ("start", "start_date", "from", "covered_from"),
    "end": ("end", "end_date", "to", "until", "covered_until"),
    "quantity": ("quantity", "qty", "seats"),
    "group": ("group", "billing_group"),
    "site": FLEET_FIELDS["site"],
    "department": FLEET_FIELDS["department"],
    "cost_center": FLEET_FIELDS["cost_center"],
    "po": FLEET_FIELDS["po"],
}

CALL_FIELDS: Mapping[str, tuple[str, ...]] = {
    "call": ("call", "call_id", "Call Number", "ticket", "issue", "Ticket Number"),
    "device": READ_FIELDS["device"],
    "serial": READ_FIELDS["serial"],
    "date": ("date", "day", "closed", "closed_on", "Call Date", "Close Date"),
    "contract": COVER_FIELDS["contract"],
    "incident": ("incident", "is_incident", "counts"),
    "labour_hours": ("labour_hours", "labor_hours", "hours", "Labour", "Labor"),
    "travel": ("travel", "trips", "travel_hours", "kilometres"),
    "description": ("description", "problem", "subject", "summary"),
}

PART_FIELDS: Mapping[str, tuple[str, ...]] = {
    "call": CALL_FIELDS["call"],
    "item": ("item", "item_code", "part", "Part Number", "sku"),
    "quantity": ("quantity", "qty"),
    "rate": ("rate", "price", "unit_price"),
    "description": ("description", "item_name", "Part Name"),
}


@lru_cache(maxsize=4096)
def plain_name(header: str) -> str:
    """`header` without case, accents, spaces and punctuation: ``N° de série`` and ``n_de_serie`` are the same.

    ``&`` and ``/`` vanish too, so ``B/W``, ``B&W`` and ``BW`` are one name.
    """
    folded = unicodedata.normalize("NFKD", header.replace("ß", "ss")).casefold()
    return "".join(char for char in folded if char.isalnum() and not unicodedata.combining(char))


def lookup(fields: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, int]]:
    """Plain alias -> (field, position in its list). The position decides between two columns of one file."""
    found: dict[str, tuple[str, int]] = {}
    for field, aliases in fields.items():
        for position, alias in enumerate(aliases):
            found.setdefault(plain_name(alias), (field, position))
    return found


class MeterNames:
    """Turns a column name or a cell into the dealer's own meter key.

    A name that one of the dealer's models uses is that meter. Else the lists above give its usual name, which is
    turned into the dealer's word for it, where the models have exactly one (a dealer may write ``color`` or ``bw``).
    """

    def __init__(self, own: Iterable[str] = ()) -> None:
        self.own = frozenset(own)
        usual = {alias: name for alias, (name, _) in lookup(METERS).items()}
        self._names: dict[str, str] = {}
        words: dict[str, list[str]] = {}
        for key in sorted(self.own):
            name = usual.get(plain_name(key))
            if name:
                words.setdefault(name, []).append(key)
        for alias, name in usual.items():
            keys = words.get(name, [])
            self._names[alias] = name if name in self.own or len(keys) != 1 else keys[0]
        for key in self.own:
            self._names[plain_name(key)] = key

    def key(self, text: str) -> str | None:
        """The meter key that `text` names; None: not a meter that anyone knows."""
        if text in self.own:
            return text
        return self._names.get(plain_name(text))

    def cell_key(self, text: str) -> str | None:
        """As `key`, for a cell that must name a meter: a dealer without any model files gets the word as it stands."""
        found = self.key(text.strip())
        if found is None and not self.own:
            word = text.strip().lower()
            return word if word.isprintable() and 0 < len(word) <= 60 else None
        return found
