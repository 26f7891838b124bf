from django.urls import path

from hospital.account import card_views, views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/code/", views.code, name="account_code"),
    path("account/app/", views.factor, name="account_factor"),
    path("account/app/qr.svg", views.factor_qr, name="account_factor_qr"),
    path("account/app/codes/", views.factor_codes, name="account_factor_codes"),
    path("account/app/off/", views.factor_off, name="account_factor_off"),
    path("account/sessions/end/", views.sessions_end, name="account_sessions_end"),
    path("account/sessions/<int:pk>/end/", views.session_end, name="account_session_end"),
    path("account/held/", views.held_form, name="account_held"),
    path("account/card/", views.own_card, name="account_card"),
    path("cards/", card_views.cards, name="cards"),
    path("cards/<int:pk>/read/", card_views.card_read, name="card_read"),
    path("cards/<int:pk>/", card_views.card_set, name="card_set"),
]
