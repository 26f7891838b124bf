"""Every address, every method, and who gets what answer. One line is one promise; a test tries each with real logins.

(name of the address, object, method, answers). Objects are made in people.py. Answers read "status: who"; `*` is
everybody signed in whom the line doesn't name. Who isn't signed in is sent to the sign-in page unless named as
`stranger`. A method that no line names is refused with 405 (403 or 404 where the door itself is closed already).
Statuses: login = the sign-in page, 200 page, 302 done and sent on, 400/409/422 the form comes back with what is wrong,
403 not your business, 404 not there for you.
"""

Line = tuple[str, str, str, str]

READERS_OF_PLANS = "office leaders auditor administrator"

DOORS: list[Line] = [
    # --- the roof
    ("dashboard", "nothing", "GET", "302: finance; 200: *"),
    ("reports", "nothing", "GET", "200: office auditor; 403: *"),
    ("audit", "nothing", "GET", "200: auditor administrator; 403: *"),
    ("audit_export", "nothing", "GET", "200: auditor administrator; 403: *"),
    ("favicon", "nothing", "GET", "302: * stranger"),
    ("favicon", "nothing", "POST", "302: * stranger"),
    # probes of machines; the figures are for METRICS_FROM alone, which is nobody here
    ("alive", "nothing", "GET", "200: * stranger"),
    ("ready", "nothing", "GET", "200: * stranger"),
    ("metrics", "nothing", "GET", "404: * stranger"),
    ("csp_report", "nothing", "POST", "204: * stranger"),
    ("login", "nothing", "GET", "200: stranger; 302: *"),
    ("login", "nothing", "POST", "200: stranger; 302: *"),
    ("logout", "nothing", "POST", "login: * stranger"),
    ("password_change", "nothing", "GET", "302: *"),  # nobody of the cast has a password of their own here
    ("password_change", "nothing", "POST", "302: *"),
    ("password_change_done", "nothing", "GET", "200: *"),
    # --- notices and the own account
    ("hospital:notifications", "nothing", "GET", "200: *"),
    ("hospital:notifications_read", "nothing", "POST", "302: *"),
    ("hospital:notification_open", "notice", "POST", "302: writer; 404: *"),
    ("hospital:account", "nothing", "GET", "200: *"),
    ("hospital:account_code", "nothing", "GET", "302: *"),
    ("hospital:account_code", "nothing", "POST", "302: *"),
    ("hospital:account_factor", "nothing", "GET", "200: *"),
    ("hospital:account_factor", "nothing", "POST", "200: *"),
    ("hospital:account_factor_qr", "nothing", "GET", "200: *"),
    ("hospital:account_factor_codes", "nothing", "POST", "302: *"),
    ("hospital:account_factor_off", "nothing", "POST", "302: *"),
    ("hospital:account_sessions_end", "nothing", "POST", "login: *"),
    ("hospital:account_session_end", "sign_in", "POST", "302: *"),  # others' are "signed out already"
    ("hospital:account_held", "nothing", "GET", "302: *"),
    ("hospital:account_held", "nothing", "POST", "302: *"),
    ("hospital:account_card", "nothing", "POST", "302: *"),
    ("hospital:cards", "nothing", "GET", "200: finance; 403: *"),
    ("hospital:card_read", "writer_person", "POST", "200: finance; 403: *"),
    ("hospital:card_read", "no_number", "POST", "404: finance; 403: *"),
    ("hospital:card_set", "writer_person", "POST", "302: finance; 403: *"),
    # --- plans
    ("plans:list", "nothing", "GET", "200: *"),
    ("plans:new", "nothing", "GET", "200: office; 403: *"),
    ("plans:new", "nothing", "POST", "302: office; 403: *"),
    ("plans:detail", "plan_in_force", "GET", "200: *"),
    ("plans:detail", "plan_draft", "GET", f"200: {READERS_OF_PLANS}; 404: *"),
    ("plans:detail", "plan_submitted", "GET", f"200: {READERS_OF_PLANS}; 404: *"),
    ("plans:detail", "no_number", "GET", "404: *"),
    ("plans:revision", "plan_in_force_1", "GET", "200: *"),
    ("plans:revision", "plan_submitted_1", "GET", f"200: {READERS_OF_PLANS}; 404: *"),
    ("plans:edit", "plan_draft", "GET", "200: office; 403: leaders auditor administrator; 404: *"),
    ("plans:edit", "plan_draft", "POST", "302: office; 403: leaders auditor administrator; 404: *"),
    ("plans:edit", "plan_in_force", "GET", "302: office; 403: *"),
    ("plans:edit", "plan_in_force", "POST", "302: office; 403: *"),
    ("plans:submit", "plan_draft", "POST", "302: office; 403: leaders auditor administrator; 404: *"),
    ("plans:submit", "plan_in_force", "POST", "302: office; 403: *"),
    ("plans:amend", "plan_in_force", "POST", "302: office; 403: *"),
    ("plans:import", "plan_draft", "GET", "200: office; 403: leaders auditor administrator; 404: *"),
    ("plans:import", "plan_draft", "POST", "302: office; 403: leaders auditor administrator; 404: *"),
    ("plans:import_preview", "import", "GET", "200: office; 403: leaders auditor administrator; 404: *"),
    ("plans:import_preview", "import", "POST", "302: office; 403: leaders auditor administrator; 404: *"),
    ("plans:import_drop", "import", "POST", "302: office; 403: leaders auditor administrator; 404: *"),
    ("plans:matrix", "nothing", "GET", "200: *"),
    ("plans:cell", "nothing", "GET", "200: *"),
    ("plans:export", "nothing", "GET", "200: *"),
    ("plans:remind", "nothing", "POST", "302: office; 403: *"),
    ("plans:log", "nothing", "GET", "200: office; 403: *"),
    ("plans:log", "nothing", "POST", "200: office; 403: *"),
    ("plans:take_back", "piece", "POST", "302: office; 403: *"),
    ("plans:take_back", "no_number", "POST", "404: office; 403: *"),
    # --- drafts: before it is submitted a draft is its author's alone
    ("drafts:list", "nothing", "GET", "200: *"),
    ("drafts:new", "nothing", "GET", "403: auditor; 200: *"),
    (
        "drafts:new",
        "nothing",
        "POST",
        "403: auditor; 302: writers heads office; 200: *",
    ),  # 200: no department
    ("drafts:autosave", "nothing", "POST", "401: stranger; 200: writers heads office; 400: *"),
    ("drafts:people", "nothing", "GET", "200: *"),
    ("drafts:picture_add", "own_draft_key", "POST", "200: writer; 404: *"),
    ("drafts:picture_add", "at_head_key", "POST", "400: writer; 404: *"),
    ("drafts:upload", "own_draft_key", "POST", "200: writer; 404: *"),
    ("drafts:upload", "at_head_key", "POST", "400: writer; 404: *"),
    ("drafts:detail", "own_draft", "GET", "200: writer; 404: *"),
    ("drafts:detail", "at_head", "GET", "200: writer head leader office auditor; 404: *"),
    ("drafts:detail", "returned", "GET", "200: writer head leader office auditor; 404: *"),
    ("drafts:detail", "accepted", "GET", "200: writer head leader office auditor; 404: *"),
    ("drafts:detail", "no_number", "GET", "404: *"),
    ("drafts:edit", "own_draft", "GET", "200: writer; 404: *"),
    ("drafts:edit", "own_draft", "POST", "302: writer; 404: *"),
    ("drafts:edit", "at_head", "GET", "302: writer; 403: head leader office auditor; 404: *"),
    ("drafts:edit", "at_head", "POST", "200: writer; 403: head leader office auditor; 404: *"),
    ("drafts:edit", "returned", "POST", "302: writer; 403: head leader office auditor; 404: *"),
    ("drafts:move", "own_draft", "POST", "302: writer; 404: *"),
    ("drafts:move", "at_head", "POST", "302: writer; 403: head leader office auditor; 404: *"),
    ("drafts:compare", "own_draft", "GET", "200: writer; 404: *"),
    ("drafts:compare", "at_head", "GET", "200: writer head leader office auditor; 404: *"),
    ("drafts:queue", "nothing", "GET", "200: *"),
    ("drafts:review", "own_draft", "GET", "302: writer; 404: *"),
    ("drafts:review", "at_head", "GET", "200: head; 302: writer leader office auditor; 404: *"),
    ("drafts:review", "at_head", "POST", "302: head; 403: writer leader office auditor; 404: *"),
    ("drafts:review", "at_editor", "GET", "200: office; 302: writer head leader auditor; 404: *"),
    ("drafts:review", "at_editor", "POST", "302: office; 403: writer head leader auditor; 404: *"),
    ("drafts:picture", "picture", "GET", "200: writer; 404: *"),
    ("drafts:picture", "picture_elsewhere", "GET", "404: *"),
    ("drafts:picture", "picture_html", "GET", "404: *"),
    # --- placements: 李娜 is credited, 王芳 heads her department
    ("outlets:list", "nothing", "GET", "200: *"),
    ("outlets:export", "nothing", "GET", "200: *"),
    ("outlets:new", "nothing", "GET", "200: office; 403: *"),
    ("outlets:new", "nothing", "POST", "200: office; 403: *"),
    ("outlets:detail", "logged", "GET", "200: writer head leaders office auditor finance; 404: *"),
    ("outlets:detail", "no_number", "GET", "404: *"),
    ("outlets:move", "logged", "POST", "302: office; 403: writer head leaders auditor finance; 404: *"),
    (
        "outlets:evidence_new",
        "logged",
        "POST",
        "302: office; 403: writer head leaders auditor finance; 404: *",
    ),
    ("outlets:evidence", "scan", "GET", "200: writer head leaders office auditor; 404: *"),
    ("outlets:evidence", "paper", "GET", "200: writer head leaders office auditor; 404: *"),
    ("outlets:evidence", "no_key", "GET", "404: *"),
    ("outlets:outlet_list", "nothing", "GET", "200: office auditor; 403: *"),
    ("outlets:outlet_new", "nothing", "GET", "200: office; 403: *"),
    ("outlets:outlet_new", "nothing", "POST", "302: office; 403: *"),
    ("outlets:outlet_edit", "outlet", "GET", "200: office; 403: *"),
    ("outlets:outlet_edit", "outlet", "POST", "302: office; 403: *"),
    ("outlets:outlet_delete", "unused_outlet", "POST", "302: office; 403: *"),
    ("outlets:outlet_delete", "no_number", "POST", "404: office; 403: *"),
    # --- rewards: finance sees a batch once it is sealed
    ("rewards:ledger", "nothing", "GET", "200: office leaders heads auditor finance; 403: *"),
    ("rewards:entry", "entry", "GET", "200: writer head office leaders auditor finance; 404: *"),
    ("rewards:entry", "no_number", "GET", "404: *"),
    ("rewards:settle", "nothing", "POST", "302: chief; 403: *"),
    ("rewards:mine", "nothing", "GET", "200: *"),
    ("rewards:scheme", "nothing", "GET", "200: writers heads office leaders auditor finance; 403: *"),
    ("rewards:scheme_new", "nothing", "GET", "200: chief; 403: *"),
    ("rewards:scheme_new", "nothing", "POST", "422: chief; 403: *"),
    ("rewards:payouts", "nothing", "GET", "200: office leaders auditor finance; 403: *"),
    ("rewards:payout_new", "nothing", "GET", "200: chief; 403: *"),
    ("rewards:payout_new", "nothing", "POST", "422: chief; 403: *"),
    ("rewards:payout", "sealed", "GET", "200: office leaders auditor finance; 403: *"),
    ("rewards:payout", "unsealed", "GET", "200: office leaders auditor; 404: finance; 403: *"),
    ("rewards:payout", "no_number", "GET", "404: office leaders auditor finance; 403: *"),
    ("rewards:seal", "unsealed", "POST", "302: chief; 404: finance; 403: *"),
    ("rewards:drop", "unsealed", "POST", "302: chief; 404: finance; 403: *"),
    ("rewards:drop", "sealed", "POST", "302: chief; 403: *"),
    ("rewards:workbook", "sealed", "GET", "200: office leaders auditor finance; 403: *"),
    ("rewards:workbook", "unsealed", "GET", "404: office leaders auditor finance; 403: *"),
    ("rewards:appraisal", "nothing", "POST", "302: office; 403: *"),
    # --- background jobs: their starter's; the appraisal belongs to all of the office
    ("jobs:detail", "own_job", "GET", "200: writer; 404: *"),
    ("jobs:detail", "appraisal_job", "GET", "200: office auditor; 404: *"),
    ("jobs:detail", "no_job", "GET", "404: *"),
    ("jobs:download", "own_job", "GET", "200: writer; 404: *"),
    ("jobs:download", "appraisal_job", "GET", "200: office auditor; 404: *"),
    ("jobs:download", "waiting_job", "GET", "404: *"),
]

