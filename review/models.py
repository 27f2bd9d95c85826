"""Where what is known and what is guessed meet: the queue, leases, answers, flags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Item, Label, LabelClass, Project, Source
from labeling.models.keeping import Keeps
from training.models import Round
from training.rules.other_classes import others_unpack


class Reason(models.TextChoices):
    """Why an item is in the queue."""

    UNCERTAIN = "uncertain", "The model is unsure"
    DIVERSE = "diverse", "Unlike what is labeled so far"
    RANDOM = "random", "Drawn at random, to measure"
    FLAGGED = "flagged", "Somebody flagged it"
    PICKED = "picked", "Somebody picked it"
    BELOW_CUT = "below_cut", "Below the cut of a certificate"
    AUDIT = "audit", "A blind check of an accepted label"
    SECOND = "second", "A blind second answer, to measure people"
    GOLD = "gold", "Its answer is known: a blind check of people"
    GRID = "grid", "In a grid, to be confirmed"  # never in the queue: withdrawn when nobody holds it
    DOUBTED = "doubted", "Marked in a grid as not of the class suggested"
    BLIND = (
        "blind",
        "Asked without the model's guess",
    )  # what people are told of any blind entry; never stored


def shown_reason(reason: str, *, is_blind: bool) -> str:
    """The reason as people are told it: blind entries are all alike, so that none can tell an audit."""
    return Reason.BLIND.value if is_blind and reason != Reason.FLAGGED else reason


def shown_suggestion(
    reason: str, *, is_blind: bool, class_id: int | None, confidence: float | None, others: bytes | None
) -> dict[str, Any] | None:
    """The suggestion as people are told it: none where they answer blind, or where somebody said it is wrong."""
    if is_blind or class_id is None or reason == Reason.DOUBTED:
        return None
    rest = [{"class_id": one.class_id, "confidence": one.confidence} for one in others_unpack(others)]
    return {"class_id": class_id, "confidence": confidence, "others": rest}


# Closed by blind answers to them, and by nothing else.
MEASURING = (Reason.AUDIT, Reason.SECOND, Reason.GOLD)
# The model's choice: shown with its suggestion, and free for other uses.
OF_DOUBT = (Reason.UNCERTAIN, Reason.DIVERSE)
# Of these one answer is wanted, or a reviewer's, or everybody's: whatever the project wants of its items.
OWN_NUMBER = (Reason.SECOND, Reason.GOLD, Reason.FLAGGED)
OF_REFILL = (*OF_DOUBT, Reason.RANDOM)  # made and withdrawn by refills; every other entry was asked for


def sql_list(reasons: Iterable[Reason]) -> str:
    """For `reason IN (...)`."""
    return ", ".join(f"'{reason.value}'" for reason in reasons)


class EntryState(models.TextChoices):
    OPEN = "open", "Open"
    DISPUTED = "disputed", "People disagree; a reviewer decides"
    DONE = "done", "Answered"
    SKIPPED = "skipped", "Skipped for everyone"
    WITHDRAWN = "withdrawn", "Withdrawn by a later round"


# Entries that a reviewer decides: people disagree, or somebody asked for a second look.
AWAITS_VERDICT = Q(state="disputed") | Q(state="open", reason="flagged")


class Entry(models.Model):
    """One item that people should look at, why, and how soon.

    Its id says nothing of when or why it was made: the database gives a keyed permutation of a sequence
    (migration 0019), 2^40 and above, so that audits that were drawn together do not stand together.
    """

    keeps_item = Keeps("gold", where=Q(reason=Reason.GOLD), with_label=True)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="entries", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="entries")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    priority = models.FloatField()  # higher: sooner
    state = models.CharField(max_length=10, choices=EntryState.choices, default=EntryState.OPEN)
    n_wanted = models.PositiveSmallIntegerField(default=1)  # answers, each by another person
    n_free = models.SmallIntegerField(default=1)  # wanted, less answers, less leases held
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    suggested_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    suggested_confidence = models.FloatField(null=True, blank=True)  # calibrated, 0 to 1
    # Of the round's prediction, copied: the likeliest classes after the suggested, training/rules/other_classes.py.
    suggested_others = models.BinaryField(null=True, blank=True)
    # Chance with which its refill picked this item, above 0 to 1; null: it was not picked by a refill's draw.
    probability = models.FloatField(null=True, blank=True)
    is_blind = models.BooleanField(default=False)  # the suggestion is not shown
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(state__in=["open", "disputed"]), name="entry_one_open"
            ),
            models.CheckConstraint(
                name="entry_free_range", condition=Q(n_free__gte=0, n_free__lte=models.F("n_wanted"))
            ),
        ]
        indexes = [
            models.Index(  # the order in which the queue is handed out
                fields=["project", "-priority", "created_at", "id"],
                condition=Q(state="open", n_free__gt=0),
                name="entry_next",
            ),
            # Counts, from the index alone; is_blind is a key column, since included ones are not deduplicated.
            models.Index(fields=["project", "state", "reason", "is_blind"], name="entry_count"),
            models.Index(
                fields=["project", "created_at", "id"], condition=AWAITS_VERDICT, name="entry_verdict"
            ),
            models.Index(  # what was answered blind since a moment: the view labeling_withheld
                fields=["project", "closed_at"],
                condition=Q(is_blind=True, state__in=["done", "skipped"]),
                name="entry_blind_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} ({self.reason})"


class LeaseState(models.TextChoices):
    HELD = "held", "Held"
    ANSWERED = "answered", "Answered"
    SKIPPED = "skipped", "Skipped by this person"
    RELEASED = "released", "Given back"
    EXPIRED = "expired", "Ran out"
    BARRED = "barred", "Not asked: knows too much"  # its label is theirs, or they were shown the suggestion


class Lease(models.Model):
    """Who has an entry in hand, and until when. Never more open than answers still wanted."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="leases")
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    state = models.CharField(max_length=10, choices=LeaseState.choices, default=LeaseState.HELD)
    in_grid = models.BooleanField(default=False, db_default=False)  # handed out with many others of one class
    # Whether the suggestion was kept back from this person: as the entry was when it was handed out.
    is_blind = models.BooleanField(
        null=True, blank=True
    )  # null: handed out before this was kept; the entry tells
    until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(  # a person sees an entry once, unless it was given back
                fields=["entry", "person"],
                condition=Q(state__in=["held", "answered", "skipped"]),
                name="lease_once_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "until"], condition=Q(state="held"), name="lease_expiry"),
            models.Index(fields=["person", "project"], condition=Q(state="held"), name="lease_mine"),
        ]

    def __str__(self) -> str:
        return f"entry {self.entry_id}, {self.state}"


