"""The HTTP addresses of the live layer: a new ticket, and polling."""

from django.urls import path

from events.live import views

app_name = "live"
urlpatterns = [path("ticket", views.ticket, name="ticket"), path("poll", views.poll, name="poll")]
