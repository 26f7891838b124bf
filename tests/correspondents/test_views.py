"""The pages: what each person gets, what a form does, and what comes back when something is wrong."""

from __future__ import annotations

import json
import re
import uuid
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from correspondents.models import Appointment, Authorship, KeptText, Picture, Review, Revision, Submission
from correspondents.services import picture_add
from hospital.models import User
from plans.models import Delivery
from tests.correspondents.factories import (
    TEXT,
    fresh,
    info_category,
    make_draft,
    make_submitted,
    moved,
    picture_bytes,
    science_category,
)
from tests.factories import Cast
from toolkit.uploads import UploadedImage

pytestmark = pytest.mark.django_db

PLAIN = "11月18日起，我院血液净化中心每周一、三、五开设夜间透析门诊，方便上班族就医。"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def filled(**fields: Any) -> dict[str, Any]:
    """The writing form as a phone without scripts sends it."""
    return {
        "form_key": str(uuid.uuid4()),
        "version": "0",
        "title": "夜间透析门诊开诊",
        "category": info_category().pk,
        "genre": "news",
        "event_on": "2024-11-18",
        "body": PLAIN,
        "body-format": "text",
        "body-html": "",
        **fields,
    }


def sentences(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]] if response.context else []


# --- writing --------------------------------------------------------------------------------


def test_opening_the_form_stores_nothing(cast: Cast) -> None:
    response = signed_in(cast.writer).get(reverse("drafts:new"))
    assert response.status_code == 200
    assert not Submission.objects.exists()


def test_writing_and_submitting_in_one_go_puts_it_before_the_head(cast: Cast) -> None:
    response = signed_in(cast.writer).post(reverse("drafts:new"), filled(action="submit"), follow=True)
    draft = Submission.objects.get()
    assert response.redirect_chain == [(reverse("drafts:detail", args=[draft.pk]), 302)]
    assert (draft.state, draft.stage, draft.body) == ("in_review", "head", f"<p>{PLAIN}</p>")
    assert sentences(response) == ["已送审，现在到了：科室审核。有进展会通知您。"]


def test_the_same_form_sent_twice_makes_one_submission(cast: Cast) -> None:
    client, data = signed_in(cast.writer), filled(action="submit")
    client.post(reverse("drafts:new"), data)
    again = client.post(reverse("drafts:new"), data)
    assert again.headers["Location"] == reverse("drafts:detail", args=[Submission.objects.get().pk])
    assert Revision.objects.count() == 1


def test_a_saved_draft_sent_twice_is_one_draft_without_a_conflict(cast: Cast) -> None:
    client, data = signed_in(cast.writer), filled(action="save")
    client.post(reverse("drafts:new"), data)
    assert client.post(reverse("drafts:new"), data).status_code == 302
    assert Submission.objects.count() == 1


def test_an_incomplete_form_is_saved_and_says_what_is_missing(cast: Cast) -> None:
    response = signed_in(cast.writer).post(
        reverse("drafts:new"), filled(action="submit", title="", event_on=""), follow=True
    )
    assert sentences(response) == ["请填写标题。", "请填写事件日期。"]
    assert Submission.objects.get().body == f"<p>{PLAIN}</p>"


def test_a_title_of_500_characters_comes_back_with_a_sentence_and_the_text(cast: Cast) -> None:
    response = signed_in(cast.writer).post(reverse("drafts:new"), filled(action="save", title="长" * 500))
    assert response.context["form"].errors["title"] == ["标题超过120个字，请缩短；较长的内容可以写进正文。"]
    assert PLAIN in response.content.decode()


def test_two_megabytes_of_pasted_html_come_back_with_a_sentence(cast: Cast) -> None:
    huge = "<p>" + "字" * 700_000 + "</p>"
    response = signed_in(cast.writer).post(
        reverse("drafts:new"), filled(action="save", body=huge, **{"body-format": "html"})
    )
    assert response.status_code == 200
    assert "body" in response.context["form"].errors


