"""Customers, models, fleet, covers, calls and parts: typed, cross-checked, and counted."""

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.contract import PartUsed, UnitKind
from mps_module.engine.meters import MeterUnit
from tests.cli.readers.folders import CONTRACT, CUSTOMERS, FLEET, issues, load, only, rows_of

CALL_HEAD = "call,device,date,contract,incident,labour_hours,travel,description\n"


class TestCustomers:
    def test_all_fields(self, tmp_path):
        head = "Customer Number;Company;Street;City;Postcode;Country;E-Mail;Contact;VAT\n"
        data = load(tmp_path, {"customers.csv": head + "CU-1;Bäckerei;Ring 1;Köln;04199;DE;a@b.c;Eva;DE1\n"})
        customer = data.customer("CU-1")
        assert customer is not None
        assert (customer.name, customer.zip, customer.tax_id) == ("Bäckerei", "04199", "DE1")
        assert [found.customer for found in data.customers()] == ["CU-1"]
        assert data.customer("CU-2") is None

    def test_twice_the_same_and_twice_another(self, tmp_path):
        data = load(tmp_path, {"customers.csv": CUSTOMERS + "CU-1,Ellery Bakery\nCU-1,Another\n"})
        assert rows_of(data, "customers.csv") == (3, 1, 0, 1, 1)
        assert "customers.csv:2" in only(data, "customer-twice").message

    def test_a_row_without_its_key(self, tmp_path):
        data = load(tmp_path, {"customers.csv": CUSTOMERS + ",Nobody\n"})
        assert only(data, "value-missing").row == 3

    def test_a_contract_or_device_of_an_unknown_customer_is_flagged(self, tmp_path):
        data = load(tmp_path, {"customers.csv": "customer,name\nCU-7,Other\n"})
        assert {issue.file for issue in issues(data, "customer-unknown")} == {
            "contracts/c1.yaml",
            "fleet.csv",
        }
        assert data.contract_ids() == ["C-1"]


class TestModels:
    def test_meters_of_a_model(self, tmp_path):
        text = 'model,brand,meter,label,unit,digits,formula,monthly_volume\nX,Acme,total,All,sheets,7,,"1,500.5"\nX,,clicks,,,,a4 + 2*a3,\n'
        data = load(tmp_path, {"models.csv": text})
        model = data.models["X"]
        assert model.meters["total"].unit is MeterUnit.SHEET
        assert (model.meters["total"].digits, model.meters["total"].label) == (7, "All")
        assert model.meters["clicks"].formula == {"a4": 1, "a3": 2}
        assert model.monthly_volume == {"total": Decimal("1500.5")}

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            ("X,total,,total - ,,", "formula-broken"),
            ("X,mono,,total - mono,,", "formula-broken"),
            ("X,total,99,,,", "not-a-number"),
            ("X,total,,,yards,", "not-an-option"),
            ("X,,,,,", "value-missing"),
            ("X,total,,,,-5", "number-negative"),
        ],
    )
    def test_bad_rows(self, tmp_path, row, code):
        head = "model,meter,digits,formula,unit,monthly_volume\n"
        data = load(tmp_path, {"models.csv": head + "LP,total,7,,,\n" + row + "\n"})
        assert only(data, code).row == 3
        assert rows_of(data, "models.csv") == (2, 1, 0, 1, 0)

    def test_a_meter_described_twice(self, tmp_path):
        data = load(tmp_path, {"models.csv": "model,meter,digits\nX,total,7\nX,total,7\nX,total,8\n"})
        assert rows_of(data, "models.csv") == (3, 1, 0, 1, 1)
        assert data.models["X"].meters["total"].digits == 7


