"""The site as it is run for real, with the witnesses of the suite, and handlers that do nothing."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS += ["bench"]
WHITENOISE_AUTOREFRESH = False
