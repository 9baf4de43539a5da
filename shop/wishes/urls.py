"""The addresses of what shoppers want."""

from django.urls import path

from shop.wishes import alert_views, sharing_views, wish_views

app_name = "wishes"
urlpatterns = [
    path("wishes/", wish_views.page, name="list"),
    path("wishes/<int:product_id>/", wish_views.change, name="change"),
    path("wishes/share/", sharing_views.change, name="share"),
    path("wishes/of/<str:secret>/", sharing_views.link, name="link"),
    path("wishes/shared/<int:list_id>/", sharing_views.shared, name="shared"),
    path("back-in-stock/<int:variant_id>/", alert_views.ask, name="alert"),
    path("back-in-stock/unsubscribe/<str:token>/", alert_views.unsubscribe, name="unsubscribe"),
    path("back-in-stock/stop/<uuid:alert_id>/", alert_views.stop, name="stop"),
]