STAFF = "leaders administrator security"
# Doors of the admin. Who isn't staff there gets 403 (signed in) or the sign-in page (stranger), on every line.
ADMIN_DOORS: list[Line] = [
    ("admin:index", "nothing", "GET", f"200: {STAFF}; 403: *"),
    ("admin:login", "nothing", "GET", "login: stranger; 403: *"),
    ("admin:logout", "nothing", "POST", f"login: {STAFF}; 302: * stranger"),
    ("admin:password_change", "nothing", "GET", f"302: {STAFF}; 403: *"),
    ("admin:password_change_done", "nothing", "GET", f"302: {STAFF}; 403: *"),
    ("admin:autocomplete", "autocomplete", "GET", "200: administrator security; 403: *"),
    ("admin:jsi18n", "nothing", "GET", f"200: {STAFF}; 403: *"),
    ("admin:view_on_site", "view_on_site", "GET", f"404: {STAFF}; 403: *"),
    ("admin:app_list", "app_plans", "GET", "200: leaders administrator; 404: security; 403: *"),
    ("admin:app_list", "app_hospital", "GET", "200: administrator security; 404: leaders; 403: *"),
    ("admin:catch_all", "nowhere", "GET", f"404: {STAFF}; 403: *"),
    # plans: leaders decide, nobody edits
    ("admin:plans_plan_changelist", "nothing", "GET", "200: leaders administrator; 403: *"),
    ("admin:plans_plan_bare", "plan_submitted", "GET", f"302: {STAFF}; 403: *"),
    ("admin:plans_plan_add", "nothing", "GET", "403: *"),
    ("admin:plans_plan_add", "nothing", "POST", "403: *"),
    ("admin:plans_plan_change", "plan_submitted", "GET", "200: leaders administrator; 404: security; 403: *"),
    (
        "admin:plans_plan_history",
        "plan_submitted",
        "GET",
        "200: leaders administrator; 302: security; 403: *",
    ),
    ("admin:plans_plan_delete", "plan_submitted", "GET", "403: *"),
    ("admin:plans_plan_delete", "plan_submitted", "POST", "403: *"),
    ("admin:plans_plan_decide", "plan_submitted", "POST", "302: leaders; 404: security; 403: *"),
    ("admin:plans_plan_decide", "no_number", "POST", f"404: {STAFF}; 403: *"),
]


