"""What a caller may do. Each role may do all that the ones below it may."""

from enum import StrEnum


class Role(StrEnum):
    """viewer reads; operator runs, pauses and cancels; admin changes settings and tokens and reads the audit trail."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, needed: "Role") -> bool:
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}