class AnswerKind(models.TextChoices):
    LABEL = "label", "Label"
    SKIP_ME = "skip_me", "Skipped, for me"
    SKIP_ALL = "skip_all", "Skipped, for everyone"
    NOT_THIS = "not_this", "Marked in a grid as not of the class suggested"


class Answer(models.Model):
    """What a person said about an entry, with what the person was shown. Kept for ever."""

    keeps_item = Keeps("answers")

    key = models.UUIDField(primary_key=True)  # made by the client: sending twice is sending once
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answers", db_index=False)
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="answers")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    kind = models.CharField(max_length=10, choices=AnswerKind.choices)
    label_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    label = models.ForeignKey(Label, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    seen = models.JSONField(default=dict)  # suggestion, blind, reason, in_grid: as shown
    seconds = models.FloatField(null=True, blank=True)  # from shown to answered, on the client's clock
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # undone by its author

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="answer_label_has_class",
                condition=(
                    Q(kind="label", label_class__isnull=False)
                    | (~Q(kind="label") & Q(label_class__isnull=True))
                ),
            ),
            models.UniqueConstraint(
                fields=["entry", "person"],
                condition=Q(withdrawn_at__isnull=True, kind="label"),
                name="answer_once_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "project", "-created_at"], name="answer_mine"),
            models.Index(fields=["project", "-created_at"], name="answer_recent"),
            models.Index(fields=["entry"], condition=Q(withdrawn_at__isnull=False), name="answer_withdrawn"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of item {self.item_id}"


class Flag(models.Model):
    """Somebody's note that an item needs a second look."""

    keeps_item = Keeps("flags")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="flags", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="flags")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="flag_recent")]

    def __str__(self) -> str:
        return f"item {self.item_id}: {self.note[:50]}"


