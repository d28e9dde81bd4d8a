"""The reports, each against figures that were worked out by hand."""

from __future__ import annotations

import frappe
import pytest

from mps_module.managed_print.report.columns import GREEN, GREY, bars
from mps_module.managed_print.report.contract_margin import contract_margin
from mps_module.managed_print.report.estimate_share import estimate_share
from mps_module.managed_print.report.missing_reads import missing_reads
from mps_module.managed_print.report.renewals import renewals
from mps_module.managed_print.report.unbilled_usage import unbilled_usage
from mps_module.managed_print.report.volume_by_month_and_season import volume_by_month_and_season
from tests.site import make
from tests.site.billing import dealer


def rows_of(report, **filters):
    return report.execute(frappe._dict(filters))[1]


def billed(through="2026-02-01", mode="Submitted"):
    """A contract over two devices at 0.01 a click with a base of 50, billed through January.

    D-1 is read on every month's last day: 1,000 then 3,000. D-2 only on New Year's Eve, at 500.
    """
    agreed = dealer.contract(
        make.click_line(rate=0.01),
        {"line_id": "base", "kind": "flat", "rate": 50},
        devices=("D-1", "D-2"),
        base_in_advance=0,
    )
    dealer.month_reads("D-1", 1_000, 3_000)
    dealer.read("D-2", "2025-11-30", 200)
    dealer.read("D-2", "2025-12-31", 510)
    run = dealer.run(through, mode)
    dealer.invoice(run, [bill.name for bill in dealer.bills(contract=agreed.name)])
    return agreed.reload()


def test_missing_reads_name_the_meters_that_the_coming_bills_wait_for():
    agreed = dealer.contract(devices=("D-1", "D-2"), tolerance_before=10, tolerance_after=6)
    dealer.month_reads("D-1", 1_000, 3_000)
    dealer.read("D-2", "2025-12-31", 500)
    rows = rows_of(missing_reads, through="2026-02-01", today="2026-02-03")
    assert [(r["contract"], r["device"], r["meter"], str(r["closes"])) for r in rows] == [
        (agreed.name, "D-2", "mono", "2026-01-31")
    ]
    (row,) = rows
    assert (str(row["low"]), str(row["high"]), row["state"]) == ("2026-01-21", "2026-02-06", "Open")
    assert (row["last_value"], str(row["last_day"]), row["days"], row["in_row"]) == (500, "2025-12-31", 34, 1)
    assert rows_of(missing_reads, through="2026-02-01", today="2026-02-07")[0]["state"] == "Past"
    assert not rows_of(missing_reads, through="2026-02-01", today="2026-02-07", state="Open")
    # A read within the window takes the meter off the list; the next month waits for both devices.
    dealer.read("D-2", "2026-02-06", 900)
    assert not rows_of(missing_reads, through="2026-02-01", today="2026-02-07")
    later = rows_of(missing_reads, through="2026-03-01", today="2026-02-07")
    assert [(r["device"], r["state"]) for r in later] == [("D-1", "Later"), ("D-2", "Later")]


def test_volume_lies_on_the_line_between_reads_and_adds_up_to_what_the_counter_ran():
    make.device()
    # 31 January noon to 2 March noon: 30 days. Half of 31 January, 28 days of February, one and a half of March.
    dealer.read("D-1", "2026-01-31", 1_000)
    dealer.read("D-1", "2026-03-02", 4_000)
    rows = rows_of(volume_by_month_and_season, from_date="2026-01-01", to_date="2026-12-31")
    assert [(r["label"], r["clicks"], r["whole"]) for r in rows] == [
        ("2026-01", 50, 0),
        ("2026-02", 2_800, 1),
        ("2026-03", 150, 0),
    ]
    assert all(r["season"] is None and r["year_before"] is None for r in rows)
    _columns, _rows, _message, chart = volume_by_month_and_season.execute(
        {"to_date": "2026-12-31", "from_date": "2026-01-01"}
    )
    label = frappe.db.get_value("MPS Meter Type", "mono", "label")
    assert chart["data"]["labels"] == ["Feb 26"], "whole months only"
    assert [(s["name"], s["values"]) for s in chart["data"]["datasets"]] == [(label, [2_800])]