def model_in_admin(
    model: str, row: str, *, see: str, add: str = "", change: str = "", delete: str = ""
) -> list[Line]:
    """The six doors of one model: who sees it, and who of those may also do something. `row` is a row of it."""

    def answers(status: int, who: str) -> str:
        return f"{status}: {who}; 403: *" if who else "403: *"

    return [
        (f"admin:{model}_changelist", "nothing", "GET", answers(200, see)),
        (f"admin:{model}_history", row, "GET", answers(200, see)),
        (f"admin:{model}_bare", row, "GET", f"302: {STAFF}; 403: *"),
        (f"admin:{model}_add", "nothing", "GET", answers(200, add)),
        (f"admin:{model}_add", "nothing", "POST", answers(200, add)),  # an empty form comes back
        (f"admin:{model}_change", row, "GET", answers(200, see)),
        (f"admin:{model}_change", row, "POST", answers(200, change)),
        (f"admin:{model}_delete", row, "GET", answers(200, delete)),
        (f"admin:{model}_delete", row, "POST", answers(302, delete)),
    ]


def sheet_import(model: str, who: str) -> list[Line]:
    return [
        (f"admin:{model}_import", "nothing", "GET", f"200: {who}; 403: *"),
        (f"admin:{model}_import", "nothing", "POST", f"200: {who}; 403: *"),
        (f"admin:{model}_import_template", "nothing", "GET", f"200: {who}; 403: *"),
        (f"admin:{model}_process_import", "nothing", "POST", f"302: {who}; 403: *"),
    ]


