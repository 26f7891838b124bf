"""Template components: tags with named attributes that refuse a name they do not know.

A component is a typed Python function. It returns either finished HTML (through `format_html`) or a dictionary for
the template the component was registered with. A misspelt attribute in a template raises TemplateSyntaxError when
the template is compiled, and names the attributes that would have been right.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from django.template import Context, Engine, Library, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, kwarg_re
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

Render = Callable[..., "SafeString | dict[str, Any]"]

# Names a component may ask for that come from the page, not from the tag's attributes.
FROM_PAGE = ("context", "content")


class ComponentNode(Node):
    """One use of a component in a template."""

    child_nodelists = ("nodelist",)

    def __init__(
        self, func: Render, template: str, kwargs: dict[str, FilterExpression], nodelist: NodeList | None
    ) -> None:
        self.func = func
        self.template = template
        self.kwargs = kwargs
        self.nodelist = nodelist if nodelist is not None else NodeList()
        self.is_block = nodelist is not None
        self.wants_context = "context" in inspect.signature(func).parameters

    def render(self, context: Context) -> SafeString:
        kwargs: dict[str, Any] = {name: value.resolve(context) for name, value in self.kwargs.items()}
        if self.is_block:
            kwargs["content"] = self.nodelist.render(context)
        if self.wants_context:
            kwargs["context"] = context
        result = self.func(**kwargs)
        if isinstance(result, dict):
            return self.render_template(context, result)
        return conditional_escape(result)

    def render_template(self, context: Context, values: dict[str, Any]) -> SafeString:
        template = Engine.get_default().get_template(self.template)
        inner = context.new(values)
        inner["csrf_token"] = context.get("csrf_token")
        return template.render(inner)


def component(
    register: Library, name: str = "", *, template: str = "", block: bool = False
) -> Callable[[Render], Render]:
    """Register the decorated function as `{% name … %}`, with `{% endname %}` when it is a block."""

    def decorate(func: Render) -> Render:
        tag_name = name or func.__name__
        parameters = attributes_of(func)

        def compile_tag(parser: Parser, token: Token) -> ComponentNode:
            kwargs = read_attributes(parser, token, parameters)
            nodelist = None
            if block:
                nodelist = parser.parse((f"end{tag_name}",))
                parser.delete_first_token()
            return ComponentNode(func, template, kwargs, nodelist)

        register.tag(tag_name, compile_tag)
        return func

    return decorate


def attributes_of(func: Render) -> list[inspect.Parameter]:
    return [p for p in inspect.signature(func).parameters.values() if p.name not in FROM_PAGE]


def read_attributes(
    parser: Parser, token: Token, parameters: list[inspect.Parameter]
) -> dict[str, FilterExpression]:
    """The tag's attributes by name. Positional ones go to the parameters that may be given by position."""
    tag_name, *bits = token.split_contents()
    accepted = [p.name for p in parameters]
    positional = [p.name for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    values: dict[str, FilterExpression] = {}
    for place, bit in enumerate(bits):
        match = kwarg_re.match(bit)
        key = match[1] if match else None
        if key is None:
            if place >= len(positional):
                raise TemplateSyntaxError(
                    f"{{% {tag_name} %}}: {bit} has no name. Accepted: {', '.join(accepted)}."
                )
            key, text = positional[place], bit
        else:
            text = bit[len(key) + 1 :]
        if key not in accepted:
            raise TemplateSyntaxError(
                f"{{% {tag_name} %}} does not know “{key}”. Accepted: {', '.join(accepted)}."
            )
        if key in values:
            raise TemplateSyntaxError(f"{{% {tag_name} %}}: “{key}” is given twice.")
        values[key] = parser.compile_filter(text)
    missing = [p.name for p in parameters if p.default is inspect.Parameter.empty and p.name not in values]
    if missing:
        raise TemplateSyntaxError(f"{{% {tag_name} %}} needs {', '.join(missing)}.")
    return values


def one_of(value: str, accepted: Iterable[str], *, tag: str, attribute: str) -> str:
    """`value` if it is among `accepted`; a template's typo otherwise."""
    if value in accepted:
        return value
    names = ", ".join(sorted(name for name in accepted if name))
    raise TemplateSyntaxError(f"{{% {tag} %}}: {attribute} “{value}” is unknown. Accepted: {names}.")
