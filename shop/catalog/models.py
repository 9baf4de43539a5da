"""Products, their variants and their stock."""

from typing import Any, ClassVar

from django.core.validators import FileExtensionValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money
from treebeard.mp_tree import MP_Node, MP_NodeManager

from events.emission import EmitsEvents, GuardedQuerySet
from events.log.stream_names import StreamName
from shop.catalog import picture_files
from shop.lib.money_field import amount_field
from shop.markets.models import TaxClass

PICTURE_NAMES = FileExtensionValidator(["svg", "png", "jpg", "jpeg", "webp"])


class Category(MP_Node):
    """A category of products. Categories form a tree."""

    slug: Any = models.SlugField(_("slug"), max_length=80, unique=True)
    title: Any = models.CharField(_("title"), max_length=80)
    blurb: Any = models.CharField(_("blurb"), max_length=200, blank=True)

    node_order_by: ClassVar[list[str]] = []
    objects = MP_NodeManager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"{reverse('catalog:browse')}?category={self.slug}"


class FormerSlug(models.Model):
    """A slug that a category had, or that of one which was deleted: its address leads to the category from now on."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.CASCADE, related_name="former_slugs"
    )

    class Meta:
        verbose_name = _("former slug")
        verbose_name_plural = _("former slugs")
        default_permissions = ()

    def __str__(self) -> str:
        return self.slug


class Product(models.Model):
    """A product, in one or more variants."""

    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="products"
    )
    title = models.CharField(_("title"), max_length=160)
    text = models.TextField(_("text"), blank=True)
    picture = models.FileField(_("picture"), upload_to="products/", blank=True, validators=[PICTURE_NAMES])
    picture_alt = models.CharField(_("picture in words"), max_length=200, blank=True)
    picture_sizes = models.JSONField(
        _("sizes of the picture"), default=dict, editable=False, help_text=_("Width in pixels → file.")
    )
    featured = models.BooleanField(_("featured"), default=False)
    active = models.BooleanField(
        _("for sale"), default=True, help_text=_("Off: withdrawn; carts keep it, but it cannot be bought.")
    )
    draft = models.BooleanField(_("draft"), default=False, editable=False)
    publish_at = models.DateTimeField(_("for sale from"), null=True, blank=True)
    tax_class = models.CharField(_("tax class"), max_length=12, choices=TaxClass.choices, default=TaxClass.STANDARD)
    created = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes = [
            models.Index(fields=["active", "-created"], name="product_newest"),
            models.Index(fields=["active", "-featured", "-created", "id"], name="product_first"),
            models.Index(fields=["category", "active", "-featured", "id"], name="product_of_category"),
            models.Index(fields=["active", "title_en", "id"], name="product_by_title_en"),
            models.Index(fields=["active", "title_zh_hans", "id"], name="product_by_title_zh_hans"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(active=False) | Q(draft=False, publish_at=None), name="product_has_one_status"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.slug])

    @property
    def unpublished(self) -> bool:
        """Whether shoppers must not know of it yet: a draft, or for sale from a moment to come."""
        return self.draft or self.publish_at is not None

    @property
    def picture_address(self) -> str:
        """Where a page finds its picture: the uploaded one, or one that is drawn for it."""
        return str(self.picture.url) if self.picture else reverse("catalog:placeholder", args=[self.slug])

    @property
    def thumbnail(self) -> str:
        """Where a page finds the smallest picture that there is of it."""
        return picture_files.smallest(self.picture, self.picture_sizes) or self.picture_address

    @property
    def srcset(self) -> str:
        """The `srcset` of its picture: each address with its width; "" where there is one size for all."""
        return picture_files.srcset(self.picture, self.picture_sizes)

    @property
    def price(self) -> Money | None:
        """The lowest price of its prefetched variants, in the currency that `shop.catalog.prices` read."""
        return min(self._prices, default=None)

    @property
    def prices_differ(self) -> bool:
        """Whether its prefetched variants have different prices."""
        return len(set(self._prices)) > 1

    @property
    def _prices(self) -> list[Money]:
        return [variant.price for variant in self.variants.all() if variant.price is not None]

    @property
    def sold_out(self) -> bool:
        """Whether no variant can be bought now."""
        return not any(variant.available for variant in self.variants.all())


class Rating(models.Model):
    """The published reviews of a product in numbers, counted anew whenever one changes."""

    product = models.OneToOneField(Product, primary_key=True, on_delete=models.CASCADE, related_name="rating")
    count = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0, help_text=_("All stars together."))

    def __str__(self) -> str:
        return f"{self.average} ({self.count})"

    @property
    def average(self) -> str:
        """The stars of an average review, to one digit; "" where there is none."""
        return f"{self.total / self.count:.1f}" if self.count else ""


class Variant(models.Model):
    """What can be bought: a product in one size or colour, with a SKU, and a price in each currency it is sold in."""

    prices_here: list["Price"]
    """Its price in one currency, or nothing, where `shop.catalog.prices` has read it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    option = models.CharField(
        _("option"), max_length=60, blank=True, help_text=_("What tells it from its siblings: a colour, a size.")
    )
    active = models.BooleanField(
        _("for sale"),
        default=True,
        db_default=True,  # code of the version before, which runs during an update, does not write it
        help_text=_("Off: no page of the shop offers it. Orders, invoices and its stock keep it."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.product.title} – {self.option}" if self.option else self.product.title

    @property
    def price(self) -> Any:
        """Its price in the currency for which `shop.catalog.prices` read it.

        None: it is not sold in that currency, or withdrawn.
        """
        return self.prices_here[0].amount if self.active and self.prices_here else None

    @property
    def available(self) -> int:
        """How many can be bought now; 0 when there is no stock row."""
        stock = getattr(self, "stock", None)
        return stock.available if stock else 0

    @property
    def thumbnail(self) -> str:
        """The smallest picture of it: its own, else its product's. Lists select `picture` with it."""
        own = getattr(self, "picture", None)
        return own.thumbnail if own else self.product.thumbnail


class Picture(models.Model):
    """One more picture of a product. It may be the one that shows a variant."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    variant = models.OneToOneField(
        Variant,
        verbose_name=_("variant"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="picture",
        help_text=_("Shown when this one is chosen, and beside it in carts and orders."),
    )
    file = models.FileField(_("picture"), upload_to="products/", validators=[PICTURE_NAMES])
    alt = models.CharField(_("picture in words"), max_length=200, blank=True)
    sizes = models.JSONField(default=dict, editable=False, help_text=_("Width in pixels → file."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.alt or str(self.file)

    @property
    def picture_address(self) -> str:
        """Where a page finds it whole."""
        return str(self.file.url)

    @property
    def thumbnail(self) -> str:
        """Where a page finds it at its smallest."""
        return picture_files.smallest(self.file, self.sizes) or self.picture_address

    @property
    def srcset(self) -> str:
        """Each address with its width, as `Product.srcset`."""
        return picture_files.srcset(self.file, self.sizes)


class Price(models.Model):
    """What a variant costs in one currency. A variant without a price in a market's currency is not sold there."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="prices")
    amount: Any = amount_field(_("price"))

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        indexes = [models.Index(fields=["amount_currency", "amount", "id"], name="price_by_amount")]  # lists by price
        constraints = [models.UniqueConstraint(fields=["variant", "amount_currency"], name="price_once_per_currency")]

    def __str__(self) -> str:
        return f"{self.variant.sku}: {self.amount}"


class StockQuerySet(GuardedQuerySet):
    """Refuses bulk writes: stock changes by the functions of `shop.catalog.stock`."""


class Stock(EmitsEvents):
    """How many of a variant are on hand, and how many are promised to orders. Its stream is `stock:<sku>`.

    More may be promised than a count found: then orders are short, and nothing is available.
    """

    guarded = frozenset({"on_hand", "reserved"})

    # Protected: its stream is named by the SKU and must go on from where it was. Goods are withdrawn, not deleted.
    variant = models.OneToOneField(Variant, verbose_name=_("variant"), on_delete=models.PROTECT, related_name="stock")
    sku = models.CharField(_("SKU"), max_length=40, unique=True, editable=False)
    on_hand = models.PositiveIntegerField(_("on hand"), default=0, validators=[MinValueValidator(0)])
    reserved = models.PositiveIntegerField(_("reserved"), default=0)
    low_below = models.PositiveIntegerField(
        _("low below"), null=True, blank=True, help_text=_("Fewer available than this is low. Empty: 5.")
    )

    objects = StockQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("stock")
        verbose_name_plural = _("stock")

    def __str__(self) -> str:
        return f"{self.sku}: {self.available}"

    @property
    def stream(self) -> str:
        return str(StreamName("stock", self.sku))

    @property
    def available(self) -> int:
        """On hand and not reserved."""
        return max(0, self.on_hand - self.reserved)


class Reservation(models.Model):
    """A quantity of one stock that is held for an order (`ref`) until it is shipped or released, whole or in parts.

    A part that has ended is a row of its own. So are goods that came back.
    """

    class State(models.TextChoices):
        HELD = "held", _("held")
        SHIPPED = "shipped", _("shipped")
        RELEASED = "released", _("released")
        RETURNED = "returned", _("returned")

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="reservations")
    ref = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    by = models.CharField(max_length=40, blank=True, help_text=_("What ended a part of it, such as parcel:7."))

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [models.UniqueConstraint(fields=["ref", "stock", "by"], name="reservation_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.stock.sku} for {self.ref}"


class ListImport(models.Model):
    """A price list that staff gave: what it would change, and what became of it. See `shop.catalog.list_imports`."""

    class State(models.TextChoices):
        CHECKED = "checked", _("checked")
        APPLYING = "applying", _("begun")
        APPLIED = "applied", _("applied")
        UNDONE = "undone", _("undone")

    file = models.CharField(_("file"), max_length=200)
    person = models.CharField(_("person"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.CHECKED)
    read_at = models.DateTimeField(_("read"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied"), null=True)
    undone_at = models.DateTimeField(_("undone"), null=True)
    changes = models.JSONField(_("changes"), default=list)
    refused = models.JSONField(
        _("refused rows"), default=list, help_text=_("Line and reason of each row that cannot be read.")
    )
    damage = models.CharField(_("what is wrong with the file"), max_length=300, blank=True)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.file
