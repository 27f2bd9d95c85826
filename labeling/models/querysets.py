"""Filters that compose. Visibility lives here once, so that no view can forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

if TYPE_CHECKING:  # they import this module
    from labeling.models.labels import Label  # noqa: F401
    from labeling.models.projects import Project  # noqa: F401


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> Self:
        """The projects that the user is a member of, with the role as member_role.

        Everybody else's do not exist for them.
        """
        mine = self.filter(memberships__user=user, deleted_at__isnull=True)
        return mine.annotate(member_role=F("memberships__role"))


class LabelQuerySet(models.QuerySet["Label"]):
    def human(self) -> Self:
        """What people said: the only truth, standing or not."""
        return self.filter(is_human=True)

    def standing(self) -> Self:
        """Not retired. A machine's label may stand without being current: see current()."""
        return self.filter(retired_at__isnull=True)

    def current(self) -> Self:
        """The labels that stand for their items now: people's, and those of the published source."""
        publications = apps.get_model("labeling", "Publication")._default_manager
        published = publications.filter(source=OuterRef("source"), ended_at__isnull=True)
        return self.standing().filter(Q(is_human=True) | Exists(published))
