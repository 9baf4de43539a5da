"""The look of the admin."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from shop.conf.commerce import BRAND

UNFOLD = {
    "SITE_TITLE": BRAND,
    "SITE_HEADER": BRAND,
    "SITE_URL": "/",
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "250 244 240",
            "100": "244 229 220",
            "200": "233 204 187",
            "300": "220 170 145",
            "400": "208 135 104",
            "500": "193 106 76",
            "600": "172 84 57",
            "700": "143 67 47",
            "800": "117 57 43",
            "900": "97 50 39",
            "950": "52 24 18",
        },
    },
    # The menu of who is signed in.
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("account_change_password")},
            {"title": _("Second factor"), "link": reverse_lazy("mfa_index")},
        ]
    },
    "DASHBOARD_CALLBACK": "orders.admin.today.context",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "shop.staff.navigation.navigation",
    },
}