def test_the_season_shows_december_as_twice_the_usual():
    make.device("D-1")
    make.device("D-2", of=make.customer("Other Corp").name)
    value = 0
    for year in (2024, 2025):
        for month in range(1, 13):
            make.doc(
                "Meter Read",
                device="D-1",
                meter="mono",
                taken_at=f"{year}-{month:02}-01 00:00:00",
                value=value,
                kind="actual",
                source="staff",
            )
            value += 2_400 if month == 12 else 1_000 if year == 2024 else 1_100
    make.doc(
        "Meter Read", device="D-1", meter="mono", taken_at="2026-01-01 00:00:00", value=value,
        kind="actual", source="staff",
    )  # fmt: skip
    rows = {
        r["label"]: r
        for r in rows_of(
            volume_by_month_and_season,
            from_date="2025-01-01",
            to_date="2025-12-31",
            group_by="Customer",
            customer="Test Law LLP",
        )
    }
    assert len(rows) == 12 and {r["group"] for r in rows.values()} == {"Test Law LLP"}
    # Means: December 2,400; January only of 2025 (the first month of the reads is none), 1,100; the others 1,050.
    # (2,400 + 1,100 + 10 x 1,050) / 12 = 1,166.67
    assert (rows["2025-12"]["clicks"], rows["2025-12"]["year_before"], rows["2025-12"]["change"]) == (
        2_400,
        2_400,
        0,
    )
    assert rows["2025-12"]["season"] == pytest.approx(205.7)
    assert rows["2025-06"]["change"] == pytest.approx(10)
    assert rows["2025-06"]["season"] == pytest.approx(90.0)


def test_margin_takes_supplies_at_their_yield_and_tells_what_it_does_not_know():
    toner = make.item("TN-100", valuation_rate=80, is_stock_item=1)
    drum = make.item("DR-100", valuation_rate=60, is_stock_item=1)
    model = make.model()
    for item, yielded in ((toner, 20_000), (drum, 60_000)):
        model.append(
            "supplies", {"item": item.name, "colour": "black", "yield_pages": yielded, "quantity": 1}
        )
    model.save()
    agreed = billed()
    (row,) = rows_of(contract_margin, from_date="2026-01-01", to_date="2026-12-31", service_rate=0.001)
    # D-1 2,000 clicks; D-2 310 in 31 days of December makes 310 in January: 2,310 clicks at 0.01, and the base of 50.
    assert (row["contract"], row["clicks"], row["revenue"]) == (agreed.name, 2_310, pytest.approx(73.10))
    # A click costs 80 / 20,000 + 60 / 60,000 = 0.005
    assert row["supplies"] == pytest.approx(11.55)
    assert row["service"] == pytest.approx(2.31)
    assert row["margin"] == pytest.approx(59.24)
    assert row["percent"] == pytest.approx(100 * 59.24 / 73.10)
    assert (row["unknown"], row["parts"], row["drafts"]) == (0, 0, 0)


def test_margin_without_a_cost_says_so_and_drafts_are_no_revenue():
    billed(mode="Draft")
    columns, rows, message, _chart, _summary = contract_margin.execute(
        frappe._dict(from_date="2026-01-01", to_date="2026-12-31")
    )
    assert (rows[0]["revenue"], rows[0]["drafts"], rows[0]["unknown"]) == (0, pytest.approx(73.10), 2)
    assert "2 devices" in message and {c["fieldname"] for c in columns} >= set(rows[0])