def test_a_form_key_that_is_nonsense_just_begins_a_new_draft(cast: Cast) -> None:
    signed_in(cast.writer).post(reverse("drafts:new"), filled(action="save", form_key="xyz"))
    assert Submission.objects.count() == 1


def test_the_other_window_is_shown_and_can_be_overwritten_knowingly(cast: Cast) -> None:
    draft = make_draft(cast)
    client, url = signed_in(cast.writer), reverse("drafts:edit", args=[draft.pk])
    mine = filled(form_key=str(draft.form_key), version=str(draft.version))
    client.post(url, {**mine, "action": "save", "title": "第一个窗口"})
    conflict = client.post(url, {**mine, "action": "save", "title": "第二个窗口"})
    assert conflict.status_code == 409
    assert "第二个窗口" in conflict.content.decode()
    assert fresh(draft).title == "第一个窗口"
    version = str(conflict.context["version"])
    client.post(url, {**mine, "version": version, "action": "overwrite", "title": "第二个窗口"})
    assert fresh(draft).title == "第二个窗口"
    assert KeptText.objects.get().title == "第一个窗口"


def test_a_formatted_text_sent_back_untouched_from_a_phone_keeps_its_formatting(cast: Cast) -> None:
    body = "<h2>开诊</h2><p>每周一、三、五开设夜间透析门诊，方便上班族就医。</p>"
    draft = make_draft(cast, body=body)
    data = filled(form_key=str(draft.form_key), version=str(draft.version), title="改了标题")
    data |= {
        "body": "开诊\n每周一、三、五开设夜间透析门诊，方便上班族就医。",
        "body-html": body,
        "action": "save",
    }
    signed_in(cast.writer).post(reverse("drafts:edit", args=[draft.pk]), data)
    assert (fresh(draft).title, fresh(draft).body) == ("改了标题", body)


def test_a_draft_in_review_is_not_opened_for_writing(cast: Cast) -> None:
    draft = make_submitted(cast)
    response = signed_in(cast.writer).get(reverse("drafts:edit", args=[draft.pk]))
    assert response.headers["Location"] == reverse("drafts:detail", args=[draft.pk])


def test_text_sent_after_a_co_author_submitted_comes_back_in_the_form(cast: Cast) -> None:
    draft = make_submitted(cast)
    data = filled(
        form_key=str(draft.form_key), version="2", body="晚到的一段话，晚到的一段话。", action="save"
    )
    response = signed_in(cast.writer).post(reverse("drafts:edit", args=[draft.pk]), data)
    assert "晚到的一段话" in response.content.decode()
    assert "请先撤稿" in response.content.decode()


def test_somebody_without_department_is_told_whom_to_ask(cast: Cast) -> None:
    response = signed_in(cast.finance).get(reverse("drafts:new"))
    assert "还没有所属科室" in response.content.decode()


def test_an_auditor_gets_no_writing_form(cast: Cast) -> None:
    assert signed_in(cast.auditor).get(reverse("drafts:new")).status_code == 403


# --- autosave ---------------------------------------------------------------------------------


def autosave(client: Client, **fields: Any) -> Any:
    return client.post(reverse("drafts:autosave"), filled(**fields))


def test_the_first_autosave_creates_the_draft_and_later_ones_change_it(cast: Cast) -> None:
    client, key = signed_in(cast.writer), str(uuid.uuid4())
    first = autosave(client, form_key=key, title="夜间").json()
    second = autosave(client, form_key=key, title="夜间透析", version=first["version"]).json()
    draft = Submission.objects.get()
    assert (draft.title, draft.version) == ("夜间透析", second["version"])
    assert second["url"] == reverse("drafts:edit", args=[draft.pk])
    assert second["saved_at"] == timezone.localtime(draft.updated_at).strftime("%H:%M")
    assert second["missing"] == []


def test_an_empty_form_is_not_kept(cast: Cast) -> None:
    assert autosave(signed_in(cast.writer), title="", body="").json()["version"] == 0
    assert not Submission.objects.exists()


