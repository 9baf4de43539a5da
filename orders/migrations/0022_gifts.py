"""An order may be a gift, with a note."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0021_line_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="is_gift",
            field=models.BooleanField(default=False, editable=False, verbose_name="gift"),
        ),
        migrations.AddField(
            model_name="order",
            name="gift_note",
            field=models.TextField(
                blank=True,
                default="",
                editable=False,
                help_text="What the shopper writes to whoever gets it.",
                verbose_name="gift note",
            ),
            preserve_default=False,
        ),
    ]
