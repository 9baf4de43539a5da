from django.urls import path

from shop.demo import simulating, views

app_name = "demo"
urlpatterns = [
    path("simulator/", simulating.page, name="simulator"),
    path("simulator/progress/", simulating.progress, name="simulation"),
    path("simulator/stop/", simulating.stop, name="stop-simulation"),
    path("mail/", views.mailbox, name="mail"),
    path("mail/<int:letter_id>/", views.letter, name="letter"),
    path("mail/<int:letter_id>/html", views.letter_html, name="letter-html"),
]
