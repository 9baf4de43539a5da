"""Access links have a version, orders keep their delivery method's title, and each edge has a permission."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def keep_titles(apps, schema_editor):
    """An order placed before keeps the title that its method has now."""
    Order, DeliveryMethod = apps.get_model("orders", "Order"), apps.get_model("orders", "DeliveryMethod")
    title = DeliveryMethod.objects.filter(pk=OuterRef("delivery_method")).values("title")
    models.QuerySet(Order).filter(delivery_title="").update(delivery_title=Subquery(title))


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="order",
            options={
                "base_manager_name": "objects",
                "ordering": ["-placed_at"],
                "permissions": [
                    ("mark_paid", "Can mark orders as paid"),
                    ("cancel_order", "Can cancel orders"),
                    ("refund_order", "Can refund orders"),
                    ("change_contact", "Can change address and mail address of orders"),
                ],
                "verbose_name": "order",
                "verbose_name_plural": "orders",
            },
        ),
        migrations.AddField(
            model_name="order",
            name="delivery_title",
            field=models.CharField(
                default="",
                help_text="The method's title when the order was placed.",
                max_length=120,
                verbose_name="delivery",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="order",
            name="link_version",
            field=models.PositiveIntegerField(
                default=1, editable=False, help_text="Access links of another version have ended."
            ),
        ),
        migrations.RunPython(keep_titles, migrations.RunPython.noop),
    ]
