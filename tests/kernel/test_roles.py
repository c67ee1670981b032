"""host > cohost > guest."""

import pytest

from hub_core.kernel.roles import Role

G, C, H = Role.GUEST, Role.COHOST, Role.HOST


@pytest.mark.parametrize(
    ("actor", "may_act_as", "outranks"),
    [(G, {G}, set()), (C, {G, C}, {G}), (H, {G, C, H}, {G, C})],
)
def test_who_may_act_as_whom_and_upon_whom(
    actor: Role, may_act_as: set[Role], outranks: set[Role]
) -> None:
    assert {role for role in Role if actor.may_act_as(role)} == may_act_as
    assert {role for role in Role if actor.outranks(role)} == outranks