def test_parts_issued_on_calls_and_for_the_project_are_cost(company):
    fuser = make.item("FU-100", is_stock_item=1)
    shelf = frappe.db.get_value("Warehouse", {"company": company, "warehouse_name": "Stores"})

    def stock(purpose, qty, **values):
        side = "t_warehouse" if purpose == "Material Receipt" else "s_warehouse"
        row = {"item_code": fuser.name, "qty": qty, side: shelf, "project": values.pop("project", None)}
        row["basic_rate"] = 120 if purpose == "Material Receipt" else 0
        entry = make.doc(
            "Stock Entry",
            stock_entry_type=purpose,
            company=company,
            set_posting_time=1,
            posting_date="2026-01-15" if purpose == "Material Issue" else "2026-01-02",
            items=[row],
            **values,
        )
        entry.submit()

    agreed = billed()
    project = make.doc("Project", project_name="Head office", company=company)
    frappe.db.set_value("Click Contract", agreed.name, "project", project.name)
    stock("Material Receipt", 10)
    stock("Material Issue", 2, mps_contract=agreed.name)
    stock("Material Issue", 1, project=project.name)
    stock("Material Issue", 3)
    (row,) = rows_of(contract_margin, from_date="2026-01-01", to_date="2026-12-31")
    assert row["parts"] == pytest.approx(360)
    assert row["margin"] == pytest.approx(73.10 - 360)
    (row,) = rows_of(contract_margin, from_date="2026-02-01", to_date="2026-12-31")
    assert row["parts"] == 0


def test_renewals_by_the_day_of_notice():
    make.contract(title="Soon", end_date="2026-12-31", notice_days=90).db_set("status", "Active")
    make.contract(
        title="Self", end_date="2026-12-31", notice_days=90, auto_renew=1, renewal_months=12
    ).db_set("status", "Active")
    make.contract(title="Later", end_date="2027-06-30", notice_days=30).db_set("status", "Active")
    make.contract(title="Draft", end_date="2026-12-31")
    make.contract(title="Open end").db_set("status", "Active")
    rows = rows_of(renewals, today="2026-10-02", until="2027-12-31")
    shown = {r["title"]: (str(r["notice_by"]), r["state"], r["days_left"]) for r in rows}
    assert shown == {
        "Soon": ("2026-10-02", "Notice", 90),
        "Self": ("2026-10-02", "Renews", 90),
        "Later": ("2027-05-31", "Later", 271),
    }
    assert {r["title"]: str(r["renews_to"]) for r in rows}["Self"] == "2027-12-31"
    assert len(rows_of(renewals, today="2026-10-01", until="2027-12-31", only_notice=1)) == 0
    assert {r["state"] for r in rows_of(renewals, today="2027-07-01", until="2027-12-31")} == {"Over"}


def test_renewals_show_what_a_contract_brought_in_the_last_year():
    agreed = billed()
    agreed.end_date = "2026-12-31"
    agreed.save()
    (row,) = rows_of(renewals, today="2026-03-01", until="2026-12-31")
    assert row["revenue"] == pytest.approx(73.10)
    (row,) = rows_of(renewals, today="2027-02-01", until="2027-12-31")
    assert row["revenue"] == 0


def test_unbilled_usage_is_what_a_bill_of_that_day_would_say():
    agreed = dealer.contract(
        make.click_line(rate=0.01, allowance_qty=3_000),
        {"line_id": "base", "kind": "flat", "rate": 310},
        devices=("D-1",),
        base_in_advance=0,
        tolerance_before=2,
        tolerance_after=2,
    )
    dealer.read("D-1", "2025-12-31", 1_000)
    dealer.read("D-1", "2026-01-10", 5_000)
    (row,) = rows_of(unbilled_usage, through="2026-01-10")
    # Ten of 31 days: base 100.00, allowance 967.74; 4,000 - 967.74 = 3,032.26 clicks at 0.01.
    assert (row["contract"], str(row["since"]), row["days"], row["clicks"]) == (
        agreed.name,
        "2026-01-01",
        10,
        4_000,
    )
    assert (row["base"], row["usage"], row["total"]) == (
        pytest.approx(100),
        pytest.approx(30.32),
        pytest.approx(130.32),
    )
    assert (row["estimated"], row["missing"]) == (0, 0)


def test_unbilled_usage_begins_after_the_last_bill():
    agreed = billed()
    dealer.read("D-1", "2026-02-14", 4_000)
    dealer.read("D-2", "2026-02-14", 1_000)
    (row,) = rows_of(unbilled_usage, through="2026-02-14")
    # D-1 1,000 and D-2 from its billed estimate of 820 on 180 clicks at 0.01; half of February's base of 50.
    assert (row["contract"], str(row["since"]), row["clicks"]) == (agreed.name, "2026-02-01", 1_180)
    assert (row["base"], row["usage"]) == (pytest.approx(25), pytest.approx(11.80))