ADMIN_DOORS += [
    *model_in_admin("plans_quotaitem", "quota", see="leaders administrator"),
    *model_in_admin(
        "plans_category", "category", see="leaders administrator", add="administrator", change="administrator",
    ),
    *model_in_admin("rewards_schemeversion", "version", see="administrator", add="administrator"),
    *model_in_admin(
        "correspondents_appointment", "appointment",
        see="administrator", add="administrator", change="administrator", delete="administrator",
    ),
    *model_in_admin(
        "hospital_user", "writer_user", see="administrator security", add="administrator",
        change="administrator security",
    ),
    *model_in_admin(
        "hospital_department", "department", see="administrator security", add="administrator",
        change="administrator", delete="administrator",
    ),
    *model_in_admin("auth_group", "group", see=""),
    *sheet_import("hospital_user", "administrator"),
    *sheet_import("hospital_department", "administrator"),
]  # fmt: skip

# The security administrator's form of a person has nothing that must be filled in.
PERSON_FORM = ("admin:hospital_user_change", "writer_user", "POST")
ADMIN_DOORS = [line for line in ADMIN_DOORS if line[:3] != PERSON_FORM]
ADMIN_DOORS += [(*PERSON_FORM, "200: administrator; 302: security; 403: *")]
# The actions of each list in the admin, and who may run them on a row. Every action there is stands here.
ADMIN_ACTIONS: list[Line] = [
    ("hospital_user", "writer_user", "give_one_time_passwords", "administrator security"),
    ("hospital_user", "writer_user", "delete_selected", ""),
    ("hospital_user", "writer_user", "reset_second_factor", "administrator security"),
    ("hospital_user", "writer_user", "sign_out_everywhere", "administrator security"),
    ("hospital_user", "writer_user", "lift_lockout", "administrator security"),
    ("hospital_department", "department", "delete_selected", "administrator"),
    ("correspondents_appointment", "appointment", "delete_selected", "administrator"),
    ("plans_category", "category", "delete_selected", ""),  # in use
    ("rewards_schemeversion", "version", "issue", "administrator"),  # asks for a draft; an issued one stays
    ("auth_group", "group", "delete_selected", ""),
    ("plans_plan", "plan_submitted", "delete_selected", ""),
    ("plans_quotaitem", "quota", "delete_selected", ""),
]

