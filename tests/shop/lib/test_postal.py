"""Addresses of all countries: postal codes as people type them, regions, and the lines on a parcel."""

import pytest
from django_countries import countries
from hypothesis import given
from hypothesis import strategies as st

from shop.lib import postal


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("NL", "1012 ab", "1012 AB"),
        ("NL", "1012ab", "1012 AB"),
        ("NL", "NL-1012 AB", "1012 AB"),
        ("PL", "00950", "00-950"),
        ("PL", "00 950", "00-950"),
        ("US", "100011234", "10001-1234"),
        ("US", "10001 1234", "10001-1234"),
        ("US", "10001", "10001"),
        ("DE", "D-10115", "10115"),
        ("DE", "DE 10115", "10115"),
        ("DE", " 1 0115 ", "10115"),
        ("AT", "A-1010", "1010"),
        ("CH", "CH-8001", "8001"),
        ("FR", "F-75001", "75001"),
        ("FR", "75 001", "75001"),
        ("BE", "B-1000", "1000"),
        ("LU", "L-1111", "1111"),
        ("SE", "SE-114 55", "11455"),
        ("FI", "FIN-00100", "00100"),
        ("CZ", "11000", "110 00"),
        ("GR", "10431", "104 31"),
        ("JP", "〒100-0001", "100-0001"),
        ("JP", "1000001", "100-0001"),
        ("JP", "１００－０００１", "100-0001"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "m11ae", "M1 1AE"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("CA", "K1A-0B1", "K1A 0B1"),
        ("IE", "d02af30", "D02 AF30"),
        ("BR", "01310100", "01310-100"),
        ("PT", "1000205", "1000-205"),
        ("LV", "1010", "LV-1010"),
        ("IN", "110 001", "110001"),
        ("EG", "١١٥١١", "11511"),
        ("IR", "۱۱۹۳۶-۱۲۳۴۵", "11936-12345"),
        ("TW", "106 41", "10641"),
        ("DE", "", None),
        ("DE", "1011", None),
        ("DE", "F-10115", None),
        ("DE", "SW1A 1AA", None),
        ("NL", "1012", None),
        ("HK", "999077", ""),  # has no postal codes
        ("XX", "as typed", "as typed"),  # no rules
    ],
)
def test_a_postal_code_is_read_as_people_type_it_and_kept_in_one_form(country, typed, kept):
    assert postal.postal_code(country, typed) == kept


def test_every_example_of_every_country_is_kept_as_it_is_and_read_in_any_spelling():
    for country, _ in countries:
        known = postal.rules(country)
        for example in known.postal_code_examples if known and known.postal_code_matchers else ():
            bare = example.replace(" ", "").replace("-", "")
            spellings = [example, example.lower(), bare, f" {bare} ", f"{country}-{example}"]
            read = {postal.postal_code(country, spelling) for spelling in spellings}
            assert len(read) == 1, (country, example, read)
            assert read.pop().replace(" ", "").replace("-", "").endswith(bare), (country, example)


@given(st.sampled_from([code for code, _ in countries]), st.text(max_size=30))
def test_no_text_breaks_the_reading_and_what_is_kept_is_kept_again(country, typed):
    kept = postal.postal_code(country, typed)
    assert kept is None or not kept or postal.postal_code(country, kept) == kept


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("US", "California", "CA"),
        ("US", "ny", "NY"),
        ("US", "Springfield", "Springfield"),
        ("DE", "CA", ""),
        ("JP", "Hokkaido", "北海道"),
        ("BR", "sao paulo", "SP"),
        ("XX", "Anywhere", "Anywhere"),
    ],
)
def test_a_region_is_kept_as_the_countrys_post_knows_it(country, typed, kept):
    assert postal.region(country, typed) == kept


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        (("US", "1 Main St\nApt 4", "New York", "NY", "10001"), ["1 Main St", "Apt 4", "New York, NY 10001"]),
        (("DE", "Hauptstr. 1", "Berlin", "", "10115"), ["Hauptstr. 1", "10115 Berlin"]),
        (("GB", "10 Downing Street", "London", "", "SW1A 2AA"), ["10 Downing Street", "London", "SW1A 2AA"]),
        (("AU", "1 George St", "Sydney", "NSW", "2000"), ["1 George St", "Sydney NSW 2000"]),
        (("CH", "Bahnhofstr. 1", "Zürich", "", ""), ["Bahnhofstr. 1", "Zürich"]),
        (("US", "1 Main St", "New York", "", "10001"), ["1 Main St", "New York, 10001"]),
    ],
)
def test_an_address_is_written_as_the_countrys_post_writes_it(fields, written):
    country, address, city, region, code = fields
    lines = postal.lines(
        country=country,
        country_name="There",
        name="Ann Example",
        address=address,
        city=city,
        region=region,
        postal_code=code,
    )
    assert lines == ["Ann Example", *written, "There"]


def test_a_chinese_address_goes_from_the_large_to_the_small_and_a_latin_one_the_other_way():
    known = {"country": "CN", "country_name": "中国", "region": "北京市", "postal_code": "100006"}
    chinese = postal.lines(name="王芳", address="王府井大街1号", city="东城区", **known)
    assert chinese.index("100006") < chinese.index("王府井大街1号") < chinese.index("王芳")
    latin = postal.lines(name="Wang Fang", address="1 Wangfujing", city="Beijing", **known)
    assert latin[:2] == ["Wang Fang", "1 Wangfujing"]


@given(st.sampled_from([code for code, _ in countries]), st.data())
def test_no_line_of_any_address_is_lost_or_ends_in_a_separator(country, data):
    word = st.text(st.sampled_from("abcÄé北京1"), min_size=1, max_size=8)
    fields = {name: data.draw(word) for name in ("name", "address", "city", "region", "postal_code")}
    lines = postal.lines(country=country, country_name="There", **fields)
    said = "\n".join(lines)
    for name in ("name", "address", "city"):
        assert fields[name] in said
    assert all(line == line.strip(" ,-") for line in lines)
