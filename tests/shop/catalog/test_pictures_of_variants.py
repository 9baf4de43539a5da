"""A product has several pictures, and a variant may have its own: on its page, in a cart, in an order."""

import json
import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from shop.catalog.models import Picture
from tests.shop.catalog.conftest import product_form
from tests.shop.catalog.test_pictures import SVG, drawn
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sage():
    return VariantFactory(option="Sage")


@pytest.fixture
def clay(sage):
    return VariantFactory(product=sage.product, option="Clay")


def picture_of(variant, name="clay.svg", **fields):
    made = Picture(product=variant.product, variant=variant, **fields)
    made.file.save(name, ContentFile(SVG.encode()))
    return made


def shown(client, variant, query=""):
    """The addresses of the pictures, in their order."""
    page = client.get(f"{variant.product.get_absolute_url()}{query}").content.decode()
    return re.findall(r'<a href="([^"]+)" data-zoom>', page)


def upload(client, product, content, variant="", name="photo.jpg", **more):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    sent = product_form(
        product,
        **{
            "pictures-TOTAL_FORMS": 1,
            "pictures-0-file": SimpleUploadedFile(name, content),
            "pictures-0-variant": variant,
            "pictures-0-alt_en": "A clay mug",
            "pictures-0-position": 0,
        },
    )
    return client.post(reverse("admin:catalog_product_change", args=[product.pk]), sent | more)


def test_the_picture_of_the_chosen_variant_comes_first(client, sage, clay):
    own = picture_of(clay).file.url
    main = sage.product.picture_address
    assert shown(client, sage) == [main, own]
    assert shown(client, clay, f"?variant={clay.sku}") == [own, main]


def test_a_new_picture_is_on_the_next_page_and_in_its_head(client, sage):
    assert len(shown(client, sage)) == 1
    made = picture_of(sage, alt="A sage mug")
    page = client.get(sage.product.get_absolute_url()).content.decode()
    assert 'alt="A sage mug"' in page
    known = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    assert [address.endswith(made.file.url) for address in known["image"]] == [True, False]


def test_a_cart_and_an_order_show_what_was_chosen(client, sage, clay):
    own = picture_of(clay).file.url
    for variant in (sage, clay):
        client.post("/cart/add/", {"variant": variant.pk})
    cart = client.get("/cart/").content.decode()
    assert f'src="{own}"' in cart
    assert f'src="{sage.product.thumbnail}"' in cart
    line = make_order().lines.get()
    line.variant = clay
    assert line.thumbnail == own


def test_staff_upload_a_picture_of_a_variant_with_its_sizes(client, clay):
    assert upload(client, clay.product, drawn("JPEG", (1200, 900)), clay.pk).status_code == 302
    made = Picture.objects.get()
    assert (made.variant, made.alt) == (clay, "A clay mug")
    assert sorted(made.sizes, key=int) == ["160", "480", "960", "1200"]
    assert ".160.webp 160w" in made.srcset
    assert clay.thumbnail.endswith(".160.webp")


@pytest.mark.parametrize("content", [b"<html>", b""])
def test_what_is_no_picture_is_refused_beside_its_field(client, sage, content):
    answer = upload(client, sage.product, content)
    assert answer.status_code == 200
    assert not Picture.objects.exists()


def test_a_picture_cannot_show_a_variant_of_another_product(client, sage):
    other = VariantFactory()
    answer = upload(client, sage.product, SVG.encode(), other.pk, "a.svg")
    assert "Select a valid choice" in answer.content.decode()
    assert not Picture.objects.exists()


def test_a_second_picture_of_the_same_variant_is_refused_in_words(client, clay):
    picture_of(clay)
    answer = upload(client, clay.product, SVG.encode(), clay.pk, "b.svg")
    assert "already exists" in answer.content.decode()
    assert Picture.objects.count() == 1


def test_a_variant_that_is_deleted_leaves_its_picture_to_the_product(clay):
    made = picture_of(clay)
    clay.stock.delete()
    clay.delete()
    made.refresh_from_db()
    assert made.variant is None
