"""The address of a review."""

from django.urls import path

from shop.reviews import views

app_name = "reviews"
urlpatterns = [path("orders/<ref:ref>/reviews/<int:line_id>/", views.write, name="write")]
