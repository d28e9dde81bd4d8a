"""Install, move, swap, remove: the reads they take, the history they write, and what contracts make of them."""

from __future__ import annotations

from datetime import date

import frappe
import pytest

from mps_module.api import devices as api
from mps_module.fleet import devices
from mps_module.fleet.devices import act_of
from mps_module.fleet.intake import enter_reads
from tests.site.fleet import build
from tests.site.fleet.build import row


def reads(device: str) -> list[tuple]:
    rows = frappe.get_all(
        "Meter Read", {"device": device}, ["meter", "value", "kind", "customer"], order_by="taken_at, name"
    )
    return [(r.meter, r.value, r.kind, r.customer) for r in rows]


def history(device: str) -> list[tuple]:
    rows = frappe.get_doc("MPS Device", device).locations
    return [(str(r.from_date or ""), str(r.to_date or ""), r.customer, r.site, r.reason) for r in rows]


def test_install_takes_a_read_of_every_counter_and_writes_the_place():
    build.stock_device("T-1")
    build.customer()
    devices.install(
        "T-1",
        {"customer": "Ellery Schools", "site": "North", "department": "Office"},
        {"mono": 12, "colour": "3"},
        act_of("2026-02-03 10:00", "technician", "New contract"),
    )
    doc = frappe.get_doc("MPS Device", "T-1")
    assert (doc.status, doc.customer, doc.site, doc.department, doc.installed_on) == (
        "Installed", "Ellery Schools", "North", "Office", date(2026, 2, 3),
    )  # fmt: skip
    assert reads("T-1") == [
        ("mono", 12, "install", "Ellery Schools"),
        ("colour", 3, "install", "Ellery Schools"),
    ]
    assert history("T-1") == [("2026-02-03", "", "Ellery Schools", "North", "New contract")]


def test_install_without_a_read_needs_a_reason():
    build.stock_device("T-1")
    build.customer()
    with pytest.raises(frappe.ValidationError, match="no value for colour"):
        devices.install("T-1", {"customer": "Ellery Schools"}, {"mono": 1}, act_of("2026-02-03 10:00"))
    devices.install(
        "T-1", {"customer": "Ellery Schools"}, {"mono": 1}, act_of("2026-02-03 10:00", unread="panel is dark")
    )
    assert [r[0] for r in reads("T-1")] == ["mono"]


@pytest.mark.parametrize("status", ["Installed", "Retired"])
def test_only_a_device_that_is_free_is_installed(status: str):
    build.device("T-1", status=status)
    with pytest.raises(frappe.ValidationError, match=r"installed|retired"):
        devices.install("T-1", {"customer": "Ellery Schools"}, {"mono": 1, "colour": 1}, act_of("2026-02-03"))


def test_a_read_that_does_not_fit_stops_the_whole_action():
    build.device("T-1")
    enter_reads([row("T-1", "mono", "2026-02-01", 5000)], "staff")
    with pytest.raises(frappe.ValidationError):
        devices.remove("T-1", {"mono": 4000, "colour": 10}, act_of("2026-03-01 09:00"))
    frappe.db.rollback()


def test_a_move_within_a_customer_takes_plain_reads_and_keeps_what_was_not_changed():
    build.device("T-1", site="North", po_no="4711")
    devices.move("T-1", {"site": "South"}, {"mono": 50, "colour": 5}, act_of("2026-03-10 09:00"))
    doc = frappe.get_doc("MPS Device", "T-1")
    assert (doc.status, doc.customer, doc.site, doc.po_no, doc.installed_on) == (
        "Installed", "Ellery Schools", "South", "4711", date(2026, 1, 1),
    )  # fmt: skip
    assert [r[2] for r in reads("T-1")] == ["actual", "actual"]
    assert history("T-1") == [
        ("2026-01-01", "2026-03-09", "Ellery Schools", "North", "Registered"),
        ("2026-03-10", "", "Ellery Schools", "South", "Moved"),
    ]


def test_a_move_to_another_customer_closes_one_account_and_opens_the_other():
    build.device("T-1", site="North", po_no="4711")
    build.customer("Tide & Marlow")
    devices.move(
        "T-1",
        {"customer": "Tide & Marlow", "site": "HQ"},
        {"mono": 50, "colour": 5},
        act_of("2026-03-10 09:00"),
    )
    assert sorted(reads("T-1")) == [
        ("colour", 5, "install", "Tide & Marlow"),
        ("colour", 5, "removal", "Ellery Schools"),
        ("mono", 50, "install", "Tide & Marlow"),
        ("mono", 50, "removal", "Ellery Schools"),
    ]
    assert frappe.db.get_value("MPS Device", "T-1", ["customer", "site", "po_no"]) == (
        "Tide & Marlow",
        "HQ",
        None,
    )
    # A read from before the move, entered after it, is the old customer's.
    late = enter_reads([row("T-1", "mono", "2026-02-20", 40)], "portal").outcomes[0].read
    assert frappe.db.get_value("Meter Read", late, "customer") == "Ellery Schools"


