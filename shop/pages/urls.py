"""The addresses of the shop's own pages: one for each kind, one for all others, one for each version.

The address of the contact page is that of its form, in `orders`.
"""

from django.urls import path

from shop.pages import views

app_name = "pages"
urlpatterns = [
    path("imprint/", views.page, {"kind": "imprint"}, name="imprint"),
    path("terms/", views.page, {"kind": "terms"}, name="terms"),
    path("privacy/", views.page, {"kind": "privacy"}, name="privacy"),
    path("withdrawal/", views.page, {"kind": "withdrawal"}, name="withdrawal"),
    path("delivery/", views.page, {"kind": "delivery"}, name="delivery"),
    path("info/<slug:page_slug>/", views.other, name="other"),
    path("info/<slug:page_slug>/<int:version_number>/", views.version, name="version"),
]
