"""The address where a visitor chooses country and language."""

from django.urls import path

from shop.markets import views

app_name = "markets"
urlpatterns = [path("deliver-to/", views.deliver_to, name="deliver_to")]
