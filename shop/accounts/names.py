"""How staff are called where shoppers read it: by the first name, of those who want that."""

from shop.accounts.actors import staff_key
from shop.accounts.models import User
from shop.lib.kept_briefly import kept_briefly


@kept_briefly()
def _shown() -> dict[int, str]:
    found = User.objects.filter(is_staff=True, shows_name=True).exclude(first_name="")
    return dict(found.values_list("pk", "first_name"))


def connect() -> None:
    """Read again when somebody changes. Called once, when the apps are loaded."""
    _shown.forget_with(User)


def of(actor: str) -> str:
    """The first name of an actor such as staff:7; "" for who does not want it, and for anybody else."""
    key = staff_key(actor)
    return "" if key is None else _shown().get(key, "")
