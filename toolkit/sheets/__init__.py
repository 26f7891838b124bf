"""Tables that come in (`reader`) and workbooks that go out (`writer`)."""

from toolkit.sheets.reader import Cell, SheetRefused, Table, read_tables

__all__ = ["Cell", "SheetRefused", "Table", "read_tables"]
