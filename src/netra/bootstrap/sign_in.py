"""The identity provider for sign-in, if the settings name one."""

from netra.ports.clock import Clock
from netra.ports.identity import IdentityProvider
from netra.settings import Settings, package_missing


def identity_provider(settings: Settings, clock: Clock) -> IdentityProvider | None:
    """Return the provider that the settings name, or None if they name no provider.

    Raises `SettingsRefused` when its packages are not installed.
    """
    if settings.google_client_id is None or settings.google_client_secret is None:
        return None
    try:
        from netra.adapters.google.provider import OpenIdProvider  # an extra, and slow to import
    except ModuleNotFoundError as error:
        raise package_missing(error.name, "google", needed_by="NETRA_GOOGLE_CLIENT_ID") from error
    return OpenIdProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.google_client_id,
        client_secret=settings.google_client_secret.reveal(),
        callback_url=settings.callback_url,
        clock=clock,
    )
