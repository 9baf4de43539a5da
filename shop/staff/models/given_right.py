"""Which rights the shop itself gave to its roles."""

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils.translation import gettext_lazy as _


class GivenRight(models.Model):
    """A permission that the shop itself once gave to one of its roles. What the owner took away stays away."""

    role = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+")
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("given right")
        verbose_name_plural = _("given rights")
        constraints = [models.UniqueConstraint(fields=["role", "permission"], name="right_given_once")]

    def __str__(self) -> str:
        return f"{self.role_id}: {self.permission_id}"
