"""Phones that are in the database as plain text are encrypted."""

from django.db import migrations

from toolkit.rekeying import reseal


def seal_phones(apps, schema_editor):
    for name in ("User", "HistoricalUser"):
        reseal(apps.get_model("hospital", name), "phone")


class Migration(migrations.Migration):
    dependencies = [("hospital", "0002_accounts")]
    operations = [migrations.RunPython(seal_phones, migrations.RunPython.noop)]
