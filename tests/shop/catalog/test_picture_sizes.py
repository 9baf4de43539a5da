"""A large picture is shown small where it is small: sizes are made at the upload, and each page asks for its own."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from djmoney.money import Money
from PIL import Image

from shop.catalog import pictures
from shop.catalog.models import Product
from tests.shop.catalog.test_pictures import SVG, drawn
from tests.support.factories import CategoryFactory, ProductFactory, UserFactory, VariantFactory, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def made(content, name="a.jpg"):
    return pictures.smaller(SimpleUploadedFile(name, content))


def size(content):
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "WEBP"
        return image.size


def upload(client, product, content, name="photo.jpg", **more):
    """As staff do on the product's page."""
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:catalog_product_change", args=[product.pk])
    sent = {
        "slug": product.slug,
        "category": product.category_id,
        "tax_class": product.tax_class,
        "title_en": product.title,
        "title_zh_hans": "",
        "text_en": "",
        "text_zh_hans": "",
        "active": "on",
        "pictures-TOTAL_FORMS": 0,
        "pictures-INITIAL_FORMS": 0,
        "variants-TOTAL_FORMS": 0,
        "variants-INITIAL_FORMS": 0,
        "picture": SimpleUploadedFile(name, content),
    } | more
    answer = client.post(address, sent)
    return Product.objects.get(pk=product.pk), answer


def test_each_size_is_a_webp_of_that_width_and_the_same_shape():
    width, found = made(drawn("JPEG", (2000, 1000)))
    assert width == 2000
    assert {w: size(content) for w, content in found.items()} == {160: (160, 80), 480: (480, 240), 960: (960, 480)}


@pytest.mark.parametrize(("width", "sizes"), [(100, []), (160, []), (161, [160]), (700, [160, 480])])
def test_nothing_is_made_larger(width, sizes):
    assert list(made(drawn("PNG", (width, 50)), "a.png")[1]) == sizes


def test_a_photo_that_the_camera_held_upright_stays_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    width, found = made(drawn("JPEG", (2000, 1000), exif=exif))
    assert width == 1000
    assert size(found[160]) == (160, 320)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("grey.png", drawn("PNG", (300, 300), "L")),
        ("palette.png", drawn("PNG", (300, 300), "P")),
        ("clear.png", drawn("PNG", (300, 300), "RGBA")),
        ("deep.png", drawn("PNG", (300, 300), "I;16")),
        ("print.jpg", drawn("JPEG", (300, 300), "CMYK")),
        ("a.webp", drawn("WEBP", (300, 300))),
        ("line.png", drawn("PNG", (3000, 1))),
    ],
)
def test_every_kind_of_pixel_can_be_made_small(name, content):
    assert size(made(content, name)[1][160])[0] == 160


def test_what_is_transparent_stays_so():
    with Image.open(io.BytesIO(made(drawn("PNG", (300, 300), "RGBA"), "a.png")[1][160])) as image:
        assert image.mode == "RGBA"


def test_a_drawing_has_every_size():
    assert made(SVG.encode(), "a.svg") == (0, {})


def test_a_photo_that_breaks_off_is_refused_and_said(client):
    whole = drawn("JPEG", (1200, 1200))
    product, answer = upload(client, ProductFactory(), whole[: len(whole) // 2])
    assert "not a picture that browsers can show" in answer.content.decode()
    assert (product.picture.name, product.picture_sizes) == ("", {})


def test_an_upload_stores_all_sizes_and_the_pages_ask_for_theirs(client, media):
    product = VariantFactory(stocked=3).product
    set_price(product.variants.get(), Money("20.00", "EUR"))
    product, answer = upload(client, product, drawn("JPEG", (2400, 1800)))
    assert answer.status_code == 302
    assert sorted(product.picture_sizes, key=int) == ["160", "480", "960", "2400"]
    assert all((media / name).stat().st_size for name in product.picture_sizes.values())
    listed = client.get("/products/").content.decode()
    assert f'srcset="{product.srcset}"' in listed
    assert ".160.webp 160w" in product.srcset
    assert "2400w" in product.srcset
    assert f'srcset="{product.srcset}"' in client.get(product.get_absolute_url()).content.decode()
    client.post("/cart/add/", {"variant": product.variants.get().pk})
    cart = client.get("/cart/").content.decode()
    assert product.thumbnail in cart
    assert product.thumbnail.endswith(".160.webp")


def test_a_drawing_in_the_place_of_a_photo_forgets_the_photos_sizes(client):
    product, _ = upload(client, ProductFactory(), drawn("JPEG", (600, 600)))
    assert product.picture_sizes
    product, _ = upload(client, product, SVG.encode(), "a.svg")
    assert product.picture_sizes == {}
    assert product.thumbnail == product.picture.url


def test_a_picture_that_is_taken_away_takes_its_sizes_along(client):
    product, _ = upload(client, ProductFactory(), drawn("JPEG", (600, 600)))
    product, _ = upload(client, product, b"", **{"picture": "", "picture-clear": "on"})
    assert (product.picture.name, product.picture_sizes) == ("", {})
    assert product.thumbnail == reverse("catalog:placeholder", args=[product.slug])


def test_another_change_keeps_the_sizes(client):
    product, _ = upload(client, ProductFactory(), drawn("JPEG", (600, 600)))
    before = product.picture_sizes
    product, _ = upload(client, product, b"", picture="", title_en="Another")
    assert (product.title_en, product.picture_sizes) == ("Another", before)


def test_pictures_of_before_get_their_sizes_by_a_command(capsys):
    old, broken, drawing = (ProductFactory(category=CategoryFactory()) for _ in range(3))
    old.picture.save("old.jpg", ContentFile(drawn("JPEG", (600, 600))))
    broken.picture.save("broken.jpg", ContentFile(b"nothing"))
    drawing.picture.save("a.svg", ContentFile(SVG.encode()))
    call_command("make_pictures")
    said = capsys.readouterr().out
    assert "Smaller sizes of 1 pictures were made." in said
    assert broken.slug in said
    assert sorted(Product.objects.get(pk=old.pk).picture_sizes, key=int) == ["160", "480", "600"]
    call_command("make_pictures")
    assert "of 0 pictures" in capsys.readouterr().out