def test_remove_ends_the_stay_and_the_contract_line():
    build.device("T-1", site="North")
    contract = contract_over("T-1")
    devices.remove("T-1", {"mono": 900, "colour": 90}, act_of("2026-03-31 16:00", reason="End of lease"))
    doc = frappe.get_doc("MPS Device", "T-1")
    assert (doc.status, doc.customer, doc.removed_on) == ("Removed", None, date(2026, 3, 31))
    assert reads("T-1") == [
        ("mono", 900, "removal", "Ellery Schools"),
        ("colour", 90, "removal", "Ellery Schools"),
    ]
    assert history("T-1") == [("2026-01-01", "2026-03-31", "Ellery Schools", "North", "Registered")]
    assert covers(contract) == [("T-1", "2026-01-01", "2026-03-31")]


def test_a_removed_device_can_be_installed_again_and_its_counter_may_stand_anywhere():
    build.device("T-1")
    devices.remove("T-1", {"mono": 900, "colour": 90}, act_of("2026-03-31 16:00"))
    devices.install(
        "T-1", {"customer": build.customer("Tide & Marlow")}, {"mono": 20, "colour": 95}, act_of("2026-04-05")
    )
    assert frappe.db.get_value("MPS Device", "T-1", ["status", "customer", "removed_on"]) == (
        "Installed", "Tide & Marlow", None,
    )  # fmt: skip
    assert [(h[0], h[1], h[2]) for h in history("T-1")] == [
        ("2026-01-01", "2026-03-31", "Ellery Schools"),
        ("2026-04-05", "", "Tide & Marlow"),
    ]


def test_a_swap_puts_the_other_device_in_the_place_and_under_the_contract():
    build.device("T-1", site="North", department="Office")
    build.stock_device("T-2")
    contract = contract_over("T-1")
    devices.swap(
        "T-1",
        "T-2",
        {"mono": 900, "colour": 90},
        {"mono": 7, "colour": 0},
        act_of("2026-03-15 11:00"),
        retire=True,
    )
    assert frappe.db.get_value("MPS Device", "T-1", ["status", "customer"]) == ("Retired", None)
    assert frappe.db.get_value("MPS Device", "T-2", ["status", "customer", "site", "department"]) == (
        "Installed", "Ellery Schools", "North", "Office",
    )  # fmt: skip
    assert [r[1:3] for r in reads("T-1")] == [(900, "removal"), (90, "removal")]
    assert [r[1:3] for r in reads("T-2")] == [(7, "install"), (0, "install")]
    assert covers(contract) == [("T-1", "2026-01-01", "2026-03-15"), ("T-2", "2026-03-16", "")]


def test_a_device_does_not_replace_itself():
    build.device("T-1")
    with pytest.raises(frappe.ValidationError, match="itself"):
        devices.swap("T-1", "T-1", {}, {}, act_of("2026-03-15"))


@pytest.mark.parametrize(
    ("field", "value"), [("status", "Removed"), ("customer", "Tide & Marlow"), ("removed_on", "2026-05-01")]
)
def test_what_needs_reads_is_not_changed_by_hand(field: str, value: str):
    build.device("T-1")
    build.customer("Tide & Marlow")
    doc = frappe.get_doc("MPS Device", "T-1")
    doc.set(field, value)
    with pytest.raises(frappe.ValidationError, match="cannot be changed by hand"):
        doc.save()


def test_a_new_department_is_history_too():
    build.device("T-1", department="Office")
    doc = frappe.get_doc("MPS Device", "T-1")
    doc.department = "Library"
    doc.save()
    assert [r.department for r in doc.locations] == ["Office", "Library"]
    doc.notes = "by the window"
    doc.save()
    assert len(doc.locations) == 2


def test_a_device_without_an_id_gets_the_next_number():
    doc = frappe.get_doc(
        {"doctype": "MPS Device", "device_model": build.model(), "company": build.COMPANY}
    ).insert()
    assert doc.name.startswith("DEV-") and doc.device_id == doc.name


def test_a_device_keeps_its_id():
    build.device("T-1")
    with pytest.raises(frappe.ValidationError):
        frappe.rename_doc("MPS Device", "T-1", "T-2", force=True)
    assert frappe.db.exists("MPS Device", "T-1")


