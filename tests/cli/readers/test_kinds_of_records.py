"""Customers, models, fleet, covers, calls and parts: what each kind of row accepts, in words of other programs too."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.contract import UnitKind
from tests.cli.readers.folders import CONTRACT, COVERS, FLEET, issues, load, only, rows_of

D = Decimal


class TestNamesOfOthers:
    """The files of other programs work as they are."""

    def test_customers(self, tmp_path):
        text = "Kundennummer;Company Name;Straße;PLZ;Ort;Land;E-Mail;USt-IdNr\nCU-1;Bäckerei;Weg 1;01067;Dresden;DE;a@b;DE1\n"
        found = load(tmp_path, {"customers.csv": text}).customer("CU-1")
        assert (found.name, found.address, found.zip, found.city) == ("Bäckerei", "Weg 1", "01067", "Dresden")
        assert (found.country, found.email, found.tax_id, found.contact) == ("DE", "a@b", "DE1", "")

    def test_fleet(self, tmp_path):
        text = (
            "Equipment Number,S/N,Model Name,Account Number,Location,Dept,Cost Centre,Purchase Order,Install Date,Ownership\n"
            "D-1,SN100,MX,CU-1,Front,Sales,100,4711,2026-01-02,Dealer\n"
        )
        row = load(tmp_path, {"fleet.csv": text, "covers.csv": "contract,unit\nC-1,D-1\n"}).device("D-1")
        device = row.device
        assert (device.serial, device.model, device.customer, device.site) == ("SN100", "MX", "CU-1", "Front")
        assert (device.department, row.cost_center, row.po, row.installed) == (
            "Sales",
            "100",
            "4711",
            date(2026, 1, 2),
        )
        assert (row.owner, row.removed) == ("Dealer", None)

    def test_covers(self, tmp_path):
        text = "Agreement,Asset Number,Covered From,Covered Until,Qty,Billing Group\nC-1,D-1,2026-02-01,2026-06-30,1,A\n"
        unit = load(tmp_path, {"covers.csv": text}).load("C-1").units[0]
        assert (unit.unit, unit.start, unit.end, unit.group) == (
            "D-1",
            date(2026, 2, 1),
            date(2026, 6, 30),
            "A",
        )

    def test_calls_and_parts(self, tmp_path):
        files = {
            "calls.csv": "Ticket Number,Serial No,Close Date,Hours,Trips,Problem\nT-1,SN200,2026-02-03,2.5,1,Jam\n",
            "parts.csv": "Ticket,Part Number,Qty,Unit Price,Part Name\nT-1,R-1,2,10.50,Roller\n",
        }
        call = load(tmp_path, files).load("C-1").ledger.calls[0]
        assert (call.call, call.unit, call.labour_hours, call.travel) == ("T-1", "D-2", D("2.5"), D(1))
        assert [(p.item, p.quantity, p.rate) for p in call.parts] == [("R-1", D(2), D("10.50"))]

    def test_models(self, tmp_path):
        text = "Modell;Hersteller;Zählerart;counts;dials;Monthly Volume\nMX;Acme;total;pages;7;1500\nMX;Acme;duplex;Sheets;7;\n"
        model = load(tmp_path, {"models.csv": text}).models["MX"]
        assert (model.brand, model.meters["total"].digits, model.monthly_volume["total"]) == (
            "Acme",
            7,
            D(1500),
        )
        assert [meter.unit.value for meter in model.meters.values()] == ["impression", "sheet"]


class TestUnitKinds:
    @pytest.mark.parametrize(
        ("word", "kind"),
        [
            ("seat", UnitKind.SEAT), ("Seats", UnitKind.SEAT), ("user", UnitKind.SEAT), ("Users", UnitKind.SEAT),
            ("asset", UnitKind.ASSET), ("Assets", UnitKind.ASSET), ("PC", UnitKind.ASSET),
        ],
    )  # fmt: skip
    def test_words(self, tmp_path, word, kind):
        data = load(tmp_path, {"covers.csv": f"contract,unit,kind,quantity\nC-1,desk,{word},12\n"})
        unit = data.load("C-1").units[0]
        assert (unit.unit, unit.kind, unit.quantity) == ("desk", kind, D(12))

    @pytest.mark.parametrize("word", ["device", "Devices", "printer", "machine", ""])
    def test_words_for_a_device(self, tmp_path, word):
        data = load(tmp_path, {"covers.csv": f"contract,unit,kind\nC-1,D-1,{word}\n"})
        assert data.load("C-1").units[0].kind is UnitKind.DEVICE

    def test_a_word_nobody_knows_names_the_nearest(self, tmp_path):
        issue = only(
            load(tmp_path, {"covers.csv": COVERS + "\n".join(["", ""]) + "C-1,D-1\n"}), "cover-twice"
        )
        assert issue.row == 6, "the blank line is no row, but rows keep their numbers"
        issue = only(load(tmp_path, {"covers.csv": "contract,unit,kind\nC-1,D-1,devise\n"}), "not-an-option")
        assert (issue.field, issue.value, issue.todo) == ("kind", "devise", "Is “device” meant?")


class TestCovers:
    HEAD = "contract,unit,start,end,group\n"

    @pytest.mark.parametrize(
        ("rows", "aside"),
        [
            ("C-1,D-1,2026-01-01,2026-03-31,\nC-1,D-1,2026-04-01,,\n", []),
            ("C-1,D-1,2026-01-01,2026-04-01,\nC-1,D-1,2026-04-01,,\n", [3]),
            ("C-1,D-1,,2026-03-31,\nC-1,D-1,2026-03-01,2026-03-02,\n", [3]),
            ("C-1,D-1,2026-01-01,,\nC-1,D-1,2026-02-01,,\nC-1,D-1,2026-03-01,,\n", [3, 4]),
            ("C-1,D-1,2026-01-01,,a\nC-1,D-1,2026-01-01,,b\n", []),
            ("C-1,D-1,2026-01-01,,a\nC-1,D-1,2026-01-01,,a\n", [3]),
            ("C-1,D-1,2026-01-01,,\nC-1,D-2,2026-01-01,,\n", []),
        ],
    )
    def test_the_same_unit_on_the_same_days(self, tmp_path, rows, aside):
        data = load(tmp_path, {"covers.csv": self.HEAD + rows})
        assert sorted({i.row for i in issues(data, "cover-twice")}) == aside
        assert len(data.load("C-1").units) == rows.count("\n") - len(aside)
        counts = rows_of(data, "covers.csv")
        assert counts[0] == rows.count("\n") and counts[3] == len(aside)

    def test_what_is_blank_comes_from_the_device(self, tmp_path):
        head = "contract,unit,start,end,site,department,cost_center,po\n"
        fleet = FLEET.replace(
            "D-1,SN100,MX,CU-1,Front,Sales,100,,2026-01-01,",
            "D-1,SN100,MX,CU-1,Front,Sales,100,77,2026-02-10,2026-05-09",
        )
        data = load(tmp_path, {"fleet.csv": fleet, "covers.csv": head + "C-1,D-1,,,,,,\n"})
        unit = data.load("C-1").units[0]
        assert (unit.site, unit.department, unit.cost_center, unit.po) == ("Front", "Sales", "100", "77")
        assert (unit.start, unit.end) == (date(2026, 2, 10), date(2026, 5, 9))

    def test_what_is_given_wins_over_the_device(self, tmp_path):
        head = "contract,unit,start,end,site,department,cost_center,po\n"
        row = "C-1,D-1,2026-03-01,2026-04-30,Back,Law,300,88\n"
        unit = load(tmp_path, {"covers.csv": head + row}).load("C-1").units[0]
        assert (unit.site, unit.department, unit.cost_center, unit.po) == ("Back", "Law", "300", "88")
        assert (unit.start, unit.end) == (date(2026, 3, 1), date(2026, 4, 30))

    def test_a_device_installed_before_the_contract_starts_with_it(self, tmp_path):
        data = load(tmp_path, {"fleet.csv": FLEET.replace("2026-01-01", "2020-05-05")})
        assert data.load("C-1").units[0].start == date(2026, 1, 1)

    def test_an_allowance_of_a_line_that_only_a_later_version_has(self, tmp_path):
        contract = (
            CONTRACT
            + "versions:\n  - effective: 2026-01-01\n  - effective: 2026-06-01\n    lines:\n      - {id: late, kind: click, meter: colour, rate: 0.01}\n"
        )
        data = load(
            tmp_path,
            {"contracts/c1.yaml": contract, "covers.csv": "contract,unit,allowance:late\nC-1,D-1,500\n"},
        )
        assert data.load("C-1").units[0].allowances == {"late": D(500)}

    @pytest.mark.parametrize(
        ("quantity", "code"),
        [("a dozen", "not-a-number"), ("-3", "number-negative"), ("1,250", "number-ambiguous")],
    )
    def test_quantities_that_are_none(self, tmp_path, quantity, code):
        text = f'contract,unit,kind,quantity\nC-1,desk,seat,"{quantity}"\nC-1,hall,seat,2\n'
        data = load(tmp_path, {"covers.csv": text})
        issue = only(data, code)
        assert (issue.row, issue.field, issue.value) == (2, "quantity", quantity)
        assert [unit.unit for unit in data.load("C-1").units] == ["hall"]


class TestVolumes:
    @pytest.mark.parametrize(
        ("text", "volumes"),
        [
            ("1500", {"total": D(1500), "colour": D(300)}),
            ("mono=1200 colour=250", {"mono": D(1200), "colour": D(250)}),
            ("mono=1200;colour=250", {"mono": D(1200), "colour": D(250)}),
            ("colour=0", {"colour": D(0)}),
            ("", {"colour": D(300)}),
        ],
    )
    def test_of_a_device_beside_those_of_its_model(self, tmp_path, text, volumes):
        fleet = f"device,serial,model,customer,monthly_volume\nD-1,SN1,MX,CU-1,{text}\n"
        data = load(tmp_path, {"fleet.csv": fleet, "covers.csv": "contract,unit\nC-1,D-1\n"})
        assert dict(data.device("D-1").device.monthly_volume) == volumes

    @pytest.mark.parametrize("text", ["=1500", "mono=many", "mono=1 mono=2", "lots", "mono=-5"])
    def test_what_is_none(self, tmp_path, text):
        fleet = f"device,serial,model,customer,monthly_volume\nD-1,SN1,MX,CU-1,{text}\nD-2,SN2,LP,CU-1,\nD-3,SN3,LP,CU-1,\n"
        data = load(tmp_path, {"fleet.csv": fleet})
        aside = [i for i in data.issues() if i.file == "fleet.csv"]
        assert [(i.row, i.field, i.verdict.value) for i in aside] == [(2, "monthly_volume", "quarantined")]
        assert data.device("D-1") is None and rows_of(data, "fleet.csv") == (3, 2, 0, 1, 0)


class TestDates:
    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("2026-03-31", date(2026, 3, 31)), ("31.03.2026", date(2026, 3, 31)), ("3/31/2026", date(2026, 3, 31)),
            ("31-Mar-2026", date(2026, 3, 31)), ('"March 31, 2026"', date(2026, 3, 31)), ("20260331", date(2026, 3, 31)),
            ("2026/3/31", date(2026, 3, 31)), ("2026-03-31 23:59", date(2026, 3, 31)), ("05.05.2026", date(2026, 5, 5)),
        ],
    )  # fmt: skip
    def test_days_in_all_ways_that_are_beyond_doubt(self, tmp_path, text, day):
        fleet = f"device,model,customer,removed\nD-1,MX,CU-1,{text}\n"
        data = load(tmp_path, {"fleet.csv": fleet, "covers.csv": "contract,unit\nC-1,D-1\n"})
        assert data.device("D-1").removed == day

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("03/04/2026", "date-ambiguous"), ("31.03.26", "not-a-date"), ("2026-02-29", "not-a-date"), ("soon", "not-a-date"),
            ("1899-12-31", "date-absurd"), ("2126-01-01", "date-absurd"), ("31.31.2026", "not-a-date"),
        ],
    )  # fmt: skip
    def test_days_that_are_none(self, tmp_path, text, code):
        fleet = f"device,model,customer,removed\nD-1,MX,CU-1,{text}\n"
        data = load(tmp_path, {"fleet.csv": fleet, "covers.csv": "contract,unit,kind\nC-1,x,seat\n"})
        issue = only(data, code)
        assert (issue.file, issue.row, issue.field, issue.value) == ("fleet.csv", 2, "removed", text)
