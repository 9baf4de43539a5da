"""The queue of questions, the page of each with its answer, and the texts for replies."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.admin import ReadOnly
from events.live import tickets
from events.models import Log
from orders.models import Message, Question, ReplyTemplate
from orders.questions import service
from orders.staff_input import typed, whole
from shop.lib.language_tabs import LanguageTabsAdmin
from shop.lib.typed_text import whole_number

BADGES = {
    Question.State.WAITING.value: "warning",
    Question.State.ANSWERED.value: "success",
    Question.State.CLOSED.value: "info",
}
MAY_ANSWER = "orders.answer_question"


@admin.register(Question)
class QuestionAdmin(ReadOnly, ModelAdmin):
    """What shoppers ask: who waits comes first. It is answered on the question's page."""

    list_display = ("who", "state_badge", "kind", "last_words", "asked_at", "language")
    list_filter = ("state", "withdraws", "language")
    search_fields = ("order__ref", "name", "email", "typed_ref", "messages__text")
    search_help_text = _("Order, name, email, words of a message")
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = ("name", "email", "language", "typed_ref")
    change_form_outer_before_template = "admin/orders/question/page.html"

    def get_urls(self) -> list[URLPattern]:
        """With the address to which answers go."""
        view = self.admin_site.admin_view(self.answer)
        return [path("<int:pk>/answer/", view, name="orders_question_answer"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes what was written; it is answered."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """An order number that was typed, and not proven, only where there is one."""
        return tuple(name for name in self.fields if name != "typed_ref" or (obj and obj.typed_ref))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        """With the order and the shopper's last words."""
        last = Message.objects.filter(question=OuterRef("pk"), from_shop=False).order_by("-pk").values("text")[:1]
        found: QuerySet[Question] = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "orders_question_changelist":
            found = found.filter(Exists(Message.objects.filter(question=OuterRef("pk"))))
        return found.select_related("order").annotate(last=Subquery(last))

    def get_ordering(self, request: HttpRequest) -> Any:
        """Who waits comes first."""
        return Question.objects.by_urgency().query.order_by

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With how many wait for an answer."""
        title = _("Questions: %(n)s wait for an answer") % {"n": service.waiting()}
        answer: HttpResponse = super().changelist_view(request, {"title": title, **(extra_context or {})})
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the conversation, the field for an answer, and what the live layer needs."""
        question = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if question is not None and self.has_view_permission(request, question):
            extra |= self._page(request, question)
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response

    def _page(self, request: HttpRequest, question: Question, text: str = "") -> dict[str, Any]:
        return {
            "question": question,
            "thread": question.messages.select_related("staff"),
            "may_answer": request.user.has_perm(MAY_ANSWER),
            "badge": BADGES[question.state],
            "language_name": dict(settings.LANGUAGES).get(question.language, question.language),
            "templates": ReplyTemplate.objects.all(),
            "longest": service.LONGEST,
            "text": text,
            "ticket": tickets.issue(request),
            "epoch": Log.recent_epoch(),
        }

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the buttons of the page do: answer, close, open again, put a text into the field."""
        if not request.user.has_perm(MAY_ANSWER):
            raise PermissionDenied
        question = Question.objects.filter(pk=pk).select_related("order").first()
        if question is None:
            raise Http404
        page = reverse("admin:orders_question_change", args=[pk])
        text = whole(request, "text")
        if request.method != "POST":
            return HttpResponseRedirect(page)
        if chosen := typed(request, "insert", 20):
            return self._again(request, question, with_template(text, chosen, question.language))
        actor = f"staff:{request.user.pk}"
        if not text and not question.messages.exists():
            messages.error(request, _("Nobody has written anything here yet."))
        elif "close" in request.POST and not text:
            service.close(pk, actor=actor)
            messages.success(request, _("The question is closed."))
        elif "reopen" in request.POST:
            service.reopen(pk, actor=actor)
            messages.success(request, _("The question waits for an answer again."))
        elif not text or len(text) > service.LONGEST:
            said = _("Please write an answer of at most %(most)s characters; this one has %(n)s.")
            messages.error(request, said % {"most": service.LONGEST, "n": len(text)})
            return self._again(request, question, text)
        else:
            seen = typed(request, "seen", 20)
            try:
                service.answer(
                    pk,
                    text,
                    staff=request.user,
                    seen=whole_number(seen),
                    close="close" in request.POST,
                )
            except service.Stale:
                messages.error(request, _("Something was written since you began. Please read it, then send."))
                return self._again(request, question, text)
            messages.success(request, _("The answer is on its way by mail."))
        return HttpResponseRedirect(page)

    def _again(self, request: HttpRequest, question: Question, text: str) -> HttpResponse:
        """The page as it was, with what was typed."""
        context = self.admin_site.each_context(request) | self._page(request, question, text)
        return render(request, "admin/orders/question/again.html", context | {"title": str(question)})

    @display(description=_("who"), ordering="name")
    def who(self, question: Question) -> SafeString:
        about = question.order.ref if question.order else question.email
        return format_html("{}<br><small>{}</small>", question.name, about)

    @display(description=_("state"), ordering="state", label=BADGES)
    def state_badge(self, question: Question) -> tuple[str, str]:
        return question.state, question.get_state_display()

    @display(description=_("kind"), ordering="withdraws")
    def kind(self, question: Question) -> str:
        return str(_("withdrawal") if question.withdraws else _("question"))

    @display(description=_("last words"))
    def last_words(self, question: Question) -> str:
        words = str(getattr(question, "last", "") or "")
        return words if len(words) <= 80 else f"{words[:80]}…"


def with_template(text: str, chosen: str, language: str) -> str:
    """What was typed, and below it the chosen text in the shopper's language."""
    key = whole_number(chosen)
    found = None if key is None else ReplyTemplate.objects.filter(pk=key).first()
    with override(language):
        return "\n\n".join(filter(None, [text, str(found.text) if found else ""]))


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(LanguageTabsAdmin, ModelAdmin):
    """Texts that staff answer with often."""

    list_display = ("title", "position")
    list_editable = ("position",)
