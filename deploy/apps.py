from django.apps import AppConfig


class DeployConfig(AppConfig):
    """Loaded wherever Django is: so the checks run in every part, whether it has routes or not."""

    name = "deploy"

    def ready(self) -> None:
        from deploy import checks  # noqa: F401  registers them