def test_a_stale_version_answers_409_with_a_sentence(cast: Cast) -> None:
    draft = make_draft(cast)
    answer = autosave(signed_in(cast.writer), form_key=str(draft.form_key), version="1", title="旧窗口")
    assert answer.status_code == 409
    assert answer.json()["version"] == draft.version
    assert "另一个窗口" in answer.json()["error"]


def test_signed_out_answers_401_and_not_a_login_page(cast: Cast) -> None:
    answer = autosave(Client())
    assert (answer.status_code, answer.json()) == (401, {"error": "请重新登录。"})


def test_a_wrong_field_does_not_keep_the_others_from_being_saved(cast: Cast) -> None:
    answer = autosave(signed_in(cast.writer), title="长" * 500).json()
    assert answer["errors"]["title"] == ["标题超过120个字，请缩短；较长的内容可以写进正文。"]
    assert Submission.objects.get().body == f"<p>{PLAIN}</p>"


def test_somebody_elses_draft_is_not_there_for_autosave(cast: Cast) -> None:
    draft = make_draft(cast)
    answer = autosave(signed_in(cast.other_writer), form_key=str(draft.form_key), version="2")
    assert answer.status_code == 404
    assert fresh(draft).title == "夜间透析门诊开诊"


# --- co-authors and pictures ----------------------------------------------------------------------


def test_a_co_author_is_added_by_name_and_a_common_name_offers_a_choice(cast: Cast) -> None:
    draft = make_draft(cast)
    client, url = signed_in(cast.writer), reverse("drafts:edit", args=[draft.pk])
    data = filled(form_key=str(draft.form_key), version=str(draft.version), body=TEXT)
    data["body-format"] = "html"
    client.post(url, {**data, "action": "add_author", "author_words": "孙悦"})
    assert [one.person.name for one in draft.authorships.all()] == ["李娜", "孙悦"]
    User.objects.create_user(staff_no="0777", name="陈静")
    several = client.post(url, {**data, "action": "add_author", "author_words": "陈静"}, follow=True)
    assert len(several.context["candidates"]) == 2
    client.post(url, {**data, "pick_author": str(cast.editor.pk)})
    assert draft.authorships.count() == 3
    client.post(url, {**data, "remove_author": str(cast.editor.pk)})
    assert draft.authorships.count() == 2


def test_suggestions_name_number_and_department(cast: Cast) -> None:
    answer = signed_in(cast.writer).get(reverse("drafts:people"), {"q": "孙"}).json()
    assert answer == {"people": [{"value": "孙悦（0331）", "note": "儿科住院部"}]}


