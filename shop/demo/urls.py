from django.urls import path

from shop.demo import simulating, views

app_name = "demo"
urlpatterns = [
    path("demo/mail/", views.mailbox, name="mail"),
    path("demo/mail/<int:letter_id>/", views.letter, name="letter"),
    path("demo/mail/<int:letter_id>/html", views.letter_html, name="letter-html"),
    # Pages of staff live under the admin's address: its theme needs the looser content policy that is given there.
    path("admin/simulator/", simulating.page, name="simulator"),
    path("admin/simulator/progress/", simulating.progress, name="simulation"),
    path("admin/simulator/stop/", simulating.stop, name="stop-simulation"),
]