def test_an_installed_device_stands_somewhere():
    with pytest.raises(frappe.ValidationError, match="choose the customer"):
        frappe.get_doc(
            {
                "doctype": "MPS Device",
                "device_id": "T-1",
                "device_model": build.model(),
                "company": build.COMPANY,
                "status": "Installed",
            }
        ).insert()


@pytest.mark.parametrize(
    ("meters", "says"),
    [
        ([("mono", ""), ("mono", "")], "listed twice"),
        ([("total", "mono + colour"), ("mono", "")], "no meter of this model"),
        ([("total", "mono ++ colour"), ("mono", "")], "expected a meter"),
        ([("total", "mono + scan"), ("mono", "total - scan"), ("scan", "")], "computed from itself"),
    ],
)
def test_a_model_whose_formulas_cannot_be_right_is_refused(meters: list[tuple[str, str]], says: str):
    doc = frappe.get_doc(
        {
            "doctype": "MPS Device Model",
            "model_name": "Odd 1",
            "meters": [{"meter": meter, "formula": formula} for meter, formula in meters],
        }
    )
    with pytest.raises(frappe.ValidationError, match=says):
        doc.insert()


@pytest.mark.parametrize("name", ["Mono", "two words", "1st", "é"])
def test_keys_of_meters_can_stand_in_formulas(name: str):
    with pytest.raises(frappe.ValidationError, match="small letters"):
        frappe.get_doc({"doctype": "MPS Meter Type", "name": name, "__newname": name, "label": "X"}).insert()


def test_the_page_shows_the_last_value_and_what_is_expected():
    """1,000 a month known, 31 days later: 1,000 / 30.25 x 31 = 1,025 more; + 60 % = 1,640."""
    build.device("T-1", volumes=[{"meter": "mono", "monthly_volume": 1000}])
    enter_reads([row("T-1", "mono", "2026-03-01 12:00", 5000)], "staff")
    mono, colour = api.counters("T-1", "2026-04-01 12:00:00")
    assert (mono["label"], mono["last_value"], mono["last_taken_at"]) == (
        "Black & White",
        5000,
        "2026-03-01 12:00:00",
    )
    assert mono["low"] <= 6025 <= mono["high"]
    assert mono["high"] >= 5000 + 1640 - 1
    assert (colour["last_value"], colour["high"]) == (None, None)


def test_the_actions_work_from_the_desk_as_its_dialogs_send_them():
    build.stock_device("T-1")
    build.customer()
    api.install(
        "T-1",
        '{"customer": "Ellery Schools"}',
        '{"mono": "5", "colour": 0}',
        "2026-03-01 10:00:00",
        "technician",
    )
    api.move("T-1", {"site": "South"}, {"mono": 6, "colour": 1}, "2026-03-02 10:00:00")
    api.remove("T-1", {"mono": 7, "colour": 1}, "2026-03-03 10:00:00", retire=True)
    assert frappe.db.get_value("MPS Device", "T-1", "status") == "Retired"
    assert [r[1:3] for r in reads("T-1") if r[0] == "mono"] == [(5, "install"), (6, "actual"), (7, "removal")]


@pytest.mark.parametrize(
    ("role", "may"), [("MPS Service", True), ("MPS Billing", False), ("MPS Technician", False)]
)
def test_who_may_move_devices(role: str, may: bool):
    build.device("T-1")
    frappe.set_user(build.user("who@example.com", role))
    call = lambda: api.move("T-1", {"site": "South"}, {"mono": 6, "colour": 1}, "2026-03-02 10:00:00")  # noqa: E731
    if may:
        assert call() == "T-1"
    else:
        with pytest.raises(frappe.PermissionError):
            call()


def contract_over(device: str) -> str:
    """A contract that covers the device from 1 January 2026 on."""
    return (
        frappe.get_doc(
            {
                "doctype": "Click Contract",
                "title": "Test",
                "customer": "Ellery Schools",
                "company": build.COMPANY,
                "currency": "USD",
                "start_date": "2026-01-01",
                "end_date": "2027-12-31",
                "covers": [
                    {"unit_kind": "Device", "device": device, "quantity": 1, "start_date": "2026-01-01"}
                ],
            }
        )
        .insert()
        .name
    )


def covers(contract: str) -> list[tuple[str, str, str]]:
    rows = frappe.get_doc("Click Contract", contract).covers
    return [(row.device, str(row.start_date), str(row.end_date or "")) for row in rows]


