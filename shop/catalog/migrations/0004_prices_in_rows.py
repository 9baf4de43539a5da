import djmoney.models.fields
from django.db import migrations

BACK = """
UPDATE catalog_variant SET
  price = coalesce((SELECT p.amount FROM catalog_price p WHERE p.variant_id = catalog_variant.id ORDER BY p.id LIMIT 1), 0),
  price_currency = coalesce(
    (SELECT p.amount_currency FROM catalog_price p WHERE p.variant_id = catalog_variant.id ORDER BY p.id LIMIT 1), 'EUR')
"""


class Migration(migrations.Migration):
    """Apart from the copying: PostgreSQL alters no table whose new rows still wait for their checks."""

    dependencies = [("catalog", "0003_prices")]

    operations = [
        # So that it can be taken back: the column comes without values.
        migrations.AlterField(
            "variant",
            "price",
            djmoney.models.fields.MoneyField(decimal_places=2, default_currency="EUR", max_digits=12, null=True),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, BACK),
        migrations.RemoveField("variant", "price"),
        migrations.RemoveField("variant", "price_currency"),
    ]