def test_estimate_share_counts_closings_clicks_and_money():
    agreed = billed()
    (row,) = rows_of(estimate_share, from_date="2026-01-01", to_date="2026-12-31")
    assert (row["group"], row["bills"], row["meters"], row["estimated_meters"]) == (agreed.name, 1, 2, 1)
    assert (row["share"], row["clicks"], row["estimated_clicks"]) == (50, 2_310, 310)
    assert row["click_share"] == pytest.approx(100 * 310 / 2_310)
    assert (row["total"], row["money"]) == (pytest.approx(73.10), pytest.approx(23.10))
    (row,) = rows_of(estimate_share, from_date="2026-01-01", to_date="2026-12-31", group_by="Bill Date")
    assert str(row["group"]) == "2026-02-01"
    assert not rows_of(estimate_share, from_date="2026-03-01", to_date="2026-12-31")


@pytest.mark.parametrize(
    "report",
    [
        "Missing Reads",
        "Volume by Month and Season",
        "Contract Margin",
        "Renewals",
        "Unbilled Usage",
        "Estimate Share",
    ],
)
def test_reports_open_on_the_desk_without_a_filter_and_on_an_empty_site(report):
    from frappe.desk.query_report import run

    made = run(report, filters={})
    assert made["columns"] and made["result"] == []


def test_a_reader_sees_only_the_customers_that_a_user_permission_leaves(user_with):
    billed()
    user = user_with("MPS Billing")
    make.doc("User Permission", user=user, allow="Customer", for_value=make.customer("Other Corp").name)
    assert len(rows_of(unbilled_usage, through="2026-02-14")) == 1
    frappe.set_user(user)
    for report in (unbilled_usage, missing_reads, renewals, volume_by_month_and_season):
        assert rows_of(report, through="2026-02-14", until="2030-01-01") == []
    for report in (estimate_share, contract_margin):
        assert rows_of(report, from_date="2026-01-01", to_date="2026-12-31") == []


def test_reports_over_many_contracts_cost_as_many_queries_as_over_few(count_queries):
    for n in range(5):
        dealer.contract(devices=(f"Q-{n}",))
        dealer.month_reads(f"Q-{n}", 1_000, 2_000)
    names = frappe.get_all("Click Contract", pluck="name", order_by="name", limit=10)

    def cost(report, **filters):
        with count_queries() as queries:
            report.execute(frappe._dict(filters))
        return len(queries)

    for report in (missing_reads, unbilled_usage):
        cost(report, through="2026-02-01")
        few = cost(report, through="2026-02-01", contract=names[0])
        assert cost(report, through="2026-02-01") == few <= 30


def test_bars_of_money_show_the_first_contracts_only():
    assert bars([], ("Base", GREY, [])) is None
    rows = [{"contract": f"CC-{n}"} for n in range(20)]
    chart = bars(rows, ("Base", GREY, [float(n) for n in range(20)]), ("Usage", GREEN, [1.0] * 20))
    assert chart["data"]["labels"] == [f"CC-{n}" for n in range(15)]
    assert [(s["name"], s["values"][-1], len(s["values"])) for s in chart["data"]["datasets"]] == [
        ("Base", 14.0, 15), ("Usage", 1.0, 15),
    ]  # fmt: skip
    assert (chart["colors"], chart["fieldtype"]) == ([GREY, GREEN], "Currency")


def test_margin_and_unbilled_usage_draw_what_their_rows_say():
    agreed = billed()
    for report, names in (
        (contract_margin, ["Revenue", "Cost", "Margin"]),
        (unbilled_usage, ["Base", "Usage"]),
    ):
        filters = {"from_date": "2026-01-01", "to_date": "2026-12-31", "through": "2026-02-10"}
        _columns, rows, _message, chart, _summary = report.execute(filters)
        assert chart["data"]["labels"] == [agreed.name]
        series = {one["name"]: one["values"] for one in chart["data"]["datasets"]}
        assert list(series) == names
        assert series[names[1]] == [rows[0][names[1].lower()]]
