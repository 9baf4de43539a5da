"""What a large catalogue is read by: full text that is kept and indexed on PostgreSQL, and the orders of the shelves."""

from django.db import migrations, models

POSTGRES = [
    """ALTER TABLE catalog_product ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', coalesce(title_en, '') || ' ' || coalesce(title_zh_hans, '')), 'A')
        || setweight(to_tsvector('english', coalesce(text_en, '')), 'C')
    ) STORED""",
    "CREATE INDEX catalog_product_search ON catalog_product USING gin (search)",
    "CREATE INDEX catalog_product_zh_trgm ON catalog_product USING gin (title_zh_hans gin_trgm_ops)",
]


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRES:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_search")]
    operations = [
        migrations.AddIndex(
            "product", models.Index(fields=["active", "-featured", "-created", "id"], name="product_first")
        ),
        migrations.AddIndex(
            "product", models.Index(fields=["category", "active", "-featured", "id"], name="product_of_shelf")
        ),
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
