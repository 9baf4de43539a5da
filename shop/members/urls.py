"""The addresses of the account."""

from django.urls import path

from shop.members import addresses, data, views

app_name = "members"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("add-orders/", views.add_orders, name="add_orders"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("notifications/", views.notifications, name="notifications"),
    path("addresses/", addresses.every, name="addresses"),
    path("addresses/<int:pk>/", addresses.one, name="address"),
    path("addresses/<int:pk>/default/", addresses.make_default, name="default_address"),
    path("addresses/<int:pk>/delete/", addresses.delete, name="delete_address"),
    path("data/", data.page, name="data"),
    path("data/export/", data.export, name="export"),
    path("data/delete/", data.delete, name="delete"),
]
