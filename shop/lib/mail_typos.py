"""Mail addresses that look like typing errors: `anna@gmial.con` is probably `anna@gmail.com`.

A wrong guess costs a shopper one more click, a missed one costs nothing, so few providers are listed.
"""

from functools import lru_cache

PROVIDERS = frozenset(  # a line for each would be longer than the rest of this module
    """
    gmail.com googlemail.com hotmail.com hotmail.co.uk hotmail.de hotmail.fr outlook.com outlook.de live.com
    msn.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.co.jp ymail.com rocketmail.com icloud.com me.com
    mac.com aol.com mail.com email.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de posteo.de
    mailbox.org proton.me protonmail.com fastmail.com orange.fr free.fr laposte.net wanadoo.fr libero.it
    bluewin.ch qq.com vip.qq.com foxmail.com 163.com 126.com 139.com sina.com sina.cn sohu.com yeah.net
    aliyun.com naver.com daum.net yandex.ru yandex.com mail.ru zoho.com comcast.net btinternet.com sky.com
    gmx.com
    """.split()  # noqa: SIM905
)
"""Providers whose names are often mistyped, or are near to such a name."""

ENDINGS = {
    **dict.fromkeys(["con", "cmo", "ocm", "comm", "vom", "xom", "cim", "cpm", "coom", "copm"], "com"),
    **dict.fromkeys(["nte", "ner", "ent", "nett"], "net"),
    **dict.fromkeys(["ogr", "orgg", "prg", "rog"], "org"),
}
"""Endings that no registry has, and what they probably are."""

_CUT = frozenset({"co", "cm", "om"})  # registries have these, and they are what is left of "com"
_SHORT = 4  # a name of fewer characters has too many neighbours


def likely(address: str) -> str:
    """The address that was probably meant; "" if nothing looks wrong."""
    name, _, domain = address.rpartition("@")
    mended = _mended(domain.lower()) if name else ""
    return f"{name}@{mended}" if mended else ""


@lru_cache(maxsize=1024)  # shoppers share their providers
def _mended(domain: str) -> str:
    host, _, ending = domain.rpartition(".")
    if not host or domain in PROVIDERS:
        return ""
    if ending in _CUT and f"{host}.com" in PROVIDERS:
        ending = "com"
    ending = ENDINGS.get(ending, ending)
    known = (provider.removesuffix(f".{ending}") for provider in PROVIDERS if provider.endswith(f".{ending}"))
    near = sorted(other for other in known if len(other) >= _SHORT and distance(host, other) == 1)
    mended = f"{near[0] if near and f'{host}.{ending}' not in PROVIDERS else host}.{ending}"
    return mended if mended != domain else ""


def distance(one: str, other: str) -> int:
    """How many characters have to be added, taken out, changed, or exchanged with their neighbour."""
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, before, row = row, above, [i]
        for j, b in enumerate(other, 1):
            least = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, before[j - 2] + 1)
            row.append(least)
    return row[-1]
