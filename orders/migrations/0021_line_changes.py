from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0020_internal_notes"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="line_changes",
            field=models.JSONField(
                default=dict,
                editable=False,
                help_text="The newest change of its lines by staff, as events tell it.",
            ),
        ),
    ]
