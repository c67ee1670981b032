"""What people write to open an account, and to sign in."""

from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from hub_core.accounts.email import Email
from hub_core.accounts.passwords import LONGEST, SHORTEST, check_new
from hub_core.kernel.values import DisplayName, Draft

_PASSWORD: Final = Field(
    min_length=SHORTEST, max_length=LONGEST, description=f"{SHORTEST}–{LONGEST} bytes of UTF-8."
)
Password = Annotated[SecretStr, _PASSWORD]
"""A password that somebody has; `passwords.check_new` says which may be chosen."""


class Registration(Draft):
    """A new account."""

    email: Email
    display_name: DisplayName
    password: Password

    @field_validator("password")
    @classmethod
    def _hard_to_guess(cls, password: SecretStr, info: ValidationInfo) -> SecretStr:
        # Fields are validated in order; one that was refused is missing here.
        address, name = info.data.get("email"), info.data.get("display_name")
        personal = (address.written, address.written.partition("@")[0]) if address else ()
        check_new(password.get_secret_value(), personal=(*personal, *filter(None, [name])))
        return password


class Credentials(Draft):
    """Who somebody says they are, and how they prove it."""

    email: Email
    password: Password


class PasswordChange(Draft):
    """Another password; the old one proves that it is the owner who asks."""

    current_password: Password
    new_password: Password

    @field_validator("new_password")
    @classmethod
    def _hard_to_guess(cls, password: SecretStr) -> SecretStr:
        check_new(password.get_secret_value())
        return password
