"""A list page is its search form: the form owns the filtering, and the export uses the same rows."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from django import forms
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=Model)


class SearchForm(forms.Form):
    """Base of all search forms. Always bound: `form = PieceSearch(request.GET)`.

        class PieceSearch(SearchForm):
            search_fields = ("title", "author__name")
            lookups = {"state": "state", "since": "submitted_at__date__gte"}
            state = forms.ChoiceField(required=False, ...)

    A field neither in `lookups` nor with a `filter_<name>(queryset, value)` method filters nothing by itself.
    """

    search_fields: ClassVar[tuple[str, ...]] = ()
    lookups: ClassVar[dict[str, str]] = {}

    q = forms.CharField(label=_("Search"), required=False, max_length=100, strip=True)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("use_required_attribute", False)
        super().__init__({} if data is None else data, *args, **kwargs)
        if not self.search_fields:
            del self.fields["q"]

    def filter(self, queryset: QuerySet[M]) -> QuerySet[M]:
        """The rows that fit every filled-in field; none when a value makes no sense (the form says which)."""
        if not self.is_valid():
            return queryset.none()
        for name, value in self._filled().items():
            queryset = self._apply(queryset, name, value)
        return queryset

    def as_query(self, **more: Any) -> str:
        """The filled-in fields as "q=…&state=…" for links to the next page or the export."""
        if not self.is_valid():
            return urlencode(more)
        pairs = [(name, raw) for name in self._filled() for raw in self._raw(name)]
        return urlencode([*pairs, *more.items()])

    @property
    def is_filtering(self) -> bool:
        """Whether anything is filled in, so that an empty list can say "nothing fits" and offer to clear."""
        return self.is_valid() and bool(self._filled())

    def _filled(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in self.fields and value not in (None, "", [], ()) and value is not False
        }

    def _raw(self, name: str) -> list[str]:
        """The values as they came in the address, so that they can go out again unchanged."""
        key = self.add_prefix(name)
        getlist = getattr(self.data, "getlist", None)
        raw = getlist(key) if callable(getlist) else self.data.get(key, [])
        return [str(item) for item in (raw if isinstance(raw, list | tuple) else [raw])]

    def _apply(self, queryset: QuerySet[M], name: str, value: Any) -> QuerySet[M]:
        method = getattr(self, f"filter_{name}", None)
        if callable(method):
            filtered: QuerySet[M] = method(queryset, value)
            return filtered
        if name == "q":
            return self._search(queryset, value)
        if name in self.lookups:
            lookup = self.lookups[name]
            return queryset.filter(
                **{f"{lookup}__in" if isinstance(value, list | QuerySet) else lookup: value}
            )
        return queryset

    def _search(self, queryset: QuerySet[M], text: str) -> QuerySet[M]:
        """Every word must stand in one of the fields."""
        for word in text.split()[:5]:
            anywhere = Q()
            for field in self.search_fields:
                anywhere |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(anywhere)
        return queryset
