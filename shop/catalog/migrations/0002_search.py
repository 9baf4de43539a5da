"""The search index: FTS5 with triggers on SQLite, trigrams on PostgreSQL (there, full text needs no table of its own)."""

from django.db import migrations

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
]


def create(apps, schema_editor):
    statements = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