class TestSerials:
    """Delivery Note and Stock Entry move the device with its serial."""

    @pytest.fixture
    def item(self) -> str:
        name = "MFP-SERIAL"
        frappe.get_doc(
            {
                "doctype": "Item",
                "item_code": name,
                "item_group": frappe.get_all(
                    "Item Group", {"is_group": 0}, pluck="name", order_by="name", limit=1
                )[0],
                "stock_uom": "Nos",
                "is_stock_item": 1,
                "has_serial_no": 1,
                "serial_no_series": "MFPS-.#####",
                "valuation_rate": 100,
            }
        ).insert()
        return name

    @pytest.fixture
    def serial(self, item: str) -> str:
        entry = stock_entry("Material Receipt", item, target="Stores - PDI")
        from mps_module.fleet.serials import serials_of

        build.stock_device("T-9", serial_no=None)
        frappe.db.set_value("MPS Device", "T-9", "serial_no", first_serial(item))
        assert serials_of(entry) == {first_serial(item): "Stores - PDI"}
        return first_serial(item)

    def test_a_transfer_moves_the_device_and_keeps_its_customer(self, item: str, serial: str):
        build.device("T-1", site="North")
        frappe.db.set_value("MPS Device", "T-9", "serial_no", None)
        frappe.db.set_value("MPS Device", "T-1", "serial_no", serial)
        entry = stock_entry(
            "Material Transfer", item, source="Stores - PDI", target="Finished Goods - PDI", serial=serial
        )
        doc = frappe.get_doc("MPS Device", "T-1")
        assert (doc.warehouse, doc.customer, doc.status, doc.site) == (
            "Finished Goods - PDI", "Ellery Schools", "Installed", "North",
        )  # fmt: skip
        last = doc.locations[-1]
        assert (last.reference_doctype, last.reference_name, last.warehouse) == (
            "Stock Entry", entry.name, "Finished Goods - PDI",
        )  # fmt: skip
        entry.cancel()
        doc.reload()
        assert (doc.warehouse, doc.customer, len(doc.locations)) == (None, "Ellery Schools", 1)

    def test_a_delivery_brings_the_device_to_the_customer_and_a_cancellation_takes_it_back(
        self, item, serial
    ):
        build.customer()
        note = delivery(item, serial)
        doc = frappe.get_doc("MPS Device", "T-9")
        assert (doc.customer, doc.status, doc.warehouse) == ("Ellery Schools", "In Stock", None)
        assert doc.locations[-1].reference_name == note.name
        note.cancel()
        doc.reload()
        assert (doc.customer, doc.locations) == (None, [])

    def test_a_return_brings_it_back_and_says_that_the_last_read_is_missing(self, item, serial):
        from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

        build.customer()
        note = delivery(item, serial)
        devices.install(
            "T-9", {"customer": "Ellery Schools"}, {"mono": 1, "colour": 1}, act_of("2026-11-01 10:00")
        )
        back = make_sales_return(note.name)
        back.items[0].warehouse = "Stores - PDI"
        back.insert()
        back.submit()
        doc = frappe.get_doc("MPS Device", "T-9")
        assert (doc.status, doc.customer, doc.warehouse) == ("Removed", None, "Stores - PDI")
        assert frappe.db.exists(
            "Comment", {"reference_name": "T-9", "content": ["like", "%without a last read%"]}
        )

    def test_documents_that_move_no_device_cost_one_question(self, item, count_queries):
        from mps_module.fleet.serials import serials_of

        build.device("T-1")
        entry = stock_entry("Material Receipt", item, target="Stores - PDI")
        assert count_queries(lambda: serials_of(entry)) == 1


def first_serial(item: str) -> str:
    return frappe.get_all("Serial No", {"item_code": item}, pluck="name", order_by="name", limit=1)[0]


def stock_entry(purpose: str, item: str, source: str = "", target: str = "", serial: str = ""):
    doc = frappe.get_doc(
        {
            "doctype": "Stock Entry",
            "stock_entry_type": purpose,
            "purpose": purpose,
            "company": build.COMPANY,
            "items": [
                {
                    "item_code": item,
                    "qty": 1,
                    "s_warehouse": source or None,
                    "t_warehouse": target or None,
                    "basic_rate": 100,
                    **({"serial_no": serial, "use_serial_batch_fields": 1} if serial else {}),
                }
            ],
        }
    )
    doc.insert()
    doc.submit()
    return doc


def delivery(item: str, serial: str):
    doc = frappe.get_doc(
        {
            "doctype": "Delivery Note",
            "customer": "Ellery Schools",
            "company": build.COMPANY,
            "posting_date": frappe.utils.today(),
            "items": [
                {
                    "item_code": item,
                    "qty": 1,
                    "rate": 500,
                    "warehouse": "Stores - PDI",
                    "serial_no": serial,
                    "use_serial_batch_fields": 1,
                }
            ],
        }
    )
    doc.insert()
    doc.submit()
    return doc