class VerdictKind(models.TextChoices):
    LABEL = "label", "The item's label is this class"
    KEEP = "keep", "The label stays as it is"


class Verdict(models.Model):
    """A reviewer's decision where people disagree, or where a model says otherwise than people. Kept for ever.

    With an entry, it ended a dispute or a flag; with a model's class, it decided between that and a person's
    label. Kept against a class, a label is not shown for that class again.
    """

    keeps_item = Keeps("verdicts")

    key = models.UUIDField(primary_key=True)  # made by the client: sending twice is sending once
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="verdicts", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="verdicts")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="verdicts", db_index=False
    )
    kind = models.CharField(max_length=10, choices=VerdictKind.choices)
    entry = models.ForeignKey(
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="verdicts"
    )
    entry_state = models.CharField(max_length=10, choices=EntryState.choices, blank=True)  # until then
    # The class decided, or kept; null: a flag was settled on an item that has no label.
    label_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # What the model said against it.
    model_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    label = models.ForeignKey(  # that it made; null: it kept what was there
        Label, null=True, blank=True, on_delete=models.SET_NULL, related_name="verdicts"
    )
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # undone by its author

    class Meta:
        constraints = [
            models.UniqueConstraint(  # a label is kept against a class once; also how lists leave such pairs out
                fields=["item", "label_class", "model_class"],
                condition=Q(kind="keep", model_class__isnull=False, withdrawn_at__isnull=True),
                name="verdict_kept_once",
            ),
            models.CheckConstraint(
                name="verdict_label_has_class",
                condition=Q(kind="keep", label__isnull=True) | Q(kind="label", label_class__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["person", "project", "-created_at"], name="verdict_mine")]

    def __str__(self) -> str:
        return f"{self.kind} of item {self.item_id}"


class Refill(models.Model):
    """One filling of a project's queue. Tells the sweep whether asking again could find more."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="refills", db_index=False)
    round = models.ForeignKey(  # whose predictions ordered it; null: there was no model
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    n_asked = models.PositiveIntegerField()  # entries that the budget had room for
    n_added = models.PositiveIntegerField()  # fewer than asked: the pool had no more
    n_withdrawn = models.PositiveIntegerField(default=0)
    last_item_id = models.BigIntegerField(default=0)  # the project's newest item at that time
    explained_at = models.DateTimeField(null=True, blank=True)  # its entries have their explanations
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="refill_last")]

    def __str__(self) -> str:
        return f"{self.n_added} of {self.n_asked} added"


class Explanation(models.Model):
    """What may help with an item in the queue: labeled items that are most like it, and why the model says what it says.

    Made after a refill, for entries that are not asked blind; the next round's takes its place.
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="explanation")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+")
    nearest = models.JSONField(
        default=list
    )  # [item id, cosine of the model's features], the most alike first
    # [word, nats], the weightiest first: training/inspections/rules/weighty_words.py; null: not looked for
    words = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.item_id}"


class Promise(models.TextChoices):
    """Of what at most the share eps is wrong."""

    DATASET = "dataset", "All labels"
    MACHINE = "machine", "The machine's labels"


class AttemptState(models.TextChoices):
    QUEUED = "queued", "Being frozen"
    AUDITING = "auditing", "Audits are being answered"
    REVIEWING = "reviewing", "Short: people continue from the cut"
    CERTIFIED = "certified", "Certified"
    ABANDONED = "abandoned", "Abandoned"
    REFUSED = "refused", "Refused"


