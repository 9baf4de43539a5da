"""Every setting of the site. `docs/operations.md` explains those that an operator sets.

The modules of `shop.conf` read the environment, each one subject; here stands what is the same everywhere.
"""

from shop.conf import commerce
from shop.conf.admin_theme import *  # noqa: F403
from shop.conf.backbone import *  # noqa: F403
from shop.conf.commerce import *  # noqa: F403
from shop.conf.installation import *  # noqa: F403
from shop.conf.installation import BASE_DIR, DATA_DIR, DEMO, HTTPS, PRODUCTION, TRUSTED_PROXIES
from shop.conf.live import *  # noqa: F403
from shop.conf.logs import *  # noqa: F403
from shop.conf.safety import *  # noqa: F403
from shop.conf.storage import *  # noqa: F403
from shop.lib import environment, translations

vars().update(commerce.MAIL)

# Requests that a web process answers at the same time, each by a thread with a database connection; the live layer has
# four more.
HTTP_THREADS = environment.number("HTTP_THREADS", 14, 1, 1000)

INSTALLED_APPS = [
    "modeltranslation",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.humanize",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "django_countries",
    "django_htmx",
    "djmoney",
    "treebeard",
    "csp",
    "events",
    "shop.accounts",
    "shop.markets",
    "shop.catalog",
    "shop.vouchers",
    "shop.wishes",
    "shop.pages",
    "shop.cart",
    "orders",
    "shop.reviews",
    "orders.payments.gateways.test",
    "orders.payments.gateways.bank",
    "orders.payments.gateways.stripe",
    "shop.insight",
    "shop.staff",
    "shop.members",
    "shop.demo",
    "shop",
]

MIDDLEWARE = [
    "shop.lib.health.Probes",
    "shop.lib.language_addresses.LanguageOfAddress",
    "shop.lib.http_metrics.CountResponses",
    "shop.lib.tracing.TraceRequests",
    "shop.lib.headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "shop.lib.compression.CompressFiles",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.lib.database_away.AnswerWhileAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shop.staff.trail.RecordStaff",
    "django.contrib.messages.middleware.MessageMiddleware",
    "shop.lib.kept_messages.KeepMessages",
    "shop.lib.unusable_input.RefuseUnusableInput",
    "shop.staff.second_factor.GuardStaff",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "shop.lib.throttle.Throttle",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "shop.urls"
ASGI_APPLICATION = "shop.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"money": "shop.pricing.template_filters"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "shop.lib.context.site",
                "shop.cart.context.cart_count",
                "shop.markets.context.place",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The first is compiled at start (shop.lib.translations); the second is where a build may have put catalogues.
LOCALE_PATHS = [translations.folder(BASE_DIR / "locale", DATA_DIR), BASE_DIR / "locale"]

# -- People ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    # Whatever password is set in the demo is good only in the demo.
    *(["shop.accounts.demo_logins.DemoHasher"] if DEMO else []),
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    *([] if DEMO else ["shop.accounts.demo_logins.DemoHasher"]),
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_REDIRECT_URL = "orders:orders"
LOGIN_URL = "account_login"
USERSESSIONS_ADAPTER = "shop.accounts.adapter.SessionsAdapter"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # the sender is the shop
ACCOUNT_ADAPTER = "shop.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none" if DEMO else "mandatory"
ACCOUNT_LOGOUT_ON_GET = False
# A browser that was left signed in gives nobody the account: its addresses and password ask for the password, and every
# change is mailed.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
# Whoever guesses or steals the password of a member of staff still does not get in.
STAFF_SECOND_FACTOR = environment.boolean("STAFF_SECOND_FACTOR", default=PRODUCTION)
STAFF_SESSION_HOURS = environment.number("STAFF_SESSION_HOURS", 12, 1, 24 * 14)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = commerce.BRAND
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute wrong
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # at http://localhost browsers allow passkeys
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_RATE_LIMITS = {
    # The key is the account and the address together (shop.accounts.adapter): a stranger cannot lock a person out.
    "login_failed": "10/m/ip,5/5m/key",
    # Wrong passwords for one account from anywhere: many addresses guess no faster than this.
    "login_failed_anywhere": "100/h/key",
}
