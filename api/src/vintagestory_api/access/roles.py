"""What a caller may do. Each role may do all that the ones below it may."""

from enum import StrEnum


class Role(StrEnum):
    """none does nothing but what roles on single servers allow; viewer reads; operator runs, pauses and cancels; admin changes
    settings and tokens and reads the audit trail."""

    NONE = "none"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, needed: "Role") -> bool:
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}


def higher(one: Role, other: Role) -> Role:
    return one if one.includes(other) else other
