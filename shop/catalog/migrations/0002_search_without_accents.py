from django.db import migrations

from shop.catalog import search_index


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(search_index.fold, search_index.unfold)]
