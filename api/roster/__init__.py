"""Rosters from other systems: OneRoster CSV read and checked, and declared in the record."""

from api.roster.faults import Fault, RosterFaulty
from api.roster.files import roster_files

__all__ = ["Fault", "RosterFaulty", "roster_files"]
