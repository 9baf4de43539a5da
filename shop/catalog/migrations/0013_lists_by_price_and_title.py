from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0012_withdrawn_variants"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="price",
            index=models.Index(fields=["amount_currency", "amount", "id"], name="price_by_amount"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["active", "title_en", "id"], name="product_by_title_en"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["active", "title_zh_hans", "id"], name="product_by_title_zh_hans"),
        ),
    ]
