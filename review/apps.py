from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeling.carried import carry
        from review.answering.told_answers import people_answers
        from review.queue.members import watch_members

        carry("answers", people_answers)
        watch_members()
