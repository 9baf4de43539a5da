"""The shop's own pages and their versions."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shop.pages.samples import is_sample


class Kind(models.TextChoices):
    """What a page is for. Each kind but the last exists once, at an address of its own."""

    IMPRINT = "imprint", _("imprint")
    TERMS = "terms", _("terms")
    PRIVACY = "privacy", _("privacy")
    WITHDRAWAL = "withdrawal", _("returns and withdrawal")
    DELIVERY = "delivery", _("delivery and its costs")
    CONTACT = "contact", _("contact")
    OTHER = "other", _("another page")


class Page(models.Model):
    """A page whose texts the owner writes. Each change of its texts makes a `PageVersion`."""

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.OTHER)
    slug = models.SlugField(
        _("slug"), unique=True, blank=True, help_text=_("Part of the address. A page of a kind has its kind's.")
    )
    title: Any = models.CharField(_("title"), max_length=120)
    body: Any = models.TextField(
        _("text"),
        max_length=100_000,
        help_text=_("Markdown: ## heading, **bold**, - list, [words](address). HTML is shown as it is typed."),
    )
    published = models.BooleanField(_("published"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=~Q(kind="other"),
                name="page_kind_once",
                violation_error_message=_("There is a page of this kind already: change that one."),
            )
        ]

    def __str__(self) -> str:
        return str(self.title)

    def clean(self) -> None:
        """A page of a kind takes the kind's slug; another page may not."""
        super().clean()
        if self.kind != Kind.OTHER:
            self.slug = self.kind
        elif not self.slug:
            raise ValidationError({"slug": _("Another page needs a slug for its address.")})
        elif self.slug in Kind.values:
            raise ValidationError({"slug": _("This slug belongs to a kind: choose another.")})

    def get_absolute_url(self) -> str:
        """Its address: that of its kind, or one with its slug."""
        if self.kind == Kind.OTHER:
            return reverse("pages:other", args=[self.slug])
        return reverse("orders:contact") if self.kind == Kind.CONTACT else reverse(f"pages:{self.kind}")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row and, if a text is another, its next version. Two writers wait for each other."""
        if self.kind != Kind.OTHER:
            self.slug = self.kind
        with transaction.atomic():
            if self.pk:
                Page.objects.select_for_update().filter(pk=self.pk).first()
            super().save(*args, **kwargs)
            newest = self.versions.first()
            if newest is None or newest.texts != self.texts:
                self.versions.create(number=newest.number + 1 if newest else 1, texts=self.texts)

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """Title and body of each language."""
        return {
            code: {name: getattr(self, f"{name}_{code.replace('-', '_')}") or "" for name in ("title", "body")}
            for code, _language in settings.LANGUAGES
        }

    @property
    def missing(self) -> list[str]:
        """The names of the languages in which it lacks its title or its body."""
        texts = self.texts
        return [str(name) for code, name in settings.LANGUAGES if not all(texts[code].values())]

    @property
    def is_sample(self) -> bool:
        """Whether a text of it still is marked as our sample."""
        return any(is_sample(text["body"]) for text in self.texts.values())


class PageVersion(models.Model):
    """The texts of a page as they were from a time on. It is never changed or deleted: orders name it."""

    page = models.ForeignKey(Page, verbose_name=_("page"), on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    texts = models.JSONField(_("texts"))
    made_at = models.DateTimeField(_("from"), default=timezone.now)

    class Meta:
        verbose_name = _("version of a page")
        verbose_name_plural = _("versions of pages")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="page_version_once")]

    def __str__(self) -> str:
        return str(_("%(title)s, version %(number)s") % {"title": self.text["title"], "number": self.number})

    def get_absolute_url(self) -> str:
        """Where this version is shown, after it was replaced too."""
        return reverse("pages:version", args=[self.page.slug, self.number])

    @property
    def text(self) -> dict[str, str]:
        """Title and body in the active language; each in the shop's first language where it is missing."""
        first = self.texts[settings.LANGUAGE_CODE]
        mine = self.texts.get(get_language() or settings.LANGUAGE_CODE, first)
        return {name: mine[name] or first[name] for name in first}
