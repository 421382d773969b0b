"""Account: who acts at the desk, and what the role lets a person do."""

from __future__ import annotations

from dataclasses import dataclass

from kb.errors import NotAllowed
from kb.journal.tables import Role

_RANK: dict[Role, int] = {"drafter": 0, "approver": 1, "administrator": 2}


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person; each role may do what those before it may: drafter, approver, administrator."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether the person has a role or a higher one."""
        return _RANK[self.role] >= _RANK[role]

    def require(self, role: Role) -> None:
        """Check the role.

        Raises:
            NotAllowed: says which role is needed.
        """
        if not self.may(role):
            raise NotAllowed(f"This needs the role '{role}'. Ask an administrator.")
