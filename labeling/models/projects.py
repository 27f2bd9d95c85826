"""Projects, their members and classes."""

from __future__ import annotations

import secrets
from enum import StrEnum

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.item_types import form_of, item_type_choices
from labeling.models.querysets import ProjectQuerySet
from labeling.models.rows import ProjectRow


class ItemType(StrEnum):
    """The types that our own code speaks of; all there are: labeling/item_types."""

    IMAGE = "image"
    TEXT = "text"
    TABLE = "table"
    SERIES = "series"


class Role(models.TextChoices):
    """What a member may do; each role includes those below it, except that reviewers and engineers differ."""

    OWNER = "owner", "Owner"  # everything, members and deletion included
    ENGINEER = "engineer", "Engineer"  # import, train, publish, export, settings
    REVIEWER = "reviewer", "Reviewer"  # answer, adjudicate, relabel any item
    ANNOTATOR = "annotator", "Annotator"  # answer what the queue hands out
    VIEWER = "viewer", "Viewer"  # read only


class Acquisition(models.TextChoices):
    """How the queue orders what the model is unsure of."""

    MARGIN = "margin", "Margin"
    MARGIN_RANDOM = "margin_random", "Margin, every second at random"
    ENTROPY = "entropy", "Entropy"
    LEAST_CONFIDENT = "least_confident", "Least confident"
    RANDOM = "random", "Random"


class Publishing(models.TextChoices):
    """Who makes the labels of a finished round stand."""

    BY_HAND = "by_hand", "By hand"  # it waits as a candidate until somebody publishes it
    # As soon as it is ready, unless the holdout says that it is worse: review/publishing_rule.py.
    BY_ITSELF = "by_itself", "By itself"


def _salt() -> str:
    return secrets.token_hex(8)


class Project(ProjectRow):
    """One dataset and one question."""

    name = models.CharField(max_length=200)
    question = models.TextField(blank=True)  # what is asked of people, shown on the review page
    instructions = models.TextField(blank=True, max_length=20_000)  # how to decide, in the guide
    item_type = models.CharField(max_length=10, choices=item_type_choices)
    target_precision = models.FloatField(
        default=0.99, validators=[MinValueValidator(0.5), MaxValueValidator(1.0)]
    )
    confidence_level = models.FloatField(
        default=0.95, validators=[MinValueValidator(0.5), MaxValueValidator(0.9999)]
    )
    holdout_share = models.FloatField(  # of the human labels that come by a uniform draw
        default=0.2, validators=[MinValueValidator(0.0), MaxValueValidator(0.9)]
    )
    answers_wanted = models.PositiveSmallIntegerField(  # people per item; over 1 means consensus
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    acquisition = models.CharField(max_length=20, choices=Acquisition.choices, default=Acquisition.MARGIN)
    review_budget = models.PositiveIntegerField(default=1000)  # entries open after a refill
    random_share = models.FloatField(  # of the review budget, drawn uniformly: feeds the holdout
        default=0.1, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    retrain_after = models.PositiveIntegerField(default=0)  # new human labels; 0: only by hand
    publishing = models.CharField(max_length=10, choices=Publishing.choices, default=Publishing.BY_HAND)
    monitor_per_week = models.PositiveIntegerField(  # blind audits of certified labels after release
        default=20, validators=[MaxValueValidator(10_000)]
    )
    lease_seconds = models.PositiveIntegerField(
        default=900, validators=[MinValueValidator(5), MaxValueValidator(86_400)]
    )
    # While somebody above relies on question and classes as they are: why they cannot change, in a sentence.
    locked_because = models.CharField(max_length=300, blank=True, editable=False)
    salt = models.CharField(max_length=32, default=_salt, editable=False)  # of the random draws
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)  # nobody sees it; a worker takes it away

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="project_answers_wanted_positive", condition=Q(answers_wanted__gte=1)
            ),
            models.CheckConstraint(
                name="project_holdout_share_range", condition=Q(holdout_share__gte=0, holdout_share__lt=1)
            ),
        ]

    @property
    def form(self) -> str:
        """image, text, table or series: how its items are kept, read, shown and learned."""
        return form_of(self.item_type)

    def __str__(self) -> str:
        return self.name


class Membership(ProjectRow):
    """Who may do what in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.project}"


class LabelClass(ProjectRow):
    """One allowed answer."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="classes")
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1_000, blank=True)  # what belongs here and what does not
    colour = models.CharField(max_length=7, default="#888888")  # #rrggbb
    hotkey = models.CharField(max_length=20, blank=True)  # one key; blank: found by typing
    position = models.PositiveIntegerField(default=0)  # order on the page
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "label classes"
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="class_name_once"),
            models.UniqueConstraint(
                fields=["project", "hotkey"], condition=~Q(hotkey=""), name="class_hotkey_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """How far the deletion of a project is. It goes with the project."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="erasure"
    )
    n_items = models.BigIntegerField(default=0)  # when it began
    n_items_left = models.BigIntegerField(default=0)
    problem = models.TextField(blank=True)  # what it waits for, in a sentence
    n_tries = models.PositiveIntegerField(default=0)  # in vain, one after the other
    try_at = models.DateTimeField(null=True, blank=True)  # not before

    def __str__(self) -> str:
        return f"deletion of {self.project_id}"


class TableColumns(models.Model):
    """The columns of a project of table rows: their order, and what is usual in each (labeling/projects/columns.py)."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="table_columns")
    names = models.JSONField(default=list)  # in the order of the files, the first file's first
    usual = models.JSONField(default=dict)  # name -> {"low", "high"} or {"common"}
    n_items = models.PositiveBigIntegerField(default=0)  # of the project, when that was measured
    n_sampled = models.PositiveIntegerField(default=0)  # rows it was measured on
    measured_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"columns of {self.project}"
