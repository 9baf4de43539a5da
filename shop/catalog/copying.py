"""The copy of a product: a draft with the same texts, variants and prices, new SKUs, and no stock."""

from typing import Any

from django import forms
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from shop.catalog import stock
from shop.catalog.models import Price, Product, Variant
from shop.lib.typed_text import one_line

SLUG = 110  # characters; a number may follow


class CopyForm(forms.Form):
    """A title for the copy, and a SKU for each of its variants."""

    def __init__(self, product: Product, data: Any = None) -> None:
        super().__init__(data)
        self.product = product
        self.variants = list(product.variants.prefetch_related("prices"))
        self.fields["title"] = forms.CharField(label=_("Title"), max_length=160, initial=product.title)
        for variant in self.variants:
            self.fields[f"sku-{variant.pk}"] = forms.CharField(
                label=_("New SKU for %(sku)s") % {"sku": f"{variant.option or product.title} ({variant.sku})"},
                max_length=40,
            )

    def clean(self) -> dict[str, Any]:
        """Each SKU is a new one."""
        data = super().clean() or {}
        typed = {name: one_line(sku) for name, sku in data.items() if name.startswith("sku-")}
        taken = set(Variant.objects.filter(sku__in=typed.values()).values_list("sku", flat=True))
        for name, sku in typed.items():
            if sku in taken:
                self.add_error(name, _("There is a variant with this SKU already."))
            taken.add(sku)
        return data | {name: sku for name, sku in typed.items() if name in data}

    def save(self) -> Product | None:
        """Make the draft. None when somebody took one of the SKUs meanwhile, which the form then says."""
        skus = [self.cleaned_data[f"sku-{variant.pk}"] for variant in self.variants]
        for number in range(1, 100):
            try:
                with transaction.atomic():
                    return self._made(number)
            except IntegrityError:  # the address is taken, or a SKU
                if Variant.objects.filter(sku__in=skus).exists():
                    break
        self.add_error(None, _("Somebody took one of these names meanwhile. Please choose others."))
        return None

    def _made(self, number: int) -> Product:
        made = Product.objects.get(pk=self.product.pk)
        title = one_line(self.cleaned_data["title"])
        made.pk, made.active, made.draft, made.publish_at, made.featured = None, False, True, None, False
        made._state.adding = True
        made.title = title
        base = slugify(title)[:SLUG].strip("-") or self.product.slug[:SLUG]
        made.slug = f"{base}-copy" if number == 1 else f"{base}-copy-{number}"
        made.save()
        for variant in self.variants:
            self._copy(variant, made)
        return made

    def _copy(self, variant: Any, made: Product) -> None:
        texts = {f"option_{code.replace('-', '_')}": None for code, _name in settings.LANGUAGES}
        texts = {name: getattr(variant, name) for name in texts}
        sku = self.cleaned_data[f"sku-{variant.pk}"]
        new = Variant.objects.create(product=made, sku=sku, position=variant.position, active=variant.active, **texts)
        Price.objects.bulk_create(Price(variant=new, amount=price.amount) for price in variant.prices.all())
        stock.adjust(new, 0)