class TestFleet:
    def test_a_device_with_all_it_has(self, tmp_path):
        head = "device,serial,model,customer,site,department,cost_center,po,installed,removed,owner,status,monthly_volume\n"
        row = (
            "D-2,SN200,LP,CU-1,Back,Stock,200,PO7,2026-01-15,2026-09-30,Dealer,Active,mono=1200 colour=300\n"
        )
        data = load(tmp_path, {"fleet.csv": head + row, "covers.csv": "contract,unit\nC-1,D-2\n"})
        found = data.device("D-2")
        assert found is not None
        assert (found.installed, found.removed, found.owner) == (
            date(2026, 1, 15),
            date(2026, 9, 30),
            "Dealer",
        )
        assert found.device.monthly_volume == {"total": 2000, "mono": 1200, "colour": 300}, (
            "LP's own total stays"
        )
        assert found.device.meters["total"].digits == 7
        unit = data.load("C-1").units[0]
        assert (unit.start, unit.end) == (date(2026, 1, 15), date(2026, 9, 30))
        assert (unit.site, unit.department, unit.cost_center, unit.po) == ("Back", "Stock", "200", "PO7")

    def test_one_volume_is_the_devices_total(self, tmp_path):
        data = load(
            tmp_path, {"fleet.csv": "device,model,monthly_volume\nD-1,MX,1500\nD-2,LP,900\nD-3,LP,\n"}
        )
        volumes = {found.device.device: found.device.monthly_volume for found in data.devices()}
        assert volumes == {
            "D-1": {"colour": 300, "total": 1500}, "D-2": {"total": 900, "mono": 2000}, "D-3": {"total": 2000, "mono": 2000},
        }  # fmt: skip

    def test_a_device_listed_twice(self, tmp_path):
        data = load(tmp_path, {"fleet.csv": FLEET + FLEET.splitlines()[2] + "\nD-2,SN999,LP,CU-1,,,,,,\n"})
        assert only(data, "device-twice").row == 6
        assert rows_of(data, "fleet.csv") == (5, 3, 0, 1, 1)
        assert data.device("D-2").device.serial == "SN200"

    def test_blank_serials_are_no_shared_serials(self, tmp_path):
        data = load(tmp_path, {"fleet.csv": "device,serial,model\nD-1,,MX\nD-2,,LP\nD-3, ,LP\n"})
        assert not issues(data, "serial-twice")

    def test_removed_before_installed_and_unknown_model_are_flagged(self, tmp_path):
        data = load(
            tmp_path,
            {
                "fleet.csv": "device,model,installed,removed\nD-1,ZZ,2026-02-01,2026-01-01\nD-2,LP,,\nD-3,LP,,\n"
            },
        )
        assert only(data, "dates-crossed").unit == "D-1"
        assert only(data, "model-unknown").value == "ZZ"
        assert rows_of(data, "fleet.csv") == (3, 2, 1, 0, 0)


class TestCovers:
    def test_a_contract_that_names_an_unknown_device(self, tmp_path):
        data = load(tmp_path, {"covers.csv": "contract,unit\nC-1,D-1\nC-1,D-77\n"})
        issue = only(data, "device-unknown")
        assert (issue.file, issue.row, issue.unit) == ("covers.csv", 3, "D-77")
        assert "C-1" in issue.message
        assert "kind" in issue.todo
        assert [unit.unit for unit in data.load("C-1").units] == ["D-1"]

    def test_seats_and_assets_need_no_device(self, tmp_path):
        data = load(
            tmp_path, {"covers.csv": "contract,unit,kind,quantity\nC-1,staff,seat,25\nC-1,PC-1,asset,\n"}
        )
        assert [(u.unit, u.kind, u.quantity) for u in data.load("C-1").units] == [
            ("PC-1", UnitKind.ASSET, 1), ("staff", UnitKind.SEAT, 25),
        ]  # fmt: skip

    def test_a_cover_of_an_unknown_contract(self, tmp_path):
        data = load(tmp_path, {"covers.csv": "contract,unit\nC-9,D-1\n"})
        assert only(data, "contract-unknown").value == "C-9"
        assert rows_of(data, "covers.csv") == (1, 0, 0, 1, 0)

    def test_the_same_device_twice_on_the_same_days(self, tmp_path):
        text = "contract,unit,start,end\nC-1,D-1,2026-01-01,2026-03-31\nC-1,D-1,2026-03-31,\nC-1,D-2,,2026-03-31\nC-1,D-2,2026-04-01,\n"
        data = load(tmp_path, {"covers.csv": text})
        issue = only(data, "cover-twice")
        assert (issue.row, issue.verdict.value) == (3, "quarantined")
        assert "covers.csv:2" in issue.message
        assert len(data.load("C-1").units) == 3

    def test_two_contracts_on_the_same_device_are_flagged(self, tmp_path):
        other = CONTRACT.replace("C-1\n", "C-2\n")
        data = load(tmp_path, {"contracts/c2.yaml": other, "covers.csv": "contract,unit\nC-1,D-1\nC-2,D-1\n"})
        assert only(data, "cover-overlap").row == 3
        assert len(data.load("C-2").units) == 1

    def test_allowances_by_column(self, tmp_path):
        data = load(
            tmp_path,
            {"covers.csv": "contract,unit,allowance:colour,Allowance:base\nC-1,D-1,500,\nC-1,D-2,,\n"},
        )
        assert [unit.allowances for unit in data.load("C-1").units] == [{"colour": 500}, {}]

    def test_an_allowance_for_no_line(self, tmp_path):
        data = load(tmp_path, {"covers.csv": "contract,unit,allowance:color\nC-1,D-1,500\nC-1,D-2,\n"})
        assert only(data, "line-unknown").row == 2
        assert [unit.unit for unit in data.load("C-1").units] == ["D-2"]

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            ("C-1,D-1,2026-03-01,2026-02-01,1,device", "dates-crossed"),
            ("C-1,D-1,03/04/2026,,1,device", "date-ambiguous"),
            ("C-1,D-1,,,many,device", "not-a-number"),
            ("C-1,D-1,,,1,gadget", "not-an-option"),
            ("C-1,,,,1,device", "value-missing"),
        ],
    )
    def test_bad_rows(self, tmp_path, row, code):
        data = load(
            tmp_path, {"covers.csv": "contract,unit,start,end,quantity,kind\nC-1,D-2,,,,\n" + row + "\n"}
        )
        assert only(data, code).row == 3
        assert rows_of(data, "covers.csv") == (2, 1, 0, 1, 0)

    def test_a_cover_outside_of_its_contract_is_flagged(self, tmp_path):
        data = load(tmp_path, {"covers.csv": "contract,unit,end\nC-1,D-1,2025-12-31\n"})
        assert only(data, "cover-outside").verdict.value == "flagged"


