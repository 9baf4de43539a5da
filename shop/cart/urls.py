"""The addresses of the cart."""

from django.urls import path

from shop.cart import views

app_name = "cart"
urlpatterns = [
    path("cart/", views.cart, name="cart"),
    path("cart/count/", views.count, name="count"),
    path("cart/code/", views.code, name="code"),
    path("cart/add/", views.add, name="add"),
    path("cart/<int:line_id>/", views.change, name="change"),
]
