"""The rows of the staff: the trail, rights of roles, invitations."""

from shop.staff.models.given_right import GivenRight
from shop.staff.models.invitation import Invitation
from shop.staff.models.trail import TrailEntry

__all__ = ["GivenRight", "Invitation", "TrailEntry"]
