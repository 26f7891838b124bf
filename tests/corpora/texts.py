"""Markup that tries to run something: at least one vector per class of the OWASP cheat sheet, and the shared list."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora" / "xss-vectors.txt"

OWN = {
    "script": "<script>window.hurt=1</script>",
    "script_source": "<SCRIPT SRC=//evil.invalid/x.js></SCRIPT>",
    "script_split": "<scr<script>ipt>window.hurt=1</scr</script>ipt>",
    "image_error": '<img src=x onerror="window.hurt=1">',
    "image_other_host": '<img src="//evil.invalid/x.png">',
    "image_other_scheme": '<img src="https://evil.invalid/x.png">',
    "image_way_up": '<img src="/media/../admin/logout/">',
    "image_set": '<img src="/media/a.png" srcset="//evil.invalid/x 2x">',
    "event": '<p onclick="window.hurt=1" onmouseover=window.hurt=1>文字</p>',
    "event_slash": "<svg/onload=window.hurt=1>",
    "link_script": '<a href="javascript:window.hurt=1">点</a>',
    "link_script_coded": '<a href="&#106;&#97;vascript&colon;window.hurt=1">点</a>',
    "link_script_tab": '<a href="java\tscript:window.hurt=1">点</a>',
    "link_script_null": '<a href="java\0script:window.hurt=1">点</a>',
    "link_data": '<a href="data:text/html,<script>window.hurt=1</script>">点</a>',
    "link_vbscript": '<a href="vbscript:msgbox(1)">点</a>',
    "style": '<p style="background:url(javascript:window.hurt=1)">文字</p>',
    "style_block": "<style>@import '//evil.invalid/x.css';</style>",
    "frame": '<iframe srcdoc="<script>parent.hurt=1</script>"></iframe>',
    "object": '<object data="data:text/html,x"></object><embed src="//evil.invalid/x.swf">',
    "base": '<base href="//evil.invalid/">',
    "meta": '<meta http-equiv="refresh" content="0;url=javascript:window.hurt=1">',
    "form": '<form action="//evil.invalid/"><input name=q autofocus onfocus=window.hurt=1><button>好</button></form>',
    "maths": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hurt=1&gt;">',
    "svg_script": '<svg><script href="data:text/javascript,window.hurt=1"/></svg>',
    "svg_animate": "<svg><a><animate attributeName=href values=javascript:window.hurt=1 /><text x=20 y=20>点</text></a></svg>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=window.hurt=1>">',
    "template": "<template><script>window.hurt=1</script></template>",
    "comment": "<!--[if gte IE 4]><script>window.hurt=1</script><![endif]-->",
    "cdata": "<![CDATA[<script>window.hurt=1</script>]]>",
    "textarea": "</textarea><script>window.hurt=1</script>",
    "title": "</title><script>window.hurt=1</script>",
    "quote_breaking": "\"><img src=x onerror='window.hurt=1'>",
    "backtick": "<img src=`x` onerror=`window.hurt=1`>",
    "utf7": "+ADw-script+AD4-window.hurt=1+ADw-/script+AD4-",
    "half_open": '<img src="x" onerror="window.hurt=1"',
    "video": "<video><source onerror=window.hurt=1></video>",
    "details": "<details open ontoggle=window.hurt=1>",
    "clobbering": '<form id=x><input name=attributes></form><a id=defaultView name=hurt href="//evil.invalid">',
    "htmx": '<div hx-get="//evil.invalid/" hx-trigger="load" data-hx-on="window.hurt=1">文字</div>',
    "marquee": "<marquee onstart=window.hurt=1>",
    "unicode_space": '<a href="\u3000javascript:window.hurt=1">点</a>',
}


def vectors() -> list[str]:
    """Ours and, where the shared file is, each of its lines."""
    shared = SHARED.read_text(encoding="utf-8", errors="replace").splitlines() if SHARED.exists() else []
    return [*OWN.values(), *(line for line in shared if line.strip() and not line.startswith("#"))]
