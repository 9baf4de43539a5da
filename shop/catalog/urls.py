"""The addresses of the catalogue: lists, product pages, search and placeholder pictures."""

from django.urls import path

from shop.catalog import compare_views, views

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("products/", views.browse, name="browse"),
    path("products/<slug:slug>/", views.product, name="product"),
    path("compare/", compare_views.page, name="compare"),
    path("search/", views.search_page, name="search"),
    path("search/suggest", views.suggestions, name="suggest"),
    path("pictures/<slug:slug>.svg", views.placeholder, name="placeholder"),
]
