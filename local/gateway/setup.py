"""What every part of one gateway is given."""

from dataclasses import dataclass, field

from local.gateway.faults import Faults
from local.gateway.limits import Limits
from local.gateway.observer import Observer, ignore
from local.lambdas.invocation import Lambdas


@dataclass(frozen=True)
class Setup:
    """The functions behind a gateway, and how it treats them."""

    lambdas: Lambdas
    limits: Limits = field(default_factory=Limits)
    observer: Observer = ignore
    faults: Faults = field(default_factory=Faults)
    """What goes wrong on purpose."""
    serial: bool = False
    """Invoke for the messages of one connection one after the other, not side by side."""
