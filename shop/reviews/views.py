"""The page on which a buyer writes a review."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.pages import visitors
from shop.reviews import writing
from shop.reviews.models import LONGEST, Review

STARS = [(n, f"{'★' * n}{'☆' * (5 - n)} {n}/5") for n in (5, 4, 3, 2, 1)]


class ReviewForm(forms.Form):
    """Stars, a text, and the name that others see."""

    stars = forms.TypedChoiceField(label=gettext_lazy("Stars"), choices=STARS, coerce=int, widget=forms.RadioSelect)
    text = forms.CharField(
        label=gettext_lazy("What should others know?"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    name = forms.CharField(label=gettext_lazy("Your name, as others see it"), max_length=60)


@never_cache
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, ref: str, line_id: int) -> HttpResponse:
    """Write, change or delete the review of one line of a delivered order: its member, or who has its link."""
    order = visitors.order_of(request, ref)
    try:
        line = writing.line_of(order, line_id)
    except writing.NotYours:
        raise Http404(_("This cannot be reviewed: it has not arrived, or there is no such product any more.")) from None
    before: Review | None = getattr(line, "review", None)
    if request.method == "POST" and "delete" in request.POST:
        writing.delete([before] if before else [])
        messages.success(request, _("Your review is deleted."))
        return redirect(order)
    initial = {"stars": before.stars, "text": before.text, "name": before.name} if before else {}
    initial.setdefault("name", order.name.split(" ")[0][:60])
    form = ReviewForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_valid():
        context = {"form": form, "line": line, "order": order, "before": before}
        return render(request, "reviews/write.html", context, status=422 if form.is_bound else 200)
    writing.write(line, **form.cleaned_data, language=get_language() or settings.LANGUAGE_CODE)
    messages.success(request, _("Thank you. We read it, then others can."))
    return redirect(order)
