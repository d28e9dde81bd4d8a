"""The example dealer's bills against arithmetic done by hand on what its devices truly printed.

No amount here comes from the engine: quantities are differences of the generator's own click counts, rates and rules
are written out as the contracts say them, and only the result is compared with the bill.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from examples import generate
from mps_module.engine.result import Basis, ChargeKind, Severity
from mps_module.engine.usage import real_usages
from tests.cli.example import bill_all, bill_of, load

SEP, OCT = date(2026, 9, 30), date(2026, 10, 31)
DUE = date(2026, 11, 1)
D = Decimal


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(D("0.01"), ROUND_HALF_UP)


def whole(amount: Decimal) -> Decimal:
    return amount.quantize(D(1), ROUND_HALF_UP)


class Truth:
    """What the devices printed between the reads of two boundaries, by device, tag or contract."""

    def __init__(self, dealer: generate.Dealer):
        self.dealer = dealer
        self.machines = {m.device: m for m in dealer.machines}
        self.tags = {m.tag: m.device for m in dealer.machines if m.tag}

    def at(self, device: str, counter: str, day: date) -> int:
        """Clicks since the first read, at the read of boundary `day` (or the removal read, if it came before)."""
        machine = self.machines[device]
        if machine.first_day > day:
            return 0
        return self.dealer.book.truth[device, counter, min(day, machine.last_day)]

    def used(self, device: str, counter: str, after: date = SEP, upto: date = OCT) -> int:
        if counter == "mono" and "mono" not in self.machines[device].counters:
            if "total" not in self.machines[device].counters:
                return 0
            return self.used(device, "total", after, upto) - self.used(device, "colour", after, upto)
        if counter not in self.machines[device].counters:
            return 0
        return self.at(device, counter, upto) - self.at(device, counter, after)

    def under(self, contract: str, day: date = OCT) -> list[str]:
        """Devices of a contract in the month that ends on `day`."""
        first = day.replace(day=1)
        return [
            m.device
            for m in self.dealer.machines
            if any(s.contract == contract and s.start <= day and s.end >= first for s in m.stays)
        ]

    def sum(
        self, contract: str, counter: str, after: date = SEP, upto: date = OCT, skip: tuple[str, ...] = ()
    ) -> int:
        return sum(
            self.used(device, counter, after, upto)
            for device in self.under(contract, upto)
            if device not in skip
        )


@pytest.fixture(scope="module")
def dealer():
    return generate.make()


@pytest.fixture(scope="module")
def truth(dealer):
    return Truth(dealer)


@pytest.fixture(scope="module")
def folder():
    with load() as found:
        yield found


@pytest.fixture(scope="module")
def every(folder):
    """contract -> all its bills from its start on, oldest first, as if nothing had been posted."""
    return bill_all(folder, until=date(2026, 11, 22))


@pytest.fixture(scope="module")
def october(every):
    return {
        name: bill_of(bills, DUE if name != "C-1015" else date(2026, 10, 15)) for name, bills in every.items()
    }


def amounts(bill, line_id: str) -> list[Decimal]:
    return [line.amount for line in bill.lines if line.line_id == line_id]


def amount(bill, line_id: str) -> Decimal:
    return sum(amounts(bill, line_id), D(0))


def usage_of(bill, line_id: str, unit: str):
    found = [u for line in bill.lines if line.line_id == line_id and line.proof for u in line.proof.usages]
    return next(u for u in found if u.unit == unit)


def billed(bill, line_id: str, unit: str) -> Decimal:
    return usage_of(bill, line_id, unit).usage


class TestEngagements:
    """One test a contract: every way to pay that the example knows."""

    def test_school_monthly_base_quarterly_pool(self, truth, october):
        """August, September and October above 360,000 black and 60,000 colour; base for November."""
        july = date(2026, 7, 31)
        black = truth.sum("C-1001", "mono", july) - 360_000
        colour = truth.sum("C-1001", "colour", july) - 60_000
        assert black > 0 < colour
        bill = october["C-1001"]
        assert amount(bill, "base") == D("2350.00")
        assert amount(bill, "mono") == cents(black * D("0.0072"))
        assert amount(bill, "colour") == cents(colour * D("0.055"))
        assert bill.total == D("2350.00") + cents(black * D("0.0072")) + cents(colour * D("0.055"))

    def test_school_bills_no_clicks_between_quarters(self, every):
        september = bill_of(every["C-1001"], date(2026, 10, 1))
        assert [(line.line_id, line.amount) for line in september.lines] == [("base", D("2350.00"))]

    def test_tax_accountant_each_device_its_own_allowance(self, truth, october):
        """Six devices all month, one for 9 and one for 18 of 31 days, base and allowance alike."""
        allowances = {"bizhub C450i": 5000, "bizhub C300i": 3000, "TASKalfa 3554ci": 2200}
        over = D(0)
        for device in truth.under("C-1002"):
            machine = truth.machines[device]
            share = {"leave-mid": D(9) / 31, "join-mid": D(18) / 31}.get(machine.tag, D(1))
            free = whole(allowances.get(machine.model, 1500) * share)
            over += max(truth.used(device, "mono") - free, D(0))
        bill = october["C-1002"]
        assert amount(bill, "device") == cents(D("38.00") * 6 + D("38.00") * 27 / 31) == D("261.10")
        assert over > 0
        assert amount(bill, "mono") == cents(over * D("0.0098"))
        assert amount(bill, "colour") == cents(truth.sum("C-1002", "colour") * D("0.075"))

    def test_law_firm_first_month_of_the_amendment(self, truth, october, every):
        """October at the new rates, September still at the old ones; one device estimated."""
        bill, unread = october["C-1003"], truth.tags["missing-now"]
        rates = {"mono": "0.0085", "colour": "0.059", "scan": "0.0015"}
        for line, rate in rates.items():
            clicks = truth.sum("C-1003", line, skip=(unread,)) + billed(bill, line, unread)
            assert amount(bill, line) == cents(clicks * D(rate)), line
        assert amount(bill, "device") == 13 * D("29.00")
        before = bill_of(every["C-1003"], date(2026, 10, 1))
        august = date(2026, 8, 31)
        assert amount(before, "mono") == cents(truth.sum("C-1003", "mono", august, SEP) * D("0.0079"))
        assert amounts(before, "scan") == []

    def test_hospital_graduated_tiers(self, truth, october, every):
        """100,000 at .0076, 50,000 at .0068, the rest at .0059; one device opens at an estimate."""
        bill, late = october["C-1004"], truth.tags["missing-month"]
        black = truth.sum("C-1004", "mono", skip=(late,)) + billed(bill, "mono", late)
        assert amounts(bill, "mono") == [D("760.00"), D("340.00"), cents((black - 150_000) * D("0.0059"))]
        colour = truth.sum("C-1004", "colour", skip=(late,)) + billed(bill, "colour", late)
        assert amount(bill, "colour") == cents(colour * D("0.068"))

    def test_stores_volume_tiers(self, truth, october, every):
        """The tier that the month reaches prices it all: October the second, December the last."""
        black, colour = truth.sum("C-1005", "mono"), truth.sum("C-1005", "colour")
        assert 40_000 < black <= 60_000 and colour <= 15_000
        assert amount(october["C-1005"], "mono") == cents(black * D("0.0092"))
        assert amount(october["C-1005"], "colour") == cents(colour * D("0.079"))
        december = bill_of(every["C-1005"], date(2026, 1, 1))
        start, end = date(2025, 11, 30), date(2025, 12, 31)
        black, colour = (truth.sum("C-1005", counter, start, end) for counter in ("mono", "colour"))
        assert black > 60_000 and colour > 15_000
        assert amount(december, "mono") == cents(black * D("0.0081"))
        assert amount(december, "colour") == cents(colour * D("0.069"))

    def test_town_blocks_of_copies(self, truth, every):
        """A block of 50,000 whenever the one before is used up: as many as all copies since the start need."""
        bought = sum(
            line.quantity for bill in every["C-1006"] for line in bill.lines if line.kind is ChargeKind.BLOCK
        )
        moved = truth.tags["move-customer"]
        made = -truth.at(moved, "total", date(2026, 4, 30))  # what it printed at the stores is not the town's
        made += sum(truth.at(device, "total", OCT) for device in truth.under("C-1006"))
        assert made > 800_000
        assert bought == -(-made // 50_000)
        total = sum((bill.total for bill in every["C-1006"]), D(0))
        assert total == bought * D("890.00") + 25 * D("185.00")

    def test_print_room_weights_escalator_discount_and_line_minimum(self, truth, october):
        """A3 twice. The clicks of October are of the second year (3 %), the base of November of the third (6.09 %)."""
        bill = october["C-1007"]
        press = [d for d in truth.under("C-1007") if "mono_a3" in truth.machines[d].counters]
        black = sum(truth.used(d, "mono_a4") + 2 * truth.used(d, "mono_a3") for d in press)
        colour = sum(truth.used(d, "colour_a4") + 2 * truth.used(d, "colour_a3") for d in press)
        assert amount(bill, "base") == cents(D("640.00") * D("1.0609")) == D("678.98")
        assert amount(bill, "press-mono") == cents(black * D("0.006695"))
        assert colour > 200_000
        gross = 100_000 * D("0.04738") + 100_000 * D("0.04223") + (colour - 200_000) * D("0.03811")
        assert amount(bill, "press-colour") == cents(gross * D("0.96"))
        assert amount(bill, "office-colour") == D("150.00")  # the minimum
        office = next(d for d in truth.under("C-1007") if d not in press)
        assert cents(truth.used(office, "colour") * D("0.06695")) < 150
        assert amount(bill, "office-mono") == cents(truth.used(office, "mono") * D("0.008755"))

    def test_logistics_calls_time_and_material_in_canadian_dollars(self, truth, dealer, october):
        bill = october["C-1008"]
        calls = [
            c for c in dealer.calls if c.contract == "C-1008" and (c.day.year, c.day.month) == (2026, 10)
        ]
        per_call = sum(1 for c in calls if c.incident)
        hours, trips = (sum(D(getattr(c, name)) for c in calls) for name in ("hours", "travel"))
        parts = sum(D(quantity) * D(rate) for c in calls for _, quantity, rate, _ in c.parts)
        assert per_call and hours and trips and parts
        assert bill.currency == "CAD"
        assert amount(bill, "calls") == per_call * D("125.00")
        assert amount(bill, "labour") == cents(hours * 118)
        assert amount(bill, "travel") == cents(trips * 22)
        assert amount(bill, "parts") == cents(parts * D("0.9"))
        assert amount(bill, "mono") == cents(truth.sum("C-1008", "mono") * D("0.0112"))
        assert amount(bill, "colour") == cents(truth.sum("C-1008", "colour") * D("0.089"))

    def test_dentist_seats_beside_printers(self, truth, october):
        """30 computers all month and one place that changed its computer on the 20th; three shared seats from the 12th."""
        bill = october["C-1009"]
        assert amount(bill, "workstations") == cents(52 * (30 + D(20) / 31 + D(11) / 31)) == D("1612.00")
        assert amount(bill, "servers") == D("190.00")
        assert amount(bill, "shared") == cents(34 * (12 + 3 * D(20) / 31)) == D("473.81")
        assert amount(bill, "printers") == 7 * D("19.00")
        assert amount(bill, "mono") == cents(truth.sum("C-1009", "mono") * D("0.0105"))
        assert amount(bill, "colour") == cents(truth.sum("C-1009", "colour") * D("0.085"))

    @pytest.mark.parametrize(
        ("line", "pool", "rate"), [("mono", 17_000, "0.0095"), ("colour", 8_500, "0.068")]
    )
    def test_hotels_carry_what_the_winter_left(self, truth, every, line, pool, rate):
        """This month's clicks first use what is oldest; what is left of a month lives three months longer."""
        ends = [date(2024, 10, 31)] + [
            date.fromordinal(date(2024 + n // 12, n % 12 + 1, 1).toordinal() - 1) for n in range(11, 35)
        ]
        left: list[int] = []  # of the last three months, oldest first
        charged = {}
        for start, end in pairwise(ends):
            clicks = truth.sum("C-1010", line, start, end)
            pots = [*left, pool]
            for n, pot in enumerate(pots):
                taken = min(pot, clicks)
                pots[n], clicks = pot - taken, clicks - taken
            charged[end], left = clicks, pots[-3:]
        assert charged[OCT] > 0 and charged[date(2026, 1, 31)] == 0
        for end, clicks in charged.items():
            bill = bill_of(every["C-1010"], date.fromordinal(end.toordinal() + 1))
            assert amount(bill, line) == cents(clicks * D(rate)), end

    def test_hotels_pay_their_base_by_the_quarter(self, every):
        with_base = [bill.period.due for bill in every["C-1010"] if amounts(bill, "base")]
        assert with_base[:3] == [date(2024, 11, 1), date(2025, 2, 1), date(2025, 5, 1)]
        assert with_base[-1] == DUE

    def test_branch_office_pays_at_least_180(self, truth, october):
        """15 September to 14 October: 3 x 38, colour, no black above 3 x 2,000; the bill's minimum lifts it."""
        start, end = date(2026, 9, 14), date(2026, 10, 14)
        devices = truth.under("C-1015")
        assert sum(truth.used(d, "mono", start, end) for d in devices) < 6_000
        made = 3 * D("38.00") + cents(sum(truth.used(d, "colour", start, end) for d in devices) * D("0.075"))
        bill = october["C-1015"]
        lift = [line.amount for line in bill.lines if line.kind is ChargeKind.MINIMUM]
        assert lift == [D("180.00") - made] and bill.total == D("180.00")


class TestTraps:
    def test_board_swap_adds_both_epochs(self, truth, dealer, october):
        """Old board from September's read to its last value, and the new one from 0: nothing between, nothing twice."""
        device = truth.tags["board-swap"]
        shown = dealer.book.shown
        visit = next(
            r
            for r in dealer.book.readings
            if r.device == device and r.reason == "last value of the old board"
        )
        old = int(visit.values["mono"]) - shown[device, "mono", SEP]
        new = shown[device, "mono", OCT]
        assert billed(october["C-1004"], "mono", device) == old + new == truth.used(device, "mono")

    def test_rollover_counts_on(self, truth, dealer, october):
        device, shown = truth.tags["rollover"], dealer.book.shown
        clicks = 1_000_000 - shown[device, "mono", SEP] + shown[device, "mono", OCT]
        assert billed(october["C-1005"], "mono", device) == clicks == truth.used(device, "mono")

    def test_dead_board_loses_only_what_nobody_can_know(self, truth, dealer, every):
        device = truth.tags["dead-board"]
        june = bill_of(every["C-1005"], date(2025, 7, 1))
        assert billed(june, "mono", device) == dealer.book.shown[device, "mono", date(2025, 6, 30)]
        assert dealer.book.lost[device, "mono"] > 0

    def test_swap_of_a_device_bills_each_for_its_days(self, truth, october):
        bill = october["C-1004"]
        old, new = (
            usage_of(bill, "mono", truth.tags["swap-out"]),
            usage_of(bill, "mono", truth.tags["swap-in"]),
        )
        assert old.usage == truth.used(old.unit, "mono") and old.closing.read.kind.value == "removal"
        assert new.usage == truth.used(new.unit, "mono") and new.opening.read.kind.value == "install"
        assert new.opening.value > 0  # its test prints are not the customer's

    def test_back_dated_read_opens_october(self, truth, dealer, october):
        device = truth.tags["back-dated"]
        usage = usage_of(october["C-1004"], "mono", device)
        assert usage.opening.value == dealer.book.shown[device, "mono", SEP]
        assert usage.opening.basis is Basis.ACTUAL
        assert usage.usage == truth.used(device, "mono")

    def test_missing_month_is_estimated_and_trued_up(self, truth, every, october):
        """Whatever September's estimate was, September and October together bill what was printed."""
        device, september = truth.tags["missing-month"], bill_of(every["C-1004"], date(2026, 10, 1))
        august = date(2026, 8, 31)
        for line in ("mono", "colour"):
            closed, opened = usage_of(september, line, device), usage_of(october["C-1004"], line, device)
            assert closed.closing.basis is Basis.ESTIMATE
            assert closed.closing.low <= closed.closing.value <= closed.closing.high
            assert opened.opening.value == closed.closing.value
            assert closed.usage + opened.usage == truth.used(device, line, august, OCT)

    def test_the_estimate_is_near_what_was_printed(self, truth, every, october):
        """Its own past and its season put the law firm's device within 15 % of the truth."""
        machine = truth.machines[truth.tags["missing-now"]]
        real = machine.odometer.clicks("colour", datetime(2026, 11, 1)) - (
            machine.odometer.clicks("colour", datetime(2026, 10, 1))
        )
        guess = billed(october["C-1003"], "colour", machine.device)
        assert abs(guess - real) < D("0.15") * real

    def test_estimate_too_high_becomes_a_credit(self, truth, every, october):
        """The dock closed in September. Estimate and credit together are the handful of pages really printed."""
        device, september = truth.tags["negative-true-up"], bill_of(every["C-1013"], date(2026, 10, 1))
        bill = october["C-1013"]
        given_back = billed(bill, "mono", device)
        assert given_back < -1_000
        assert billed(september, "mono", device) + given_back == truth.used(
            device, "mono", date(2026, 8, 31), OCT
        )
        line = next(line for line in bill.lines if line.line_id == "mono")
        assert line.kind is ChargeKind.CREDIT and line.amount == cents(given_back * D("0.0098")) < 0

    def test_three_estimates_in_a_row_block_the_library(self, truth, every):
        blocked = {bill.period.due: bill.blocked for bill in every["C-1014"][-4:]}
        assert list(blocked.values()) == [False, False, False, True]
        finding = next(f for f in bill_of(every["C-1014"], DUE).findings if f.severity is Severity.BLOCK)
        assert finding.unit == truth.tags["three-missing"]

    def test_recorded_estimate_closes_march_and_is_marked(self, truth, dealer, every):
        """The clerk's own figure: February's value and once more what February had moved."""
        device, shown = truth.tags["recorded-estimate"], dealer.book.shown
        january, february = (shown[device, "total", date(2026, n, d)] for n, d in ((1, 31), (2, 28)))
        march = bill_of(every["C-1006"], date(2026, 4, 1))
        usage = next(u for line in march.lines if line.proof for u in line.proof.usages if u.unit == device)
        assert usage.closing.basis is Basis.ESTIMATE
        assert usage.closing.value == 2 * february - january

    def test_conflicting_reads_both_stay_out(self, truth, dealer, october):
        device = truth.tags["conflict"]
        closing = next(iter(real_usages([usage_of(october["C-1001"], "mono", device)]))).closing
        assert (closing.taken_at.month, closing.taken_at.day) == (11, 2)
        assert closing.value == dealer.book.shown[device, "total", OCT]

    def test_superseded_read_bills_the_corrected_value(self, truth, every):
        device = truth.tags["typo-read"]
        august = bill_of(every["C-1002"], date(2026, 9, 1))
        assert billed(august, "mono", device) == truth.used(
            device, "mono", date(2026, 7, 31), date(2026, 8, 31)
        )
        assert billed(august, "mono", device) < 10_000

    def test_moved_device_is_billed_where_it_stood(self, truth, every):
        device = truth.tags["move-customer"]
        april, may = bill_of(every["C-1005"], date(2026, 5, 1)), bill_of(every["C-1006"], date(2026, 6, 1))
        assert billed(april, "colour", device) == truth.used(
            device, "colour", date(2026, 3, 31), date(2026, 4, 30)
        )
        town = next(u for line in may.lines if line.proof for u in line.proof.usages if u.unit == device)
        assert town.usage == truth.used(device, "total", date(2026, 4, 30), date(2026, 5, 31))
        later = bill_of(every["C-1005"], date(2026, 6, 1))
        assert all(u.unit != device for line in later.lines if line.proof for u in line.proof.usages)

    def test_moved_between_schools_the_click_share_moves_too(self, truth, october):
        """Until 14 September at Birch, from the 15th at Alder: two rows, no click lost between them."""
        device = truth.tags["move-site"]
        line = next(line for line in october["C-1001"].lines if line.line_id == "mono")
        rows = [u for u in line.proof.usages if u.unit == device]
        moved = date(2026, 9, 14)
        assert [u.usage for u in rows] == [
            truth.used(device, "mono", date(2026, 7, 31), moved),
            truth.used(device, "mono", moved, OCT),
        ]
        assert rows[0].closing.value == rows[1].opening.value

    def test_total_that_misses_by_7_bills_each_counter_for_itself(self, truth, october):
        device = truth.tags["miss-by-7"]
        for line in ("mono", "colour"):
            assert billed(october["C-1004"], line, device) == truth.used(device, line)

    def test_mistyped_rate_is_held_back_with_the_money_at_stake(self, folder, truth, october):
        """0.085 was typed for 0.0085: nine tenths of the black charge are at stake, give or take the fleet's norm."""
        black = truth.sum("C-1011", "mono")
        assert amount(october["C-1011"], "mono") == cents(black * D("0.085"))
        finding = next(f for f in folder.guarded("C-1011", DUE) if f.code == "rate-off-norm")
        assert finding.severity is Severity.BLOCK and finding.line_id == "mono"
        assert abs(finding.at_stake - black * D("0.0765")) < black * D("0.005")

    def test_black_from_the_total_counter_is_held_back(self, folder, truth):
        """The colour clicks are paid twice: once as colour, once at the price of black."""
        finding = next(f for f in folder.guarded("C-1012", DUE) if f.code == "black-billed-from-total")
        assert finding.severity is Severity.BLOCK
        assert finding.at_stake == cents(truth.sum("C-1012", "colour") * D("0.0089"))


class TestContinuity:
    def test_all_bills_together_are_what_was_printed(self, truth, every):
        """Two years of bills, per device and line: exactly the clicks between the first and the last read."""
        unread = {truth.tags["missing-now"], truth.tags["three-missing"]}
        checked = 0
        for contract, bills in every.items():
            sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
            for bill in bills:
                for line in bill.lines:
                    for usage in (
                        line.proof.usages if line.proof and line.kind is not ChargeKind.ADJUSTMENT else ()
                    ):
                        if contract != "C-1006":  # blocks show usages only when one is renewed
                            sums[usage.unit, line.line_id, usage.meter] += usage.usage
            end = date(2026, 11, 14) if contract == "C-1015" else OCT
            for (device, line_id, meter), clicks in sums.items():
                since = date(2026, 9, 30) if line_id == "scan" else date.min
                if device in unread:
                    continue
                assert clicks == self.printed(truth, contract, device, meter, since, end), (
                    contract,
                    device,
                    meter,
                )
                checked += 1
        assert checked > 220

    @staticmethod
    def printed(truth: Truth, contract: str, device: str, meter: str, since: date, end: date) -> int:
        stay = next(s for s in truth.machines[device].stays if s.contract == contract)
        end = min(end, max(s.end for s in truth.machines[device].stays if s.contract == contract))
        start = since if since > stay.start else date.min
        if meter == "mono_clicks":
            parts = (("mono_a4", 1), ("mono_a3", 2))
        elif meter == "mono" and "mono" not in truth.machines[device].counters:
            parts = (("total", 1), ("colour", -1))
        else:
            parts = ((meter, 1),)
        return sum(
            weight * (truth.at(device, c, end) - (truth.at(device, c, start) if start != date.min else 0))
            for c, weight in parts
        )

    def test_split_bills_add_up(self, folder, october):
        for contract, keys in {"C-1001": 5, "C-1003": 4, "C-1004": 8, "C-1006": 3}.items():
            parts = folder.split(contract, DUE)
            assert len(parts) == keys
            assert sum((total for _, total in parts), D(0)) == october[contract].total


class TestIntake:
    def test_every_row_is_counted_once(self, folder):
        assert folder.tally.adds_up

    def test_exactly_the_trapped_rows_are_set_aside(self, folder, truth):
        aside = folder.quarantined()
        by_code = {code: sum(1 for c, _ in aside if c == code) for code, _ in aside}
        assert by_code == {
            "conflict": 2,
            "lower-than-before": 1,
            "future-time": 1,
            "serial-unknown": 1,
            "serial-ambiguous": 1,
            "serial-blank": 1,
            "not-a-number": 1,
        }

    def test_the_election_is_flagged_and_billed(self, folder, truth):
        device = truth.tags["election"]
        flagged = {(unit, meter) for unit, meter, when in folder.flagged() if when >= date(2026, 9, 15)}
        assert flagged == {(device, meter) for meter in ("mono", "colour", "total", "scan")}

    def test_the_rows_exported_twice_change_nothing(self, folder, truth):
        reads = folder.tally.reads
        assert reads.duplicate == sum(
            len(r.values)
            for r in truth.dealer.book.readings
            if r.file == "printtracker-2026q4" and r.at.month == 9
        )
