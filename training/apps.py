from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeling.carried import carry
        from training.rounds.told_probabilities import round_probabilities

        carry("probabilities", round_probabilities)
