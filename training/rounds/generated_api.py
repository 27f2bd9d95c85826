"""The images that a round's learner drew, over HTTP. Every member reads but annotators."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items, sight_of, withheld_among
from labeling.web.permissions import person_of, row_for
from training.models import Round
from training.rounds.generated import generated_read


class GeneratedClassOutput(serializers.Serializer[object]):
    """One class: what the learner drew of it, and real items beside it."""

    class_id = serializers.IntegerField()
    generated = serializers.ListField(
        child=serializers.CharField(),
        help_text="Drawn images as data URIs of PNG, 64 pixels a side at most. They are no items.",
    )
    item_ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="Real items that people gave this class."
    )


@extend_schema(tags=["training"])
class RoundGeneratedView(APIView):
    @extend_schema(
        operation_id="round_generated",
        summary="Images that a round's learner drew, by class; empty if it draws none",
        responses=GeneratedClassOutput(many=True),
    )
    def get(self, request: Request, round_id: int) -> Response:
        rounds = Round.objects.select_related("run")
        round = row_for(person_of(request), rounds, round_id, project="run__project")
        check_sees_items(round.member_role)
        by_class = generated_read(round)
        withheld = withheld_among(
            [item_id for one in by_class for item_id in one["item_ids"]], sight_of(round.member_role)
        )
        for one in by_class:
            one["item_ids"] = [item_id for item_id in one["item_ids"] if item_id not in withheld]
        return Response(GeneratedClassOutput(by_class, many=True).data)
