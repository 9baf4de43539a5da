"""The search index of the catalogue: FTS5 with triggers on SQLite; trigrams and a kept `tsvector` on PostgreSQL.

The first migration of the catalogue calls `create`. `shop.catalog.search` reads the index.
"""

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


def create(apps: Any, schema_editor: Any) -> None:
    """Make the tables, triggers and indexes that this database needs."""
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    """Nothing to do: a reversed first migration drops the product table, and the index with it."""
