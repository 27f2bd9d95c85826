"""Filters that compose. Visibility lives here once, so that no view can forget it."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Q


class ProjectQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: AbstractBaseUser) -> ProjectQuerySet:
        """The projects that the user is a member of, with the role as member_role.

        Everybody else's do not exist for them.
        """
        mine = self.filter(memberships__user=user, deleted_at__isnull=True)
        return mine.annotate(member_role=F("memberships__role"))


class LabelQuerySet(models.QuerySet[Any]):
    def human(self) -> LabelQuerySet:
        """What people said: the only truth, standing or not."""
        return self.filter(is_human=True)

    def standing(self) -> LabelQuerySet:
        """Not retired. A machine's label may stand without being current: see current()."""
        return self.filter(retired_at__isnull=True)

    def current(self) -> LabelQuerySet:
        """The labels that stand for their items now: people's, and those of the published source."""
        publications = apps.get_model("labeling", "Publication").objects
        published = publications.filter(source=OuterRef("source"), ended_at__isnull=True)
        return self.standing().filter(Q(is_human=True) | Exists(published))