# What each POST (or query) carries so that somebody who may do it really does it.
Form = dict[str, object]
FORMS: dict[tuple[str, str], Form] = {
    ("plans:new", "nothing"): {"year": 2030},
    ("plans:edit", "plan_draft"): {
        "title": "计划", "version": "1", "sections-TOTAL_FORMS": "0", "sections-INITIAL_FORMS": "0",
    },
    ("plans:import", "plan_draft"): {"file": "csv"},
    ("plans:import_preview", "import"): {"do": "check"},
    ("plans:take_back", "piece"): {"note": "记错了"},
    ("drafts:new", "nothing"): {"form_key": "new", "title": "新稿", "body": "正文", "version": "0",
        "genre": "news", "action": "save"},
    ("drafts:autosave", "nothing"): {"form_key": "new", "title": "新稿", "body": "正文", "version": "0"},
    ("drafts:picture_add", "own_draft_key"): {"picture": "image"},
    ("drafts:picture_add", "at_head_key"): {"picture": "image"},
    ("drafts:upload", "own_draft_key"): {"upload": "image"},
    ("drafts:upload", "at_head_key"): {"upload": "image"},
    ("drafts:edit", "own_draft"): {"title": "改过", "body": "正文", "version": "own_draft",
        "genre": "news", "action": "save"},
    ("drafts:edit", "at_head"): {"title": "改过", "body": "正文", "version": "at_head",
        "genre": "news", "action": "save"},
    ("drafts:edit", "returned"): {"title": "改过", "body": "正文", "version": "returned",
        "genre": "news", "action": "save"},
    ("drafts:move", "own_draft"): {"action": "withdraw"},
    ("drafts:move", "at_head"): {"action": "withdraw"},
    ("drafts:review", "at_head"): {"action": "pass", "stage": "head", "revision": "at_head"},
    ("drafts:review", "at_editor"): {"action": "pass", "stage": "editor", "revision": "at_editor"},
    ("outlets:move", "logged"): {"action": "void", "note": "链接打不开"},
    ("outlets:evidence_new", "logged"): {"evidence": "image"},
    ("outlets:outlet_new", "nothing"): {"name": "新媒体", "level": "prefecture", "medium": "newspaper"},
    ("outlets:outlet_edit", "outlet"): {"name": "市日报", "level": "prefecture", "medium": "newspaper"},
    ("rewards:scheme_new", "nothing"): {"number": "x"},
    ("rewards:payout_new", "nothing"): {"year": "x"},
    ("rewards:settle", "nothing"): {"year": "2026"},
    ("rewards:seal", "unsealed"): {},
    ("rewards:appraisal", "nothing"): {"year": "2026"},
    ("hospital:card_set", "writer_person"): {"bank_card": "6222021234567890128"},
    ("admin:plans_plan_decide", "plan_submitted"): {"action": "approve", "note": "", "revision": "plan_submitted"},
    ("admin:correspondents_appointment_delete", "appointment"): {"post": "yes"},
    ("admin:hospital_department_delete", "department"): {"post": "yes"},
}  # fmt: skip
QUERIES: dict[str, str] = {
    "plans:cell": "year=2026&category=info&department=nursing",
    "plans:export": "year=2026&category=info",
    "outlets:new": "without=1",
    "admin:autocomplete": "app_label=hospital&model_name=department&field_name=head",
}
