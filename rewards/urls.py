from django.urls import path

from rewards import payout_views, views

app_name = "rewards"
urlpatterns = [
    path("rewards/", views.ledger, name="ledger"),
    path("rewards/entries/<int:pk>/", views.entry, name="entry"),
    path("rewards/settle/", views.settle_year, name="settle"),
    path("rewards/mine/", views.mine, name="mine"),
    path("rewards/scheme/", views.scheme, name="scheme"),
    path("rewards/scheme/new/", views.scheme_new, name="scheme_new"),
    path("rewards/payouts/", payout_views.payouts, name="payouts"),
    path("rewards/payouts/new/", payout_views.payout_new, name="payout_new"),
    path("rewards/payouts/<int:pk>/", payout_views.payout, name="payout"),
    path("rewards/payouts/<int:pk>/seal/", payout_views.seal, name="seal"),
    path("rewards/payouts/<int:pk>/drop/", payout_views.drop, name="drop"),
    path("rewards/payouts/<int:pk>/workbook/", payout_views.workbook, name="workbook"),
    path("rewards/appraisal/", views.appraisal, name="appraisal"),
]
