"""What the dashboards read about placements, and how links are written."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from media_outreach.outlets import selectors
from media_outreach.outlets.links import tidy_link
from media_outreach.outlets.states import Channel
from plans.states import Level, Medium
from tests.factories import Cast
from tests.media_outreach.outlets.factories import SHANGHAI, make_outlet, make_placement

NOON = datetime(2026, 3, 20, 12, tzinfo=SHANGHAI)


def verified(cast: Cast, outlet: object, day: date, headline: str) -> None:
    make_placement(
        cast, outlet=outlet, headline=headline, published_on=day, state="verified", verified_by=cast.chief
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("level", "medium", "channel"),
    [
        (Level.HOUSE, Medium.NEWSPAPER, Channel.HOUSE),
        (Level.HOUSE, Medium.WEBSITE, Channel.HOUSE),
        (Level.HOUSE, Medium.WECHAT, Channel.SOCIAL),
        (Level.HOUSE, Medium.WEIBO, Channel.SOCIAL),
        (Level.COUNTY, Medium.TELEVISION, Channel.LOCAL),
        (Level.BUREAU, Medium.WEBSITE, Channel.LOCAL),
        (Level.PREFECTURE, Medium.WECHAT, Channel.LOCAL),
        (Level.PROVINCE, Medium.WECHAT, Channel.ABOVE),
        (Level.NATIONAL, Medium.NEWSPAPER, Channel.ABOVE),
    ],
)
def test_every_outlet_belongs_to_one_channel(level: Level, medium: Medium, channel: Channel) -> None:
    assert Channel.of(level=level, medium=medium) == channel


def test_the_years_chart_counts_verified_placements_by_month_and_channel(cast: Cast) -> None:
    paper = make_outlet("院报", Level.HOUSE, Medium.NEWSPAPER)
    province = make_outlet("省卫健报", Level.PROVINCE)
    verified(cast, paper, date(2026, 1, 31), "一月")
    verified(cast, paper, date(2026, 3, 1), "三月甲")
    verified(cast, paper, date(2026, 3, 2), "三月乙")
    verified(cast, province, date(2026, 3, 2), "三月省")
    verified(cast, paper, date(2025, 12, 31), "去年")
    make_placement(cast, outlet=paper, headline="待核", published_on=date(2026, 3, 3))
    make_placement(
        cast, outlet=paper, headline="作废", published_on=date(2026, 3, 3), state="void", void_reason="误"
    )
    with CaptureQueriesContext(connection) as captured:
        counts = selectors.monthly_counts(year=2026, at=NOON)
    assert len(captured) == 1
    assert counts.months == [202601, 202602, 202603]
    assert counts.series == {
        Channel.HOUSE: [1, 0, 2],
        Channel.SOCIAL: [0, 0, 0],
        Channel.LOCAL: [0, 0, 0],
        Channel.ABOVE: [0, 0, 1],
    }
    assert counts.total == 4
    assert selectors.monthly_counts(year=2025, at=NOON).series[Channel.HOUSE] == [0] * 11 + [1]
    assert selectors.monthly_counts(year=2027, at=NOON).months == [202701]


def test_this_month_is_compared_with_the_same_days_of_the_last(cast: Cast) -> None:
    city = make_outlet("市日报")
    house = make_outlet("院报", Level.HOUSE)
    verified(cast, city, date(2026, 3, 20), "今天")
    verified(cast, house, date(2026, 3, 1), "月初")
    verified(cast, house, date(2026, 2, 20), "上月同日")
    verified(cast, house, date(2026, 2, 21), "上月后来")
    month = selectors.month_comparison(at=NOON)
    assert (month.this_month, month.last_month_so_far, month.difference, month.city_and_above) == (2, 1, 1, 1)
    end_of_march = selectors.month_comparison(at=datetime(2026, 3, 31, 12, tzinfo=SHANGHAI))
    assert end_of_march.last_month_so_far == 2


def test_only_what_others_logged_waits_for_me(cast: Cast) -> None:
    outlet = make_outlet()
    make_placement(cast, outlet=outlet, headline="我登记的", logged_by=cast.editor)
    make_placement(cast, outlet=outlet, headline="同事登记的", logged_by=cast.chief)
    assert selectors.waiting_to_verify(user=cast.editor) == 1
    assert selectors.waiting_to_verify(user=cast.second_editor) == 2
    looked_at = make_placement(cast, outlet=outlet, headline="眼前的", state="void", void_reason="误登")
    following = selectors.next_to_verify(user=cast.editor, after=looked_at)
    assert following is not None
    assert following.headline == "同事登记的"
    assert [row.headline for row in selectors.verify_queue(user=cast.editor)] == ["同事登记的"]


def test_recent_shows_each_person_their_own(cast: Cast) -> None:
    outlet = make_outlet()
    make_placement(cast, outlet=outlet, headline="护理部的")
    make_placement(cast, outlet=outlet, headline="作废的", state="void", void_reason="误登")
    assert [row.headline for row in selectors.recent(user=cast.editor)] == ["护理部的"]
    assert list(selectors.recent(user=cast.other_writer)) == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", ""),
        ("  https://a.cn/x  ", "https://a.cn/x"),
        ("a.cn", "https://a.cn/"),
        ("a.cn:8080/x", "https://a.cn:8080/x"),
        ("HTTP://A.cn/Path?Q=1", "http://a.cn/Path?Q=1"),
        ("https://mp.weixin.qq.com/s/abc#rd", "https://mp.weixin.qq.com/s/abc"),
        ("https://a.cn/#/news/12", "https://a.cn/#/news/12"),
        ("https://州.example/新闻", "https://州.example/新闻"),
        ("http://10.0.0.8/oa/1", "http://10.0.0.8/oa/1"),
    ],
)
def test_a_link_is_always_written_the_same_way(written: str, address: str) -> None:
    assert tidy_link(written) == address
    assert tidy_link(address) == address


@pytest.mark.parametrize(
    "written",
    [
        "javascript:alert(1)",
        "ftp://a.cn/",
        "//a.cn/x",
        "https://",
        "https://a b.cn",
        "data:text/html,x",
        "http://a.cn:99999/",
    ],
)
def test_other_schemes_and_nonsense_are_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        tidy_link(written)
