"""Search that tolerates typing errors, by full text and trigrams.

PostgreSQL has both with an index (`tsvector`, `pg_trgm`). SQLite's FTS5 has an index of trigrams: a query is the OR of
its trigrams, `bm25` ranks the rows, and the similarity that `pg_trgm` computes cuts off the rest.
"""

import re
from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest

from shop.catalog.models import Product, Variant

LONGEST = 100  # characters of a query that are used
SIMILAR = 0.4  # the similarity that a near match needs; pg_trgm's default of 0.6 refuses common typing errors
FARTHEST = 0.3  # the same for one word, when the other words match
CANDIDATES = 400
MOST = 5000  # exact matches that are ranked; a word that occurs in more products ranks none of them higher


def search(text: str, products: QuerySet[Product]) -> QuerySet[Product]:
    """The `products` that match `text`, best first. A text without letters and digits matches none."""
    words = _words(text)
    if not words:
        return products.none()
    if connection.vendor == "postgresql":
        return _postgres(words, products)
    return _sqlite(words, products)


def suggest(text: str, limit: int = 6) -> list[Product]:
    """The best matches while the shopper types; first of all the one whose SKU it is."""
    if variant := by_sku(text):
        return [variant.product]
    words = _words(text)
    if not words:
        return []
    return list(search(text, Product.objects.filter(active=True))[:limit])


def by_sku(text: str) -> Variant | None:
    """The variant whose SKU this is, as somebody copies it from an order or a label; None if it is not for sale."""
    typed = text.strip()
    spellings = {typed, typed.upper(), typed.lower()}  # each is found by the index
    found = Variant.objects.filter(sku__in=spellings, product__active=True).select_related("product")
    return next(iter(sorted(found, key=lambda variant: variant.sku != typed)), None)


elsewhere: list[Callable[[HttpRequest, str], str]] = []
"""Functions that know the address of something else that a visitor may look for, such as an order by its number; ""
where they know none. The apps above this one add theirs."""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text[:LONGEST].lower().replace("_", " "))[:8]


_POSTGRES = """
WITH q AS (SELECT to_tsquery('english', %(words)s) AS q),
found AS (
  SELECT id FROM (SELECT p.id FROM catalog_product p, q WHERE p.search @@ q.q LIMIT %(most)s) exact
  UNION SELECT id FROM (SELECT id FROM catalog_product WHERE %(phrase)s <%% title_en LIMIT %(near)s) near
  UNION SELECT id FROM (
    SELECT id FROM catalog_product WHERE %(phrase)s <%% title_zh_hans OR title_zh_hans ILIKE %(inside)s LIMIT %(near)s
  ) chinese
)
SELECT p.id FROM found JOIN catalog_product p USING (id), q
ORDER BY 2 * ts_rank(p.search, q.q)
  + greatest(word_similarity(%(phrase)s, p.title_en), word_similarity(%(phrase)s, p.title_zh_hans), 0) DESC, p.id
LIMIT %(near)s
"""


def _postgres(words: Sequence[str], products: QuerySet[Product]) -> QuerySet[Product]:
    """Find exact matches (at most `MOST`) and near ones (at most `CANDIDATES`) by the indexes, then rank them."""
    phrase = " ".join(words)
    # For this transaction only: a pooler gives the session to others afterwards.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(SIMILAR)])
        values: dict[str, str | int] = {
            "words": " & ".join(f"{word}:*" for word in words),
            "phrase": phrase,
            "inside": f"%{phrase}%",
            "most": MOST,
            "near": CANDIDATES,
        }
        cursor.execute(_POSTGRES, values)
        best = [pk for (pk,) in cursor.fetchall()]
    place = Func(Value(best), F("pk"), function="array_position", output_field=IntegerField())
    return products.filter(pk__in=best).annotate(place=place).order_by("place") if best else products.none()


def _sqlite(words: Sequence[str], products: QuerySet[Product]) -> QuerySet[Product]:
    rows: list[tuple[int, str, str]] = []
    if wanted := _trigrams(words):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rowid, title, text FROM catalog_search WHERE catalog_search MATCH %s"
                " ORDER BY bm25(catalog_search, 10.0, 1.0) LIMIT %s",
                [" OR ".join(f'"{t}"' for t in sorted(wanted)), CANDIDATES],
            )
            rows += cursor.fetchall()
    for word in words:
        if len(word) < 3:  # too short for a trigram, as most Chinese words are
            near = products.filter(Q(title_en__icontains=word) | Q(title_zh_hans__icontains=word))
            values = near.values_list("pk", "title_en", "title_zh_hans", "text_en")[:CANDIDATES]
            rows += [(pk, f"{en or ''} {zh or ''}", text or "") for pk, en, zh, text in values]
    scored: dict[int, float] = {}
    for key, title, text in rows:
        score = _score(words, title, text)
        if score >= SIMILAR:
            scored[key] = max(score, scored.get(key, 0.0))
    best = sorted(scored, key=lambda key: (-scored[key], key))
    order = Case(*(When(pk=key, then=Value(n)) for n, key in enumerate(best)), output_field=IntegerField())
    return products.filter(pk__in=best).annotate(place=order).order_by("place") if best else products.none()


def _score(words: Sequence[str], title: str, text: str) -> float:
    """1 or more when every word occurs; below 1 the similarity of the words to the nearest words of the title."""
    title, text = title.lower(), text.lower()
    if all(word in title for word in words):
        return 2.0 + min(1.0, sum(map(len, words)) / (len(title) + 1))
    if all(word in title or word in text for word in words):
        return 1.0 + sum(word in title for word in words) / len(words)
    there = re.findall(r"\w+", title)
    nearest = [max((_alike(word, other) for other in there), default=0.0) for word in words]
    return sum(nearest) / len(nearest) if min(nearest) >= FARTHEST else 0.0


def _alike(a: str, b: str) -> float:
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
