"""Background work as the API gives it."""

from __future__ import annotations

from rest_framework import serializers

from labeling.jobs.work import WorkState


class WorkOutput(serializers.Serializer[object]):
    """What imports, exports and runs have in common; theirs add to it."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=WorkState.choices)
    is_open = serializers.BooleanField(help_text="Queued or running.")
    step_name = serializers.CharField(help_text="What is being done, for people.")
    step = serializers.IntegerField(help_text="How much of n_steps is done.")
    n_steps = serializers.IntegerField(help_text="0: not known yet.")
    seconds_left = serializers.FloatField(allow_null=True)
    error_code = serializers.CharField()
    error_message = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