class TestCalls:
    def test_calls_and_their_parts_reach_the_ledger(self, tmp_path):
        calls = CALL_HEAD + "S-1,D-1,2026-02-03,C-1,yes,1.5,2,Jam\nS-2,D-2,2026-02-04,,no,,,\n"
        parts = 'call,item,quantity,rate,description\nS-1,ROLL,2,"24.70",Roller\nS-1,FUSE,1,180,\n'
        data = load(tmp_path, {"calls.csv": calls, "parts.csv": parts})
        one, two = data.load("C-1").ledger.calls
        assert (one.call, one.unit, one.day, one.incident) == ("S-1", "D-1", date(2026, 2, 3), True)
        assert (one.labour_hours, one.travel, one.description) == (Decimal("1.5"), Decimal(2), "Jam")
        assert one.parts == (
            PartUsed("ROLL", Decimal(2), Decimal("24.70"), "Roller"), PartUsed("FUSE", Decimal(1), Decimal(180), ""),
        )  # fmt: skip
        assert (two.call, two.incident) == ("S-2", False), "its contract is the one that covers the device"

    def test_by_serial_number(self, tmp_path):
        data = load(
            tmp_path,
            {"calls.csv": "call,serial,date\nS-1,sn100,2026-02-03\nS-2,SN999,2026-02-03\nS-3,,2026-02-03\n"},
        )
        assert [call.unit for call in data.load("C-1").ledger.calls] == ["D-1"]
        assert only(data, "serial-unknown").row == 3
        assert only(data, "value-missing").row == 4
        assert rows_of(data, "calls.csv") == (3, 0, 1, 2, 0)  # nothing on it is billable

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            ("S-2,D-9,2026-02-03,C-1,yes,,,", "device-unknown"),
            ("S-2,D-1,2026-02-03,C-9,yes,,,", "contract-unknown"),
            ("S-2,D-1,2025-02-03,,yes,,,", "contract-missing"),
            ("S-2,D-1,soon,C-1,yes,,,", "not-a-date"),
            ("S-2,D-1,2026-02-03,C-1,perhaps,,,", "not-yes-no"),
            ("S-2,D-1,2026-02-03,C-1,yes,-1,,", "number-negative"),
            ("S-1,D-1,2026-02-03,C-1,no,,,", "call-twice"),
        ],
    )
    def test_bad_rows(self, tmp_path, row, code):
        covers = "contract,unit,start\nC-1,D-1,2026-01-01\nC-1,D-2,\n"
        data = load(
            tmp_path,
            {
                "calls.csv": CALL_HEAD + "S-1,D-1,2026-02-03,C-1,yes,,,\n" + row + "\n",
                "covers.csv": covers,
                "contracts/c1.yaml": CONTRACT + "  - {id: calls, kind: incident, rate: 95}\n",
            },
        )
        assert only(data, code).row == 3
        assert rows_of(data, "calls.csv") == (2, 1, 0, 1, 0)
        assert len(data.load("C-1").ledger.calls) == 1

    def test_a_call_that_two_contracts_could_pay_for_is_not_guessed(self, tmp_path):
        other = CONTRACT.replace("C-1\n", "C-2\n")
        data = load(tmp_path, {
            "contracts/c2.yaml": other, "covers.csv": "contract,unit\nC-1,D-1\nC-2,D-1\n",
            "calls.csv": CALL_HEAD + "S-1,D-1,2026-02-03,,yes,,,\n",
        })  # fmt: skip
        assert "C-1, C-2" in only(data, "contract-open").message

    def test_parts_of_no_call(self, tmp_path):
        calls = CALL_HEAD + "S-1,D-9,2026-02-03,C-1,yes,,,\n"
        parts = "call,item,quantity,rate\nS-1,ROLL,2,1.50\nS-7,ROLL,2,1.50\n"
        data = load(tmp_path, {"calls.csv": calls, "parts.csv": parts})
        assert only(data, "call-aside").row == 2
        assert only(data, "call-unknown").row == 3
        assert rows_of(data, "parts.csv") == (2, 0, 0, 2, 0)
