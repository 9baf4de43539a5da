from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0024_named_columns")]

    operations = [
        migrations.AlterField(
            model_name="webhookevent",
            name="body",
            field=models.TextField(help_text="Deleted after 180 days.", verbose_name="body"),
        )
    ]
