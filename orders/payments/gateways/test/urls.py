"""The address of the hosted payment page."""

from django.urls import path

from orders.payments.gateways.test import views

app_name = "testgateway"
urlpatterns = [path("<slug:session_id>/", views.pay, name="pay")]
