"""The trunk kit that completes most jobs: models, frontier, questions, reasons (domain: section 5; docs/kit.md).

>>> from decimal import Decimal
>>> model = IndependentModel.of([Part("belt", Decimal(3)), Part("fuser", Decimal(9))], {"belt": 0.2, "fuser": 0.1})
>>> cheapest_for(solve(model), Decimal("0.85")).kit.codes
('belt',)
"""

from mps_module.engine.kit.demand import Need, estimate, select, tours_of, with_prior
from mps_module.engine.kit.explain import (
    Act,
    Change,
    Present,
    Reason,
    Together,
    Verdict,
    changes,
    present,
    reasons,
)
from mps_module.engine.kit.frontier import Solved, solve
from mps_module.engine.kit.history import HistoryModel
from mps_module.engine.kit.independent import IndependentModel
from mps_module.engine.kit.plan import KitPlan, ask, plan
from mps_module.engine.kit.questions import best_for_budget, best_under_penalty, cheapest_for
from mps_module.engine.kit.sketch import KitModel
from mps_module.engine.kit.values import (
    Answer,
    Axis,
    Frontier,
    Goal,
    History,
    Job,
    Kit,
    KitError,
    KitPoint,
    Part,
    Take,
)

__all__ = [
    "Act",
    "Answer",
    "Axis",
    "Change",
    "Frontier",
    "Goal",
    "History",
    "HistoryModel",
    "IndependentModel",
    "Job",
    "Kit",
    "KitError",
    "KitModel",
    "KitPlan",
    "KitPoint",
    "Need",
    "Part",
    "Present",
    "Reason",
    "Solved",
    "Take",
    "Together",
    "Verdict",
    "ask",
    "best_for_budget",
    "best_under_penalty",
    "changes",
    "cheapest_for",
    "estimate",
    "plan",
    "present",
    "reasons",
    "select",
    "solve",
    "tours_of",
    "with_prior",
]
