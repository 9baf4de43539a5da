"""Security headers of every response, pages of errors and files included."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

form_origins: Callable[[], list[str]] = list
"""Gives the origins that a form may lead to besides the shop: the payment gateways'. The site's wiring says which."""


class SecurityHeaders(CSPMiddleware):
    """Middleware: the content policy of the shop or its admin, no device rights, no index of personal pages."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add what the view did not set itself."""
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        if "no-store" in response.headers.get("Cache-Control", ""):
            response.headers.setdefault("X-Robots-Tag", "noindex")
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The policy of the settings, changed for the admin, or widened by the payment gateways' origins."""
        parts = super().get_policy_parts(request, response, report_only)
        if report_only or parts.config is not None:
            return parts
        if request.path_info.startswith("/admin/"):
            parts.replace = {**settings.ADMIN_CONTENT_SECURITY_POLICY, **(parts.replace or {})}
        elif origins := form_origins():
            parts.update = {"form-action": origins, **(parts.update or {})}
        return parts
