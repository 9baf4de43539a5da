"""The trail: what staff did, kept for ever."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TrailQuerySet(models.QuerySet["TrailEntry"]):
    """Refuses to change or delete entries."""

    def update(self, **values: Any) -> int:
        raise TypeError("The trail is never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The trail is never deleted.")


class TrailEntry(models.Model):
    """One thing that one person did to one object.

    It names person and object by their values of then, so it outlives both. `changes` has the fields that changed, each
    with its old and its new value in words.
    """

    class Action(models.TextChoices):
        """What was done."""

        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        DELETED = "deleted", _("deleted")
        DID = "did", _("did")

    at = models.DateTimeField(_("time"), default=timezone.now)
    person_id = models.BigIntegerField(null=True)
    person = models.CharField(_("person"), max_length=254)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    kind = models.CharField(_("kind"), max_length=60, help_text=_("The model, such as orders.order."))
    object_id = models.CharField(max_length=60)
    object = models.CharField(_("object"), max_length=200)
    changes = models.JSONField(_("changes"), default=dict)

    objects = TrailQuerySet.as_manager()

    class Meta:
        verbose_name = _("trail entry")
        verbose_name_plural = _("activity")
        ordering = ["-at", "-pk"]
        # Each ends with the order of the page, so that a filtered page is read from its index, row by row.
        indexes = [
            models.Index(fields=["-at", "-id"], name="trail_by_time"),
            models.Index(fields=["person_id", "-at", "-id"], name="trail_of_account"),
            models.Index(fields=["person", "-at", "-id"], name="trail_of_person"),
            models.Index(fields=["kind", "-at", "-id"], name="trail_of_kind"),
            models.Index(fields=["object", "-at", "-id"], name="trail_of_object_name"),
            models.Index(fields=["object_id", "-at", "-id"], name="trail_of_object_id"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.object}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert it. An entry that is there is never written again."""
        if self.pk is not None:
            raise TypeError("The trail is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("The trail is never deleted.")
