"""Search that tolerates typing errors, accents and plurals, by full text and trigrams.

PostgreSQL has both with an index (`tsvector`, `pg_trgm`). SQLite has two tables of FTS5: one of the words without their
accents and endings, one of trigrams. There a near match is the OR of the query's trigrams, and the similarity that
`pg_trgm` computes cuts off the rest. `shop.catalog.search_index` makes the indexes.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_

from django.db import connection, transaction
from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest

from shop.catalog.models import Product, Variant

LONGEST = 100  # characters of a query that are used
SIMILAR = 0.4  # the similarity that a near match needs; pg_trgm's default of 0.6 refuses common typing errors
FARTHEST = 0.3  # the same for one word, when the other words match
CANDIDATES = 400
MOST = 5000  # exact matches that are ranked; a word that occurs in more products ranks none of them higher
EXCHANGED = 16  # letters; in longer words trigrams find two that are exchanged
HAN = re.compile("[\u3400-\u9fff]")
LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"}
"""Latin letters that Unicode does not take apart, and what people type for them. The search index has them, too."""


def search(text: str, products: QuerySet[Product]) -> QuerySet[Product]:
    """The `products` that match `text`, best first. A text without letters and digits matches none."""
    return ranked(keys(text), products)


def keys(text: str) -> list[int]:
    """The keys of what matches the text, best first."""
    typed = words(text)
    if not typed:
        return []
    return (_postgres if connection.vendor == "postgresql" else _sqlite)(typed) or _by_characters(typed)


def ranked(best: Sequence[int], products: QuerySet[Product]) -> QuerySet[Product]:
    """The `products` with these keys, in their order."""
    if not best:
        return products.none()
    return products.filter(pk__in=best).annotate(place=_place(best)).order_by("place")


def suggest(text: str, limit: int = 6) -> list[Product]:
    """The best matches while the shopper types; first of all the one whose SKU it is."""
    if variant := by_sku(text):
        return [variant.product]
    if not words(text):
        return []
    return list(search(text, Product.objects.filter(active=True))[:limit])


def by_sku(text: str) -> Variant | None:
    """The variant whose SKU this is, as somebody copies it from an order or a label; None if it is not for sale."""
    typed = text.strip()
    spellings = {typed, typed.upper(), typed.lower()}  # each is found by the index
    found = Variant.objects.filter(sku__in=spellings, active=True, product__active=True).select_related("product")
    return next(iter(sorted(found, key=lambda variant: variant.sku != typed)), None)


elsewhere: list[Callable[[HttpRequest, str], str]] = []
"""Functions that know the address of something else that a visitor may look for, such as an order by its number; ""
where they know none. The apps above this one add theirs."""

missed: list[Callable[[str], None]] = []
"""Functions that are told of a search that found nothing, with what was typed. The apps above this one add theirs."""


def folded(text: str) -> str:
    """The text in small letters without accents, as the index has it: "Crème Brûlée" is "creme brulee"."""
    apart = unicodedata.normalize("NFKD", text.lower())
    for letter, plain in LETTERS.items():
        apart = apart.replace(letter, plain)
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", apart))


def words(text: str, whole: bool = False) -> list[str]:
    """The words of a text as the index has them; of what somebody typed at most eight."""
    found: list[str] = re.findall(r"\w+", folded(text if whole else text[:LONGEST]).replace("_", " "))
    return found if whole else found[:8]


def exchanged(word: str) -> list[str]:
    """The word, and its spellings with two neighbours exchanged."""
    places = range(len(word) - 1) if 3 <= len(word) <= EXCHANGED else ()
    return [word, *(word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in places)]


def _place(best: Sequence[int]) -> Func | Case:
    """The place of a product's row in `best`, as a column to order by."""
    if connection.vendor == "postgresql":
        return Func(Value(list(best)), F("pk"), function="array_position", output_field=IntegerField())
    return Case(*(When(pk=key, then=Value(n)) for n, key in enumerate(best)), output_field=IntegerField())


_POSTGRES = """
WITH typed AS (SELECT to_tsquery('english', %(typed)s) AS q),
q AS (
  SELECT CASE WHEN EXISTS (SELECT FROM catalog_product p WHERE p.search @@ typed.q)
    THEN typed.q ELSE to_tsquery('english', %(exchanged)s) END AS q FROM typed
),
found AS (
  SELECT id FROM (
    SELECT id FROM (SELECT p.id, ts_rank(p.search, q.q) AS rank FROM catalog_product p, q WHERE p.search @@ q.q
      LIMIT %(most)s) matching ORDER BY rank DESC, id LIMIT %(near)s
  ) exact
  UNION SELECT id FROM (
    SELECT id FROM catalog_product WHERE %(phrase)s <%% catalog_folded(title_en) LIMIT %(near)s
  ) near
  UNION SELECT id FROM (
    SELECT id FROM catalog_product WHERE %(phrase)s <%% title_zh_hans OR title_zh_hans ILIKE %(inside)s LIMIT %(near)s
  ) chinese
)
SELECT p.id FROM found JOIN catalog_product p USING (id), q
ORDER BY 2 * ts_rank(p.search, q.q) + greatest(
    word_similarity(%(phrase)s, catalog_folded(p.title_en)), word_similarity(%(phrase)s, p.title_zh_hans), 0
  ) DESC, p.id
LIMIT %(near)s
"""


