"""The addresses of Insight. They stand before the admin's own, and under them: staff look for it there."""

from django.urls import path

from shop.insight import views

app_name = "insight"
urlpatterns = [
    path("admin/insight/", views.page, name="page"),
    path("admin/insight/<slug:name>.csv", views.table, name="table"),
]
