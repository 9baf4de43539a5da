from django.urls import path

from orders.gateways.testgateway import views

app_name = "testgateway"
urlpatterns = [path("<slug:session_id>/", views.pay, name="pay")]