OPEN_ATTEMPTS = (AttemptState.QUEUED, AttemptState.AUDITING, AttemptState.REVIEWING)
EVIDENCE = Keeps("audits", with_label=True, is_evidence=True)


class Attempt(models.Model):
    """One try to certify the labels of one model version: what was frozen, drawn, and what came of it.

    What is frozen never changes again, and no column says how many audits failed while they are being
    answered: migrations 0006 and 0008 have the triggers.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    # 1, 2, ... within the project, given when it is frozen: delta is split over them. Null: never was.
    number = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=AttemptState.choices, default=AttemptState.QUEUED)
    # A sentence: why refused or abandoned, how many more, what of the server it waits for.
    state_reason = models.TextField(blank=True)
    # The goal, as it was asked for.
    promise = models.CharField(max_length=10, choices=Promise.choices)
    eps = models.FloatField()  # share allowed wrong, above 0, below 1
    confidence = models.FloatField()  # 1 - delta of the project's goal
    per_class = models.BooleanField(default=False)
    n_audits_wanted = models.PositiveIntegerField(null=True, blank=True)  # null: in stages
    n_second_wanted = models.PositiveIntegerField(default=0)  # blind second answers to people's labels
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    # Frozen before the first audit is answered.
    delta = models.FloatField(null=True, blank=True)  # of this attempt's test alone
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    classes = models.JSONField(default=list)  # [{"id", "name"}] in the project's order
    question = models.TextField(blank=True)
    ranked_by = models.CharField(max_length=200, blank=True)  # the score that ordered the candidates
    n_items = models.PositiveIntegerField(default=0)  # labeled by people, and candidates
    n_human = models.PositiveIntegerField(default=0)
    n_candidates = models.PositiveIntegerField(default=0)
    # How many audits are answered by the end of each stage, ascending: review/certification/stages.py.
    stages = models.JSONField(default=list)
    salt = models.CharField(max_length=64, blank=True)
    salt_hash = models.CharField(max_length=64, blank=True)
    items_hash = models.CharField(max_length=64, blank=True)
    human_hash = models.CharField(max_length=64, blank=True)
    ranking_hash = models.CharField(max_length=64, blank=True)
    model_hash = models.CharField(max_length=64, blank=True)  # over the saved model's files
    frozen_at = models.DateTimeField(null=True, blank=True)
    # What came of it.
    stage = models.PositiveSmallIntegerField(
        default=1
    )  # 1, 2, ... of the stages: the one under way, or the last
    # Answers to blind entries given from the freeze up to here have been counted, and stand.
    settled_at = models.DateTimeField(null=True, blank=True)
    cut = models.PositiveIntegerField(null=True, blank=True)  # ranks up to here keep the machine's label
    # {"walk": review/certification/walk.py, Cut; "per_class": class id -> Cut, where that was asked}
    result = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="attempt_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=list(OPEN_ATTEMPTS)), name="attempt_one_open"
            ),
            models.CheckConstraint(
                name="attempt_goal_range",
                condition=Q(eps__gt=0, eps__lt=1, confidence__gt=0, confidence__lt=1),
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.project}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_ATTEMPTS

    @property
    def n_audits(self) -> int:
        """Audits asked for so far, answered or not; those of later stages are drawn, and wait."""
        return int(self.stages[self.stage - 1]) if self.stages else 0


class Frozen(models.Model):
    """An item that an attempt is about, as it stood at the freeze. Written once; no foreign keys, as predictions.

    rank > 0: a candidate, 1 the surest, with the class that the frozen model gave it. rank < 0: labeled by a
    person before, with that class.
    """

    keeps_item = Keeps(
        "certificates",
        where=Q(attempt__state__in=list(OPEN_ATTEMPTS)) | Q(attempt__certificate__isnull=False),
        project="attempt__project",
        with_label=True,
        is_evidence=True,
    )

    pk = models.CompositePrimaryKey("attempt_id", "rank")
    attempt = models.ForeignKey(
        Attempt, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="frozen"
    )
    rank = models.IntegerField()
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    label_class = models.ForeignKey(
        LabelClass, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    # Chance that the class is right, 0 to 1, by the score that ranks; null for people's.
    confidence = models.FloatField(null=True)

    class Meta:
        verbose_name_plural = "frozen"
        indexes = [models.Index(fields=["attempt", "item"], name="frozen_item")]

    def __str__(self) -> str:
        return f"{self.rank}: item {self.item_id}"


class Audit(models.Model):
    """One candidate drawn for an attempt, what the frozen model said of it, and what a person did, blind."""

    keeps_item = EVIDENCE

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="audits")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="audits")
    position = models.PositiveIntegerField(default=1)  # 1, 2, ... of the draw: it decides the stage
    rank = models.PositiveIntegerField()
    label_class = models.ForeignKey(LabelClass, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField(  # null until its stage
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="audit"
    )
    # Written when the attempt has all its answers. Both null then: skipped, which counts as wrong.
    answered_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_by = models.CharField(max_length=300, blank=True)  # name of the source
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item"], name="audit_once")]

    def __str__(self) -> str:
        return f"audit of item {self.item_id}"


class SecondAnswer(models.Model):
    """A person's label drawn for a blind second answer by somebody else: how often do people differ?"""

    keeps_item = EVIDENCE

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="second_answers")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="second_answers")
    label_class = models.ForeignKey(LabelClass, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField(
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="second_answer"
    )
    answered_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_by = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item"], name="second_answer_once")]

    def __str__(self) -> str:
        return f"second answer to item {self.item_id}"


class Decoy(models.Model):
    """An item that is asked among the audits of a stage, so that blind does not mean audit. Its answer is a label."""

    keeps_item = EVIDENCE

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="decoys")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    stage = models.PositiveSmallIntegerField()  # 1, 2, ... in which it is asked
    entry = models.OneToOneField(  # null until its stage, and if the item was labeled before
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="decoy"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item"], name="decoy_once")]

    def __str__(self) -> str:
        return f"decoy {self.item_id}"


class Certificate(models.Model):
    """The statement that an attempt's audits support, with everything needed to check it."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="certificates", db_index=False
    )
    number = models.PositiveIntegerField()  # 1, 2, ... within the project
    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="certificate")
    source = models.OneToOneField(  # the certified labels'
        Source, on_delete=models.PROTECT, related_name="certificate"
    )
    document = models.JSONField()  # docs/certificate.schema.json
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.TextField(blank=True)  # a sentence
    is_breach = models.BooleanField(default=False)  # revoked by the monitor
    monitor = models.JSONField(
        default=dict
    )  # review/certificates/monitor_pipeline.py, monitor_state: when last looked at

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="certificate_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(revoked_at__isnull=True), name="certificate_one_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"certificate {self.number} of {self.project}"


class MonitorAudit(models.Model):
    """A certified machine label that a person looks at, blind, after release; in the order of the draw."""

    keeps_item = EVIDENCE

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="monitor_audits")
    position = models.PositiveIntegerField()  # 1, 2, ... of the draw
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="monitor_audits")
    label_class = models.ForeignKey(LabelClass, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField(
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="monitor_audit"
    )
    asked_at = models.DateTimeField()
    answered_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True, blank=True)  # set, and no class: skipped, counts as wrong

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "position"], name="monitor_audit_position"),
            models.UniqueConstraint(fields=["certificate", "item"], name="monitor_audit_once"),
        ]

    def __str__(self) -> str:
        return f"monitoring audit {self.position} of {self.certificate}"


class Forecast(models.Model):
    """What certifying would cost in human labels, worked out after a round: review/certification/planner.py."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="forecasts", db_index=False)
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    n_items = models.PositiveIntegerField()
    n_human = models.PositiveIntegerField()
    # What it was made on: review/certificates/forecasts.py compares it with what is now. Empty: made by 0.1, which kept none.
    basis = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)  # rows by eps, confidence, promise and answers wanted
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="forecast_last")]

    def __str__(self) -> str:
        return f"forecast of {self.project} at {self.n_human} human labels"
