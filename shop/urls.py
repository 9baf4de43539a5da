"""The addresses of the site.

`/healthz`, `/readyz` and `/metrics` are answered by the middleware `shop.lib.health.Probes`.
"""

from django.conf import settings
from django.contrib import admin
from django.contrib.sitemaps import views as sitemaps
from django.urls import include, path
from django.views.generic import RedirectView

from orders.payments.gateways import base
from shop.catalog import crawlers
from shop.lib import installable, media
from shop.pages.crawlers import TextPages
from shop.staff import invitation_views, search, session_views

SITEMAPS = crawlers.SITEMAPS | {"texts": TextPages}

urlpatterns = [
    # Before the admin, which answers every address under its own.
    *([path("", include("shop.demo.urls"))] if settings.DEMO else []),
    path("", include("shop.catalog.urls")),
    path("", include("shop.markets.urls")),
    path("", include("shop.wishes.urls")),
    path("", include("shop.pages.urls")),
    path("", include("shop.cart.urls")),
    path("", include("orders.pages.urls")),
    path("", include("shop.insight.urls")),
    path("account/", include("shop.members.urls")),
    path("", include("shop.reviews.urls")),
    path("accounts/", include("allauth.urls")),
    path("live/", include("events.live.urls")),
    *(
        [path("gateway/test/", include("orders.payments.gateways.test.urls"))]
        if any(each.is_test for each in base.every())
        else []
    ),
    path("admin/", include("orders.admin.urls")),
    path("admin/search/", admin.site.admin_view(search.page), name="admin_search"),
    path("admin/sessions/", admin.site.admin_view(session_views.page), name="staff_sessions"),
    path("admin/", admin.site.urls),
    path("invitations/<str:secret>/", invitation_views.answer, name="invitation"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("robots.txt", crawlers.robots),
    path("sitemap.xml", sitemaps.index, {"sitemaps": SITEMAPS}),
    path(
        "sitemap-<section>.xml",
        sitemaps.sitemap,
        {"sitemaps": SITEMAPS},
        name="django.contrib.sitemaps.views.sitemap",
    ),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("service-worker.js", installable.service_worker),
    path("favicon.ico", RedirectView.as_view(url="/static/brand/favicon.svg", permanent=True)),
    path("media/<path:path>", media.serve, name="media"),
]

handler403 = "shop.lib.errors.forbidden"
handler404 = "shop.lib.errors.not_found"
handler500 = "shop.lib.errors.broken"
handler429 = "shop.lib.errors.too_many"
