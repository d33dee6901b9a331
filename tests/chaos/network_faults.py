"""Faults between a process and its broker or database, by its proxy."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.chaos.fault import Kind, Scene
from tests.chaos.proxy import Direction, Proxy
from tests.chaos.world import BROKER, DATABASE, LINKS

_DELAY_S = 0.15
_LOSS = 0.2
_SLOW = 64 * 1024


@dataclass
class Spoilt:
    """The connections of one process, or of all of a service's, are as `spoil` makes them."""

    scene: Scene
    target: str
    spoil: Callable[[Proxy], None]

    async def inject(self) -> None:
        for proxy in self._proxies:
            self.spoil(proxy)

    async def heal(self) -> None:
        for proxy in self._proxies:
            proxy.heal()

    @property
    def _proxies(self) -> list[Proxy]:
        return [self.scene.world.links[link] for link in _links(self.target)]


def _links(target: str) -> list[str]:
    """`mapper>broker` is the links of all mappers, `mapper 1>broker` that of one."""
    service, _, server = target.partition(">")
    return [link for link in LINKS if link.startswith(service) and link.endswith(f">{server}")]


def _targets(server: str) -> dict[str, frozenset[str]]:
    names = [link.partition(">")[0] for link in LINKS if link.endswith(f">{server}")]
    targets = sorted({*names, *(name.partition(" ")[0] for name in names)})
    return {f"{name}>{server}": frozenset(_links(f"{name}>{server}")) for name in targets}


def _hole(proxy: Proxy, *, to_server: bool, to_client: bool) -> None:
    if to_server:
        proxy.to_server.passes.clear()
    if to_client:
        proxy.to_client.passes.clear()


def _both(proxy: Proxy, spoil: Callable[[Direction], None]) -> None:
    spoil(proxy.to_server)
    spoil(proxy.to_client)


def _delay(direction: Direction) -> None:
    direction.delay_s = _DELAY_S


def _lose(direction: Direction) -> None:
    direction.loss = _LOSS


def _slow(direction: Direction) -> None:
    direction.bytes_per_s = _SLOW


_SPOILS: dict[str, tuple[Callable[[Proxy], None], tuple[float, float]]] = {
    "black hole to": (partial(_hole, to_server=True, to_client=False), (8.0, 25.0)),
    "black hole from": (partial(_hole, to_server=False, to_client=True), (8.0, 25.0)),
    "black hole both ways to": (partial(_hole, to_server=True, to_client=True), (8.0, 25.0)),
    "reset at": (lambda proxy: proxy.reset("server"), (0.5, 10.0)),
    "reset from": (lambda proxy: proxy.reset("client"), (0.5, 10.0)),
    "delay to": (partial(_both, spoil=_delay), (5.0, 15.0)),
    "loss to": (partial(_both, spoil=_lose), (5.0, 15.0)),
    "slow link to": (partial(_both, spoil=_slow), (5.0, 15.0)),
}
KINDS = [
    Kind(f"{name} {server}", _targets(server), seconds, partial(Spoilt, spoil=spoil), black_hole="hole" in name)
    for name, (spoil, seconds) in _SPOILS.items()
    for server in (BROKER, DATABASE)
]
