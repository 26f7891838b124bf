"""Every component on one page, for the tests to draw. The names below are those of the real address list."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils import timezone
from django.utils.html import escape

PAGE = Path(__file__).with_name("gallery.html")

NAV = [
    ("工作台", "house", ""),
    ("任务指标", "table", ""),
    ("投稿与审稿", "pencil", "7"),
    ("刊用与渠道", "newspaper", ""),
    ("年度计划", "clipboard-check", ""),
    ("奖励与发放", "currency-yen", ""),
    ("考核与报告", "clipboard-data", ""),
]


class DraftForm(forms.Form):
    title = forms.CharField(label="标题", max_length=60, help_text="不超过 60 字。")
    category = forms.ChoiceField(label="类别", choices=[("info", "信息"), ("press", "报刊新闻报道")])
    outlet = forms.ChoiceField(
        label="媒体",
        choices=[("", "请选择"), ("1", "院报"), ("2", "州报"), ("3", "县电视台")],
        widget=forms.Select(attrs={"data-search": ""}),
    )
    day = forms.DateField(label="事件日期", widget=forms.DateInput(attrs={"type": "date"}))
    body = forms.CharField(label="正文", widget=forms.Textarea(attrs={"rows": 4, "data-autosize": ""}))
    parts = forms.MultipleChoiceField(
        label="栏目", choices=[("a", "医疗动态"), ("b", "护理园地")], widget=forms.CheckboxSelectMultiple
    )
    agreed = forms.BooleanField(label="本稿未涉及患者隐私")
    picture = forms.FileField(label="图片", required=False)


def context() -> dict[str, object]:
    now = timezone.now()
    form = DraftForm({"title": "夜间透析门诊开诊", "category": "info", "body": "11 月 18 日起……"})
    form.is_valid()
    months = [f"{month}月" for month in range(1, 12)]
    return {
        "nav": [
            {"label": label, "icon": icon, "url": f"/{place}/", "active": place == 1, "badge": badge}
            for place, (label, icon, badge) in enumerate(NAV)
        ],
        "unread_count": "3",
        "user": SimpleNamespace(is_authenticated=True, name="李某某", department="护理部", is_staff=False),
        "form": form,
        "free_form": DraftForm(prefix="free"),
        "tabs": [
            {"label": "信息", "url": "?c=1", "active": True, "count": 78},
            {"label": "报刊报道", "url": "?c=2", "active": False, "count": 20},
            {"label": "科普文章", "url": "?c=3", "active": False},
        ],
        "stages": [
            {"label": "科室审核", "state": "done", "who": "王主任", "at": now - timedelta(days=1)},
            {
                "label": "分管领导",
                "state": "back",
                "who": "赵副院长",
                "at": now - timedelta(hours=3),
                "note": "请补照片",
            },
            {"label": "宣传科审定", "state": "now", "at": now + timedelta(days=1)},
            {"label": "总编终审", "state": "skipped"},
            {"label": "刊用", "state": "todo"},
        ],
        "pieces": [
            SimpleNamespace(op="same", text="我院血液净化中心"),
            SimpleNamespace(op="cut", text="每天"),
            SimpleNamespace(op="add", text="每周一、三、五"),
            SimpleNamespace(op="same", text="开设夜间透析门诊。"),
        ],
        "page": SimpleNamespace(prev_cursor="cHJldg==", next_cursor="bmV4dA=="),
        "option": {
            "xAxis": {"data": months},
            "series": [
                {
                    "type": "bar",
                    "stack": "all",
                    "name": "院报/网站",
                    "data": [8, 6, 9, 11, 14, 12, 9, 10, 13, 12, 9],
                },
                {
                    "type": "bar",
                    "stack": "all",
                    "name": "公众号",
                    "data": [10, 10, 12, 11, 16, 15, 12, 12, 14, 13, 10],
                },
                {
                    "type": "bar",
                    "stack": "all",
                    "name": "市县媒体",
                    "data": [2, 1, 3, 2, 5, 4, 2, 3, 4, 3, 3],
                },
            ],
        },
        "departments": [
            ("基保科", 9, 12, "warn", "需催办"),
            ("党办", 20, 22, "good", "可完成"),
            ("护理部", 1, 3, "bad", "难以完成"),
        ],
        "matrix_months": months,
        "matrix": [
            ("党办", 22, [1, 0, 3, 0, 0, 2, 0, 1, 4, 0, 2], "cell-behind", 13),
            ("基保科", 12, [2, 1, 2, 0, 0, 2, 2, 0, 1, 0, 2], "cell-done", 0),
        ],
        "moments": [now - timedelta(minutes=10), now - timedelta(days=40)],
        "hidden": {"state": "submitted"},
    }


def gallery(request: HttpRequest) -> HttpResponse:
    messages.success(request, "已保存。")
    messages.warning(request, "还有 2 处请核对。")
    messages.error(request, "退回时请写明意见。")
    page = engines["django"].from_string(PAGE.read_text())
    return HttpResponse(page.render(context(), request))


def stub(request: HttpRequest) -> HttpResponse:
    # A page without an icon of its own would ask for /favicon.ico.
    return HttpResponse('<link rel="icon" href="data:,">' + escape(request.POST.get("reason", "—")))


notices = [path("notices/", stub, name="notifications")]
urlpatterns = [
    path("gallery/", gallery),
    path("decide/", stub, name="decide"),
    path("login/", stub, name="login"),
    path("logout/", stub, name="logout"),
    path("password/", stub, name="password_change"),
    path("", include((notices, "hospital"))),
]
