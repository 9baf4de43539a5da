"""A member's wish list may be shown to others by a link."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("wishes", "0002_wish_list"),
    ]

    operations = [
        migrations.CreateModel(
            name="SharedList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(blank=True, max_length=80, verbose_name="title")),
                ("is_open", models.BooleanField(default=False, verbose_name="shared")),
                ("link_version", models.PositiveIntegerField(default=1)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shared_list",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "shared wish list",
                "verbose_name_plural": "shared wish lists",
            },
        ),
    ]
