"""The pages of the order desk that belong to no model. They stand before the admin's own addresses."""

from django.contrib import admin
from django.urls import path

from orders.admin import customers, new_order

app_name = "desk"
urlpatterns = [
    path("new-order/", admin.site.admin_view(new_order.page), name="new_order"),
    path("customers/<int:user>/", admin.site.admin_view(customers.member), name="customer"),
    path("customers/guest/<int:order>/", admin.site.admin_view(customers.guest), name="guest"),
]
