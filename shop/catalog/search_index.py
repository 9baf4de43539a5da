"""The search index of the catalogue: FTS5 with triggers on SQLite; trigrams and a kept `tsvector` on PostgreSQL.

The migrations of the catalogue call `create`, `fold` and `renew`. `shop.catalog.search` reads the index.
"""

# ruff: noqa: S608 - every statement is made of constants of this module

from typing import Any

SQLITE = [
    "CREATE VIRTUAL TABLE catalog_search USING fts5(title, text, tokenize='trigram')",
    """CREATE TRIGGER catalog_search_insert AFTER INSERT ON catalog_product BEGIN
        INSERT INTO catalog_search(rowid, title, text) VALUES (new.id,
            coalesce(new.title_en, '') || ' ' || coalesce(new.title_zh_hans, ''), coalesce(new.text_en, ''));
    END""",
    """CREATE TRIGGER catalog_search_delete AFTER DELETE ON catalog_product BEGIN
        DELETE FROM catalog_search WHERE rowid = old.id;
    END""",
    """CREATE TRIGGER catalog_search_update AFTER UPDATE ON catalog_product BEGIN
        DELETE FROM catalog_search WHERE rowid = old.id;
        INSERT INTO catalog_search(rowid, title, text) VALUES (new.id,
            coalesce(new.title_en, '') || ' ' || coalesce(new.title_zh_hans, ''), coalesce(new.text_en, ''));
    END""",
]

POSTGRES = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX catalog_product_title_trgm ON catalog_product USING gin (title_en gin_trgm_ops)",
    "CREATE INDEX catalog_product_zh_trgm ON catalog_product USING gin (title_zh_hans gin_trgm_ops)",
    """ALTER TABLE catalog_product ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', coalesce(title_en, '') || ' ' || coalesce(title_zh_hans, '')), 'A')
        || setweight(to_tsvector('english', coalesce(text_en, '')), 'C')
    ) STORED""",
    "CREATE INDEX catalog_product_search ON catalog_product USING gin (search)",
]


# The letters of `search.LETTERS`, as they were at this migration.
_PLAIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"}


def _plain(text: str) -> str:
    """The SQL expression in small letters, with the letters of `_PLAIN` replaced."""
    expression = f"lower({text})"
    for letter, plain in _PLAIN.items():
        expression = f"replace({expression}, '{letter}', '{plain}')"
        if letter.upper() != letter and len(letter.upper()) == 1:  # SQLite's lower() knows ASCII only
            expression = f"replace({expression}, '{letter.upper()}', '{plain}')"
    return expression


def _columns(table: str = "") -> str:
    """What `catalog_words` has of a product."""
    title = f"coalesce({table}title_en, '') || ' ' || coalesce({table}title_zh_hans, '')"
    text = f"coalesce({table}text_en, '')"
    return f"{table}id, {_plain(title)}, {_plain(text)}"


_INTO_WORDS = "INSERT INTO catalog_words(rowid, title, text) "
_NEW_WORDS = f"{_INTO_WORDS} VALUES ({_columns('new.')});"

SQLITE_FOLDED = [
    "CREATE VIRTUAL TABLE catalog_words USING fts5("
    "title, text, tokenize='porter unicode61 remove_diacritics 2', prefix='2 3')",
    _INTO_WORDS + f"SELECT {_columns()} FROM catalog_product",
    f"CREATE TRIGGER catalog_words_insert AFTER INSERT ON catalog_product BEGIN {_NEW_WORDS} END",
    """CREATE TRIGGER catalog_words_delete AFTER DELETE ON catalog_product BEGIN
        DELETE FROM catalog_words WHERE rowid = old.id;
    END""",
    f"""CREATE TRIGGER catalog_words_update AFTER UPDATE ON catalog_product BEGIN
        DELETE FROM catalog_words WHERE rowid = old.id;
        {_NEW_WORDS}
    END""",
]

POSTGRES_FOLDED = [
    f"""CREATE FUNCTION catalog_folded(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT normalize(regexp_replace({_plain("normalize($1, NFKD)")}, '[\\u0300-\\u036f]', '', 'g'), NFC)
    $$""",
    "DROP INDEX catalog_product_title_trgm",
    "CREATE INDEX catalog_product_title_trgm ON catalog_product USING gin (catalog_folded(title_en) gin_trgm_ops)",
    "ALTER TABLE catalog_product DROP COLUMN search",
    """ALTER TABLE catalog_product ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english',
            catalog_folded(coalesce(title_en, '') || ' ' || coalesce(title_zh_hans, ''))), 'A')
        || setweight(to_tsvector('english', catalog_folded(coalesce(text_en, ''))), 'C')
    ) STORED""",
    "CREATE INDEX catalog_product_search ON catalog_product USING gin (search)",
]


def create(apps: Any, schema_editor: Any) -> None:
    """Make the tables, triggers and indexes that this database needs."""
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES:
        schema_editor.execute(statement)


SQLITE_UNFOLDED = [
    *(f"DROP TRIGGER catalog_words_{change}" for change in ("insert", "delete", "update")),
    "DROP TABLE catalog_words",
]

POSTGRES_UNFOLDED = [
    "DROP INDEX catalog_product_title_trgm",
    "ALTER TABLE catalog_product DROP COLUMN search",
    "DROP FUNCTION catalog_folded(text)",
    *(statement for statement in POSTGRES if "catalog_product_title_trgm" in statement or "search" in statement),
]


def fold(apps: Any, schema_editor: Any) -> None:
    """Index the words without their accents, so that "creme" finds "Crème"."""
    for statement in SQLITE_FOLDED if schema_editor.connection.vendor == "sqlite" else POSTGRES_FOLDED:
        schema_editor.execute(statement)


def unfold(apps: Any, schema_editor: Any) -> None:
    """Index the words as they are written, as before `fold`."""
    for statement in SQLITE_UNFOLDED if schema_editor.connection.vendor == "sqlite" else POSTGRES_UNFOLDED:
        schema_editor.execute(statement)


def renew(apps: Any, schema_editor: Any) -> None:
    """Make SQLite's index again. Django changes a table there by making another one, which loses its triggers.

    A migration that changes the products' columns runs it afterwards.
    """
    if schema_editor.connection.vendor != "sqlite":
        return
    for table in ("catalog_search", "catalog_words"):
        for change in ("insert", "delete", "update"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{change}")
        schema_editor.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in (*SQLITE, *SQLITE_FOLDED):
        schema_editor.execute(statement)
    schema_editor.execute(
        "INSERT INTO catalog_search(rowid, title, text) SELECT id, "
        "coalesce(title_en, '') || ' ' || coalesce(title_zh_hans, ''), coalesce(text_en, '') FROM catalog_product"
    )


def drop(apps: Any, schema_editor: Any) -> None:
    """Nothing to do: a reversed first migration drops the product table, and the index with it."""
