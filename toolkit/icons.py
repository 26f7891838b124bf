"""Names of the icons in our sprite (a selection of Bootstrap Icons).

The sprite is `static/vendor/bootstrap-icons-1.13.2/sprite.svg`; docs/ui.md says how to add one.
"""

SPRITE = "vendor/bootstrap-icons-1.13.2/sprite.svg"

NAMES = """
activity archive arrow-clockwise arrow-counterclockwise arrow-down arrow-left arrow-repeat
arrow-return-left arrow-right arrow-up award ban bandaid bar-chart bell bell-slash book bookmark
box-arrow-in-right box-arrow-right box-arrow-up-right broadcast building calculator calendar-check
calendar-event calendar3 camera capsule card-checklist cash-coin cash-stack chat-left-dots
chat-left-text chat-square-dots check check-circle check-circle-fill check-lg check2 check2-all
chevron-down chevron-left chevron-right chevron-up circle clipboard clipboard-check clipboard-data
clock clock-history cloud-arrow-up cloud-check cloud-slash cloud-upload coin columns-gap copy
currency-yen dash-circle database diagram-3 download envelope eraser exclamation-circle
exclamation-triangle eye eye-slash file-earmark file-earmark-arrow-down file-earmark-check
file-earmark-diff file-earmark-excel file-earmark-image file-earmark-pdf file-earmark-plus
file-earmark-text file-earmark-word file-text filter flag flag-fill folder folder2-open funnel gear
geo-alt globe graph-up grid hand-thumbs-down hand-thumbs-up hdd heart heart-pulse hospital
hourglass-split house image images inbox info-circle journal-richtext journal-text kanban key laptop
layout-text-sidebar lightbulb lightning link-45deg list list-check list-task list-ul lock megaphone
megaphone-fill menu-button-wide mortarboard newspaper paperclip patch-check patch-check-fill
pause-circle pencil pencil-square people percent person person-badge person-circle person-plus phone
piggy-bank pin-angle play-circle plus plus-circle plus-lg printer qr-code question-circle receipt
record-circle reply robot save scissors search send send-check send-x server share shield-check
shield-lock sign-turn-right signpost-split slash-circle sliders sort-down star star-fill stop-circle
stopwatch table tag tags telephone three-dots three-dots-vertical translate trash trophy tv
type-bold type-italic ui-checks unlock upload wallet2 wechat x x-circle x-lg zoom-in
"""

ICONS = frozenset(NAMES.split())
