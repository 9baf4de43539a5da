"""A witness: one row for each time an order's event was handled, with nothing that could hide a double."""

from django.db import models


class Effect(models.Model):
    stream = models.CharField(max_length=100)
    seq = models.PositiveBigIntegerField()
    pid = models.IntegerField()