def _postgres(words: Sequence[str]) -> list[int]:
    """Keys of products: of at most `MOST` exact matches the best, and near ones, ranked, at most `CANDIDATES`.

    The similarity of titles costs more than all else, so it is worked out for candidates alone.
    """
    phrase = " ".join(words)
    # For this transaction only: a pooler gives the session to others afterwards.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(SIMILAR)])
        values: dict[str, str | int] = {
            "typed": " & ".join(f"{word}:*" for word in words),
            "exchanged": " & ".join(f"({':* | '.join(exchanged(word))}:*)" for word in words),
            "phrase": phrase,
            "inside": f"%{phrase}%",
            "most": MOST,
            "near": CANDIDATES,
        }
        cursor.execute(_POSTGRES, values)
        return [pk for (pk,) in cursor.fetchall()]


def _sqlite(words: Sequence[str]) -> list[int]:
    """Keys of products: those with every word in the title, then with every word, then the near matches."""
    found = _exact([[word] for word in words]) or _exact([exchanged(word) for word in words])
    exact = dict.fromkeys(found)  # without the repeats, in their order
    rows = [*_match("catalog_words", " OR ".join(f'"{word}"*' for word in words)), *_containing(words)]
    if wanted := _trigrams(words):
        rows += _match("catalog_search", " OR ".join(f'"{trigram}"' for trigram in sorted(wanted)))
    others = {key: (title, text) for key, title, text in rows if key not in exact}
    scored = {key: _score(words, folded(title), folded(text)) for key, (title, text) in others.items()}
    near = sorted((key for key, score in scored.items() if score >= SIMILAR), key=lambda key: (-scored[key], key))
    return [*exact, *near]


def _exact(words: Sequence[Sequence[str]]) -> list[int]:
    """Keys of the products that have each of the words in one of its spellings; those with all in the title first."""
    every = " AND ".join("(" + " OR ".join(f'"{word}"*' for word in spellings) + ")" for spellings in words)
    return [key for query in (f"{{title}} : ({every})", every) for key, *_ in _match("catalog_words", query)]


_MATCH = {
    table: f"SELECT rowid, title, text FROM {table} WHERE {table} MATCH %s ORDER BY bm25({table}, 10.0, 1.0) LIMIT %s"  # noqa: S608 - a name of ours
    for table in ("catalog_words", "catalog_search")
}


def _match(table: str, query: str) -> list[tuple[int, str, str]]:
    """(key, title, text) of the rows of an FTS5 table, best first."""
    with connection.cursor() as cursor:
        cursor.execute(_MATCH[table], [query, CANDIDATES])
        found: list[tuple[int, str, str]] = cursor.fetchall()
    return found


def _containing(words: Sequence[str]) -> list[tuple[int, str, str]]:
    """(key, title, text) of products with a word in the title that is too short for a trigram, as Chinese ones are."""
    short = [Q(title_en__icontains=word) | Q(title_zh_hans__icontains=word) for word in words if len(word) < 3]
    if not short:
        return []
    near = Product.objects.filter(reduce(or_, short))
    values = near.values_list("pk", "title_en", "title_zh_hans", "text_en")[:CANDIDATES]
    return [(pk, f"{en or ''} {zh or ''}", text or "") for pk, en, zh, text in values]


def _by_characters(words: Sequence[str]) -> list[int]:
    """Keys of the products whose Chinese title has at least half of the typed characters: 杯子 finds 马克杯."""
    typed = set(HAN.findall("".join(words)))
    if not typed:
        return []
    near = Product.objects.filter(reduce(or_, (Q(title_zh_hans__contains=character) for character in sorted(typed))))
    shared = {key: len(typed & set(title)) for key, title in near.values_list("pk", "title_zh_hans")[:CANDIDATES]}
    return sorted((key for key in shared if 2 * shared[key] >= len(typed)), key=lambda key: (-shared[key], key))


def _score(words: Sequence[str], title: str, text: str) -> float:
    """1 or more when every word occurs; below 1 the similarity of the words to the nearest words of the title.

    `title` and `text` are folded, as the words are.
    """
    if all(word in title for word in words):
        return 2.0 + min(1.0, sum(map(len, words)) / (len(title) + 1))
    if all(word in title or word in text for word in words):
        return 1.0 + sum(word in title for word in words) / len(words)
    there = re.findall(r"\w+", title)
    nearest = [max((alike(word, other) for other in there), default=0.0) for word in words]
    return sum(nearest) / len(nearest) if min(nearest) >= FARTHEST else 0.0


def alike(a: str, b: str) -> float:
    """Jaccard similarity of padded trigrams, as `pg_trgm.similarity`. The beginning of a longer word counts, too."""
    ours = _padded(a)
    return max(
        len(ours & _padded(part)) / (len(ours | _padded(part)) or 1) for part in {b, b[: len(a) + 1], b[: len(a)]}
    )


def _padded(word: str) -> set[str]:
    word = f"  {word} "
    return {word[i : i + 3] for i in range(len(word) - 2)}


def _trigrams(words: Sequence[str]) -> set[str]:
    return {word[i : i + 3] for word in words for i in range(len(word) - 2)}
