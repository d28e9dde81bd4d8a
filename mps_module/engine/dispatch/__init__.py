"""Dispatch: who closes a call in one visit, when there is time, and whose day can move (docs/service-board.md)."""

from mps_module.engine.dispatch.days import Gap, Slot, first_slot, gaps
from mps_module.engine.dispatch.history import Demand, PartShare, PastCall
from mps_module.engine.dispatch.ranking import rank, rank_all, skill_for, urgency
from mps_module.engine.dispatch.room import make_room
from mps_module.engine.dispatch.values import (
    Call,
    Candidate,
    DispatchError,
    Move,
    Place,
    Proposal,
    Skill,
    Stop,
    Technician,
    Travel,
    minutes_of,
    moment_of,
)

__all__ = [
    "Call",
    "Candidate",
    "Demand",
    "DispatchError",
    "Gap",
    "Move",
    "PartShare",
    "PastCall",
    "Place",
    "Proposal",
    "Skill",
    "Slot",
    "Stop",
    "Technician",
    "Travel",
    "first_slot",
    "gaps",
    "make_room",
    "minutes_of",
    "moment_of",
    "rank",
    "rank_all",
    "skill_for",
    "urgency",
]
