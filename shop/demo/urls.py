from django.urls import path

from shop.demo import views

app_name = "demo"
urlpatterns = [
    path("mail/", views.mailbox, name="mail"),
    path("mail/<int:letter_id>/", views.letter, name="letter"),
    path("mail/<int:letter_id>/html", views.letter_html, name="letter-html"),
]
