"""The addresses of the demo: its mailbox and the simulator."""

from django.urls import path

from shop.demo import simulator_views, views

app_name = "demo"
urlpatterns = [
    path("demo/mail/", views.mailbox, name="mail"),
    path("demo/mail/<int:letter_id>/", views.letter, name="letter"),
    path("demo/mail/<int:letter_id>/html", views.letter_html, name="letter-html"),
    # Pages of staff live under the admin's address: its theme needs the looser content policy that is given there.
    path("admin/simulator/", simulator_views.page, name="simulator"),
    path("admin/simulator/progress/", simulator_views.progress, name="simulation"),
    path("admin/simulator/stop/", simulator_views.stop, name="stop-simulation"),
]