def upload_of(content: bytes, name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def test_a_picture_is_kept_re_encoded_and_shown_to_those_who_may_read(cast: Cast) -> None:
    draft = make_submitted(cast)
    draft = moved(draft, "return", cast.head, "请补一张照片")
    client = signed_in(cast.writer)
    answer = client.post(
        reverse("drafts:picture_add", args=[draft.form_key]), {"picture": upload_of(picture_bytes())}
    )
    assert answer.status_code == 200
    picture = Picture.objects.get()
    assert picture.url == f"/media/drafts/{draft.pk}/{picture.key}.jpg"
    for person, status in ((cast.writer, 200), (cast.head, 200), (cast.editor, 200), (cast.other_head, 404)):
        response = signed_in(person).get(picture.url)
        assert response.status_code == status
        if status == 200:
            assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"
            assert response.headers["Content-Type"] == "image/jpeg"
            assert response.headers["Cache-Control"] == "private, max-age=86400"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert Client().get(picture.url).status_code == 302


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.jpg", b"<html><script>alert(1)</script></html>"),
        ("a.jpg", picture_bytes(400, 300)[:900]),
        ("a.jpg", b""),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(cast: Cast, name: str, content: bytes) -> None:
    draft = make_draft(cast)
    for view, field in (("drafts:picture_add", "picture"), ("drafts:upload", "upload")):
        answer = signed_in(cast.writer).post(
            reverse(view, args=[draft.form_key]), {field: upload_of(content, name)}
        )
        assert answer.status_code == 400
        words = json.dumps(answer.json(), ensure_ascii=False)
        assert "文件" in words or "图片" in words
    assert not Picture.objects.exists()


def test_a_file_of_200_megabytes_is_refused_with_a_sentence(cast: Cast, settings: Any) -> None:
    settings.UPLOAD_IMAGE_MAX_BYTES = 1024
    draft = make_draft(cast)
    answer = signed_in(cast.writer).post(
        reverse("drafts:picture_add", args=[draft.form_key]),
        {"picture": upload_of(b"\xff\xd8" + b"0" * 4096)},
    )
    assert answer.status_code == 400
    assert not Picture.objects.exists()


def test_the_editor_gets_its_address_and_the_text_keeps_that_picture(cast: Cast) -> None:
    draft = make_draft(cast)
    answer = (
        signed_in(cast.writer)
        .post(reverse("drafts:upload", args=[draft.form_key]), {"upload": upload_of(picture_bytes())})
        .json()
    )
    picture = Picture.objects.get()
    assert answer == {"uploaded": 1, "fileName": f"{picture.key}.jpg", "url": picture.url}
    assert picture.inline
    saved = autosave(
        signed_in(cast.writer),
        form_key=str(draft.form_key),
        version=draft.version,
        body=f'<p>{PLAIN}</p><img src="{picture.url}" alt="图">',
        **{"body-format": "html"},
    )
    assert saved.status_code == 200
    assert picture.url in fresh(draft).body


def test_nobody_uploads_into_somebody_elses_draft(cast: Cast) -> None:
    draft = make_draft(cast)
    for person in (cast.other_writer, cast.head):
        for view, field in (("drafts:picture_add", "picture"), ("drafts:upload", "upload")):
            answer = signed_in(person).post(
                reverse(view, args=[draft.form_key]), {field: upload_of(picture_bytes())}
            )
            assert answer.status_code == 404
    assert not Picture.objects.exists()


def test_a_picture_is_added_described_and_removed_without_scripts(cast: Cast) -> None:
    draft = make_draft(cast)
    client, url = signed_in(cast.writer), reverse("drafts:edit", args=[draft.pk])
    data = filled(form_key=str(draft.form_key), version=str(draft.version))
    client.post(
        url,
        {**data, "action": "add_picture", "picture": upload_of(picture_bytes()), "new_caption": "开诊现场"},
    )
    picture = Picture.objects.get()
    assert picture.caption == "开诊现场"
    version = str(fresh(draft).version)
    client.post(url, {**data, "version": version, "action": "save", f"caption-{picture.pk}": "护士操作"})
    assert Picture.objects.get().caption == "护士操作"
    client.post(url, {**data, "version": version, "remove_picture": str(picture.pk)})
    assert not Picture.objects.exists()


# --- reading ----------------------------------------------------------------------------------------


def test_every_page_of_a_draft_is_404_for_those_who_do_not_see_it(cast: Cast) -> None:
    draft = make_submitted(cast)
    pages = [reverse(f"drafts:{name}", args=[draft.pk]) for name in ("detail", "edit", "compare", "review")]
    for person in (cast.other_writer, cast.other_head, cast.other_leader, cast.finance, cast.administrator):
        assert [signed_in(person).get(page).status_code for page in pages] == [404] * 4
    assert (
        signed_in(cast.other_head)
        .post(reverse("drafts:review", args=[draft.pk]), {"action": "pass"})
        .status_code
        == 404
    )


def test_a_script_stored_behind_our_back_does_not_come_out_active(cast: Cast) -> None:
    draft = make_draft(cast)
    bad = f'<p>{PLAIN}<img src=x onerror="alert(1)"><script>alert(1)</script></p>'
    Submission.objects.filter(pk=draft.pk).update(body=bad)
    draft = moved(draft, "submit", cast.writer)
    assert Revision.objects.get().body == bad
    for page in (reverse("drafts:detail", args=[draft.pk]), reverse("drafts:review", args=[draft.pk])):
        html = signed_in(cast.head).get(page).content.decode()
        assert "onerror" not in html
        assert "alert(1)" not in html


def test_a_title_with_markup_is_shown_as_letters(cast: Cast) -> None:
    draft = make_submitted(cast, title="<img src=x onerror=alert(1)>")
    for page in ("drafts:queue", "drafts:list"):
        assert "<img src=x" not in signed_in(cast.head).get(reverse(page) + "?scope=all").content.decode()
    html = signed_in(cast.head).get(reverse("drafts:detail", args=[draft.pk])).content.decode()
    assert "<img src=x" not in html


def test_the_author_sees_the_reason_it_came_back(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "return", cast.head, "请补充首周服务人次")
    for page in (reverse("drafts:list"), reverse("drafts:edit", args=[draft.pk])):
        assert "请补充首周服务人次" in signed_in(cast.writer).get(page).content.decode()


def test_the_list_finds_by_words_state_and_category(cast: Cast) -> None:
    make_draft(cast, title="义诊进社区")
    make_submitted(cast, title="护士节义诊", category=science_category())
    client = signed_in(cast.writer)

    def titles(**query: Any) -> list[str]:
        page = client.get(reverse("drafts:list"), query).context["page"]
        return sorted(draft.title for draft in page.rows)

    assert titles(q="义诊") == ["义诊进社区", "护士节义诊"]
    assert titles(q="义诊", state="draft") == ["义诊进社区"]
    assert titles(category=science_category().pk) == ["护士节义诊"]
    assert titles(q="透析") == []


def test_two_submitted_texts_are_compared_word_by_word(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "return", cast.head, "改标题")
    Submission.objects.filter(pk=draft.pk).update(title="夜间透析门诊开诊啦")
    draft = moved(draft, "submit", cast.writer)
    html = signed_in(cast.writer).get(reverse("drafts:compare", args=[draft.pk])).content.decode()
    assert "<ins>啦</ins>" in html


def copies(original: Submission, count: int) -> None:
    """Further pieces that stand where this one stands, with author, text and review of their own."""
    author, revision, review = original.authorships.get(), original.revisions.get(), original.reviews.get()
    for number in range(count):
        piece = Submission.objects.get(pk=original.pk)
        piece.pk, piece.form_key, piece.title = None, uuid.uuid4(), f"第{number}篇"
        piece._state.adding = True
        piece.save()
        Authorship.objects.create(submission=piece, person=author.person)
        text = Revision.objects.create(
            submission=piece, number=1, title="", body="", sha256="", by=author.person, at=revision.at
        )
        Review.objects.create(
            submission=piece,
            revision=text,
            stage="head",
            verdict="pass",
            by=review.by,
            at=review.at,
            sha256="",
        )


@pytest.mark.parametrize("count", [1, 300])
@pytest.mark.parametrize(
    ("who", "url", "queries"),
    [("writer", "drafts:list", 11), ("editor", "drafts:list", 12), ("editor", "drafts:queue", 9)],
)
def test_a_list_costs_the_same_with_one_row_and_with_many(
    cast: Cast, who: str, url: str, queries: int, count: int
) -> None:
    copies(moved(make_submitted(cast), "pass", cast.head), count - 1)
    client = signed_in(getattr(cast, who))
    with CaptureQueriesContext(connection) as captured:
        page = client.get(reverse(url)).context["page"]
    assert len(page.rows) == min(count, 30)
    assert len(captured) == queries, [query["sql"][:120] for query in captured]


# --- reviewing ----------------------------------------------------------------------------------------


def verdict(draft: Submission, action: str, **fields: Any) -> dict[str, Any]:
    current = fresh(draft).current_revision()
    assert current is not None
    return {"action": action, "revision": current.pk, "stage": fresh(draft).stage, **fields}


def test_the_queue_shows_the_oldest_first_and_only_ones_own(cast: Cast) -> None:
    first, second = make_submitted(cast, title="先到"), make_submitted(cast, title="后到")
    rows = signed_in(cast.head).get(reverse("drafts:queue")).context["page"].rows
    assert [row.pk for row in rows] == [first.pk, second.pk]
    assert signed_in(cast.editor).get(reverse("drafts:queue")).context["page"].rows == []


def test_passing_one_opens_the_next(cast: Cast) -> None:
    first, second = make_submitted(cast, title="先到"), make_submitted(cast, title="后到")
    client = signed_in(cast.head)
    response = client.post(reverse("drafts:review", args=[first.pk]), verdict(first, "pass"))
    assert response.headers["Location"] == reverse("drafts:review", args=[second.pk])
    response = client.post(reverse("drafts:review", args=[second.pk]), verdict(second, "pass"))
    assert response.headers["Location"] == reverse("drafts:queue")


def test_returning_without_a_reason_says_so_and_a_ticked_reason_is_enough(cast: Cast) -> None:
    draft = make_submitted(cast)
    client, url = signed_in(cast.head), reverse("drafts:review", args=[draft.pk])
    refused = client.post(url, verdict(draft, "return"))
    assert refused.context["form"].errors["opinion"] == ["请先填写原因，再点“退回修改”。"]
    assert fresh(draft).state == "in_review"
    client.post(url, verdict(draft, "return", reasons=["pictures"], opinion="尤其是开诊现场"))
    assert fresh(draft).state == "returned"
    assert Review.objects.get().opinion == "请补充清晰的图片并写明说明。\n尤其是开诊现场"


def test_the_second_of_two_editors_is_told_who_was_first(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "pass", cast.head)
    url, data = reverse("drafts:review", args=[draft.pk]), verdict(draft, "pass")
    signed_in(cast.editor).post(url, data)
    response = signed_in(cast.second_editor).post(url, data, follow=True)
    assert any("陈静" in sentence for sentence in sentences(response))
    assert Delivery.objects.count() == 1


def test_a_person_whose_turn_it_is_not_is_refused(cast: Cast) -> None:
    draft = make_submitted(cast)
    url = reverse("drafts:review", args=[draft.pk])
    for person in (cast.writer, cast.leader, cast.editor, cast.auditor):
        assert signed_in(person).post(url, verdict(draft, "pass")).status_code == 403
    assert fresh(draft).stage == "head"


def test_the_review_page_shows_what_changed_since_the_last_text(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "return", cast.head, "写清时间")
    Submission.objects.filter(pk=draft.pk).update(body=TEXT.replace("首周", "开诊首周"))
    draft = moved(draft, "submit", cast.writer)
    response = signed_in(cast.head).get(reverse("drafts:review", args=[draft.pk]))
    assert "<ins>开诊</ins>" in response.content.decode()
    assert "写清时间" in response.content.decode()


def test_withdrawing_asks_for_a_post_and_belongs_to_the_author(cast: Cast) -> None:
    draft = make_submitted(cast)
    url = reverse("drafts:move", args=[draft.pk])
    assert signed_in(cast.writer).get(url).status_code == 405
    assert signed_in(cast.head).post(url, {"action": "withdraw"}).status_code == 403
    signed_in(cast.writer).post(url, {"action": "withdraw"})
    assert fresh(draft).state == "withdrawn"


def test_signed_out_people_are_sent_to_the_login(cast: Cast) -> None:
    draft = make_submitted(cast)
    for name in ("detail", "edit", "compare", "review"):
        response = Client().get(reverse(f"drafts:{name}", args=[draft.pk]))
        assert response.headers["Location"].startswith(reverse("login"))


def test_pictures_of_the_gallery_stay_within_bounds(cast: Cast) -> None:
    draft = make_draft(cast)
    image = UploadedImage(picture_bytes(), max_side=2000)
    for _number in range(30):
        picture_add(submission=draft, image=image, actor=cast.writer)
    answer = signed_in(cast.writer).post(
        reverse("drafts:picture_add", args=[draft.form_key]), {"picture": upload_of(picture_bytes())}
    )
    assert answer.json() == {"error": "一篇稿件最多放30张图片，请先移除一张。"}


def test_somebody_who_writes_for_two_departments_chooses_and_it_counts_there(cast: Cast) -> None:
    for department in (cast.nursing, cast.pediatrics):
        Appointment.objects.create(person=cast.writer, department=department, starts_on="2020-01-01")
    client = signed_in(cast.writer)
    assert "department" in client.get(reverse("drafts:new")).context["form"].fields
    client.post(reverse("drafts:new"), filled(action="submit", department=cast.pediatrics.pk))
    draft = Submission.objects.get()
    assert draft.department == cast.pediatrics
    draft = moved(moved(draft, "pass", cast.other_head), "pass", cast.editor)
    assert Delivery.objects.get().department == cast.pediatrics


def test_a_department_one_does_not_write_for_is_refused(cast: Cast) -> None:
    for department in (cast.nursing, cast.pediatrics):
        Appointment.objects.create(person=cast.writer, department=department, starts_on="2020-01-01")
    response = signed_in(cast.writer).post(
        reverse("drafts:new"), filled(action="save", department=cast.office.pk)
    )
    assert "department" in response.context["form"].errors
    assert not Submission.objects.exists()


def corpus() -> list[str]:
    """The collected attack strings where they lie beside the repository; a few of the kinds everywhere."""
    own = [
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    ]
    file = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora" / "xss-vectors.txt"
    return own + (file.read_text(errors="replace").splitlines() if file.exists() else [])


def test_attack_strings_through_the_writing_form_store_nothing_active(cast: Cast) -> None:
    draft = make_draft(cast)
    client, version = signed_in(cast.writer), draft.version
    vectors = [line for line in corpus() if line.strip()]
    for start in range(0, len(vectors), 50):
        body = f"<p>{PLAIN}</p>" + "".join(f"<p>{line}</p>" for line in vectors[start : start + 50])
        answer = autosave(
            client, form_key=str(draft.form_key), version=version, body=body, **{"body-format": "html"}
        )
        assert answer.status_code == 200, answer.content
        version = answer.json()["version"]
        assert active_tags(fresh(draft).body) == []
        page = client.get(reverse("drafts:detail", args=[draft.pk])).content.decode()
        assert active_tags(page.split('class="prose"')[1].split("</section>")[0]) == []


def active_tags(html: str) -> list[str]:
    """Tags that could do something: a script, a handler, an address that runs. Quoted values are only words."""
    found = []
    for tag in re.findall(r'<(?:[^<>"]|"[^"]*")*>', html):
        names = re.sub(r'"[^"]*"', '""', tag)
        addresses = re.findall(r'(?:href|src)="([^"]*)"', tag)
        runs = any(re.match(r"\s*(javascript|data|vbscript):", unescape(one), re.I) for one in addresses)
        if runs or re.search(
            r"\son\w+\s*=|<(script|iframe|style|object|embed|form|base|meta)\b", names, re.I
        ):
            found.append(tag)
    return found


def test_the_list_of_correspondents_is_kept_by_the_administrator_only(cast: Cast) -> None:
    page = reverse("admin:correspondents_appointment_add")
    client = signed_in(cast.administrator)
    assert client.get(page).status_code == 200
    client.post(
        page,
        {
            "person": cast.writer.pk,
            "department": cast.pediatrics.pk,
            "starts_on": "2024-01-01",
            "ends_on": "",
        },
    )
    assert Appointment.objects.get().department == cast.pediatrics
    for person in (cast.writer, cast.leader, cast.finance):
        assert signed_in(person).get(page).status_code in (302, 403)


def test_an_appointment_cannot_end_before_it_begins(cast: Cast) -> None:
    response = signed_in(cast.administrator).post(
        reverse("admin:correspondents_appointment_add"),
        {
            "person": cast.writer.pk,
            "department": cast.nursing.pk,
            "starts_on": "2024-02-01",
            "ends_on": "2024-01-01",
        },
    )
    assert "结束日期不能早于开始日期。" in response.content.decode()
    assert not Appointment.objects.exists()
