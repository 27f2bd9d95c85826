/**
 * The server's shapes under the names that the pages use.
 *
 * Taken from the generated schema (`make types`). What the schema leaves open, because it is free JSON
 * on the server, is spelled out here: features, options, policies and measures.
 */

import type { components } from "@/api/schema";

type Schemas = components["schemas"];
/** An output: its members with a default are always sent, though the schema calls them optional. */
type Output<Name extends keyof Schemas> = Required<Schemas[Name]>;
/** T with some of its members told more exactly. */
type Exactly<T, Known> = Omit<T, keyof Known> & Known;

export type Id = number;
export type ItemType = Schemas["ItemTypeEnum"];
export type Role = Schemas["RoleEnum"];
export type Split = Schemas["SplitEnum"];
export type WorkState = Schemas["WorkStateEnum"];
export type Reason = Schemas["ReasonEnum"];
export type AnswerKind = Schemas["AnswerKindEnum"];

export interface Page<T> {
  results: T[];
  next: string | null;
}

// People and projects

export type Me = Schemas["MeOutput"];
export type Token = Schemas["TokenOutput"];
export type NewToken = Schemas["NewTokenOutput"];
export type Member = Output<"MemberOutput">;
export type NewMember = Output<"NewMemberOutput">;
export type LabelClass = Output<"ClassOutput">;
export type Deletion = Output<"DeletionOutput">;
export type Project = Exactly<Output<"ProjectOutput">, { classes: LabelClass[] }>;
export type ProjectSettings = Omit<Project, "id" | "item_type" | "role" | "created_at" | "classes">;
export type Progress = Exactly<
  Schemas["ProgressOutput"],
  { publication: Exactly<Schemas["StandingPublicationOutput"], { diff: Diff }> | null }
>;
export type Health = Schemas["HealthOutput"];

// Items

export type Features = Record<string, string | number | boolean | null> | number[] | number[][];
export type Source = Schemas["SourceOutput"];
export type CurrentLabel = Schemas["LabelOutput"];
export type Item = Exactly<Schemas["ItemOutput"], { features: Features | null }>;
export type ShownItem = Item & Pick<Schemas["ItemShownOutput"], "project_id">;
export interface Guide {
  classes: { class_id: Id; examples: { item: Item; is_chosen: boolean }[] }[];
}

// Work in the background

/** What imports, exports and runs have in common. */
export type Work = Pick<
  Output<"RunOutput">,
  | "id"
  | "state"
  | "is_open"
  | "step_name"
  | "step"
  | "n_steps"
  | "seconds_left"
  | "error_code"
  | "error_message"
  | "created_at"
  | "started_at"
  | "finished_at"
  | "created_by"
>;
/** What a worker is busy with while a run, a comparison or an inspection waits for it. */
export type Ahead = Schemas["AheadOutput"];
export type Upload = Schemas["UploadOutput"];
export type Problem = Schemas["ProblemOutput"];
export type RowPreview = Exactly<Schemas["RowPreviewOutput"], { features: Features | null }>;
export type Preview = Exactly<Schemas["PreviewOutput"], { options: ImportOptions; rows: RowPreview[] }>;
export type ImportUndo = Exactly<Output<"ImportUndoOutput">, { report: Output<"UndoReportOutput"> }>;
export type Removal = Output<"RemovalOutput">;
export type UndoLook = Output<"UndoLookOutput">;
export type Import = Exactly<
  Output<"ImportOutput">,
  { options: ImportOptions; report: Output<"ImportReportOutput">; undo: ImportUndo | null }
>;
export type ImportReport = Output<"ImportReportOutput">;
export type Question = Schemas["QuestionOutput"];
/** An upload counted over all its rows, in the background. */
export type Check = Exactly<Output<"CheckOutput">, { options: ImportOptions; report: ImportReport }>;
export type ExportFormat = Output<"ExportFormatOutput">;
export type Export = Output<"ExportOutput">;

/** What the importer found or was told; sent back with the import. */
export interface ImportOptions {
  format?: string;
  encoding?: string;
  delimiter?: string;
  has_header?: boolean;
  columns?: Record<string, string>;
  labels_from?: "auto" | "person" | "machine";
  join_classes?: Record<string, string>;
  split?: "auto" | "pool" | "test";
  dry_run?: boolean;
  [name: string]: unknown;
}

// Training

export type ParamValues = Record<string, unknown>;
export type Policy = ParamValues & { kind: string };
export type Learner = Schemas["LearnerOutput"];
export type LearnerParam = Schemas["ParamOutput"];
export type PolicyForm = Schemas["PolicyOutput"];
export type RoundSummary = Output<"RoundSummaryOutput">;
export type Run = Exactly<Output<"RunOutput">, { params: ParamValues; policy: Policy; rounds: RoundSummary[] }>;
export type Round = Exactly<Output<"RoundOutput">, { metrics: Partial<RoundMetrics> }>;
export type Confidences = Schemas["ConfidencesOutput"];
export type RoundItem = Exactly<Schemas["RoundItemOutput"], { features: Features | null }>;
export type RoundDiff = Schemas["DiffOutput"];
export type DiffItem = Exactly<Schemas["DiffItemOutput"], { features: Features | null }>;
export type GeneratedClass = Schemas["GeneratedClassOutput"];
export type LogLine = Output<"LogLineOutput">;

export type Estimate = Schemas["EstimateOutput"];
export type Score = Schemas["ScoreOutput"];
export type ComparisonRow = Schemas["ComparisonRowOutput"];
export type Comparison = Exactly<Output<"ComparisonOutput">, { learners: { learner: string; params?: ParamValues }[] }>;
export type InspectionSummary = Output<"InspectionSummaryOutput">;
export type MapPoints = Schemas["MapOutput"];
export type NamedItem = Schemas["NamedItemOutput"];
export type Inspection = Exactly<Output<"InspectionOutput">, { findings: Partial<Findings> }>;

/** Inspection.findings: what each tool found, and in a sentence what to do about it. */
export interface Findings {
  labels: Finding & Partial<LabelErrors>;
  drift: Finding & Partial<Drift>;
  near_duplicates: Finding & Partial<NearDuplicates>;
  map: Finding & { n_items?: number; n_points?: number };
}

interface Finding {
  sentence: string;
}

export interface LabelErrors {
  n_labels: number;
  n_candidates: number;
  noise_share: number;
  candidates: LabelErrorCandidate[];
  reliability: { n: number; bins: ReliabilityBin[]; error: number; sentence: string };
}

export interface LabelErrorCandidate {
  item_id: Id;
  class_id: Id;
  confidence: number;
  suggested_class_id: Id;
  suggested_confidence: number;
}

export interface FeatureShift {
  name: string;
  kind: "number" | "category";
  statistic: number;
  p_value: number;
  is_shifted: boolean;
  labeled: number;
  pool: number;
  category: string;
}

export interface Drift {
  n_labeled: number;
  n_pool: number;
  two_sample: { accuracy: number; low: number; high: number; p_value: number; n: number } | null;
  features: FeatureShift[];
  n_features: number;
  /** Share of pixels in each of 16 equal parts of 0 to 255; images only. */
  intensity?: { labeled: number[]; pool: number[] };
}

export interface NearDuplicates {
  n_items: number;
  n_compared: number;
  threshold: number;
  n_groups: number;
  n_extra: number;
  n_conflicts: number;
  groups: DuplicateGroup[];
}

export interface DuplicateGroup {
  item_ids: Id[];
  n: number;
  similarity: number;
  class_ids: Id[];
  is_conflict: boolean;
}

export interface ReliabilityBin {
  low: number;
  high: number;
  n: number;
  confidence: number;
  accuracy: number;
}

/** How good a round is on one labeled set; rows of `confusion` are the truth, in the order of class_ids. */
export interface Evaluation {
  n: number;
  accuracy: number;
  low: number;
  high: number;
  macro: { precision: number; recall: number; f1: number };
  per_class: { class_id: Id; precision: number; recall: number; f1: number; support: number }[];
  confusion: number[][];
  log_loss: number;
  ece_raw: number;
  ece_calibrated: number;
  reliability: ReliabilityBin[];
  reliability_raw: ReliabilityBin[];
}

/** What one threshold would have accepted, and how much of that would be right. */
export interface ThresholdRow {
  threshold: number;
  n_accepted: number;
  share: number;
  holdout_n: number;
  holdout_precision: number | null;
  holdout_low: number | null;
  holdout_high: number | null;
}

/** Round.metrics, as training/fitting/evaluation.py makes them. */
export interface RoundMetrics {
  n_pool: number;
  n_train_human: number;
  n_train_pseudo: number;
  n_holdout: number;
  n_test: number;
  class_ids: Id[];
  label_counts: { human: Record<string, number>; pseudo: Record<string, number> };
  holdout: Evaluation | null;
  test: Evaluation | null;
  confidence_histogram: { edges: number[]; counts: number[] };
  thresholds: ThresholdRow[];
  n_accepted: number;
  share_accepted: number;
  agreement: number | null;
  cleanliness: number | null;
  n_both_confident: number;
  calibration: { temperature: number | null; why: string };
  /** Of a learner that draws images: how well a classifier tells them from real ones, and what that means. */
  generated?: { n_drawn: number; two_sample: Drift["two_sample"]; sentence: string };
  /** Of predictions that came by file, which nothing here learned; sentences: what was understood otherwise than written. */
  made_elsewhere?: { file: string; model?: string; n_rows: number; sentences: string[] };
  true_precision: { n: number; accepted: number | null; low: number; high: number; pool_accuracy: number } | null;
}

// Review

export type Columns = Schemas["ColumnsOutput"];
export type Moment = Schemas["MomentOutput"];
export type People = Schemas["PeopleOutput"];
export type PersonWork = Schemas["PersonOutput"];
export type WrongShare = Schemas["WrongShareOutput"];
export type ShareEstimate = Schemas["ShareEstimateOutput"];
export type Picked = Schemas["PickOutput"];
export type Queue = Schemas["QueueOutput"];
/** What may help with an item in the queue. */
export type Explanation = Exactly<Schemas["ExplanationOutput"], { nearest: { item: Item; similarity: number }[] }>;
export type Entry = Exactly<Schemas["EntryOutput"], { item: Item }>;
export type Claim = Exactly<Schemas["ClaimOutput"], { entries: Entry[] }>;
export type AnswerResult = Schemas["AnswerResultOutput"];
export type MyAnswer = Output<"AnswerOutput">;
/** What the person was shown when answering. */
export interface Seen {
  is_blind?: boolean;
  suggestion?: { class_id: Id; confidence: number } | null;
  reason?: Reason;
  /** Among many of one class, each with the suggestion. */
  in_grid?: boolean;
}
export type Flag = Output<"FlagOutput">;
export type Dispute = Exactly<Schemas["DisputeOutput"], { item: Item }>;
export type Disagreement = Exactly<Schemas["DisagreementOutput"], { item: Item }>;
export type Adjudication = Schemas["AdjudicationOutput"];
export type Verdict = Output<"VerdictOutput">;
export type NewVerdict = Schemas["NewVerdictInput"];
export type Weighing = Schemas["WeighingOutput"];
export type QualityRow = Schemas["QualityRowOutput"];
export type VerdictUndone = Exactly<Schemas["VerdictUndoneOutput"], { dispute: Dispute | null; disagreement: Disagreement | null }>;
export type HeldBack = Schemas["HeldBackOutput"];
export type Paired = Schemas["PairedOutput"];
/** A round beside what stands. */
export type Beside = Exactly<Output<"BesideOutput">, { diff: Diff }>;
export type Publication = Exactly<Output<"PublicationOutput">, { diff: Diff }>;

export interface AnswerInput {
  key: string;
  entry_id: Id;
  kind: AnswerKind;
  class_id?: Id;
  seconds?: number;
  note?: string;
}

/** What a set of machine labels changed against the one before. */
export interface Diff {
  kept?: number;
  changed?: number;
  dropped?: number;
  new?: number;
}

export type HistoryEvent = Exactly<
  Schemas["EventOutput"],
  {
    seen?: Seen;
  }
>;

// Certificates

/** Of what at most a share is wrong: all labels, or those of the machine. */
export type Promised = Schemas["PromiseEnum"];
export type Attempt = Output<"AttemptOutput">;
export type Watch = Schemas["WatchOutput"];
export type Monitor = Schemas["MonitorOutput"];
export type Certificate = Exactly<Output<"CertificateOutput">, { promise: Promised }>;
export type PlanRow = Schemas["PlanRowOutput"];
export type Plan = Output<"PlanOutput">;

/** The whole certificate, format assay-certificate/2 or 3: docs/certificate.schema.json. */
export interface CertificateDocument {
  format: string;
  number: number;
  sentence: string;
  issued_at: string;
  project: { id: Id; name: string; question: string; item_type: ItemType; classes: string[] };
  goal: { promise: Promised; eps: number; confidence: number; per_class: boolean };
  attempt: {
    number: number;
    delta: number;
    frozen_at: string;
    ended_at: string;
    stages: number[];
    stage: number;
    earlier: { number: number; state: string; delta: number }[];
  };
  counts: CutFacts & {
    items: number;
    human_before: number;
    candidates: number;
    machine: number;
    human: number;
    unlabeled: number;
    audits: number;
    skipped: number;
  };
  test: { name: string; grid: [first: number, last: number, n: number] | null; level: number; p_value: number; stopped_at: number | null };
  per_class: Record<string, CutFacts & { candidates: number; p_value: number; stopped_at: number | null }> | null;
  hashes: { salt: string; items: string; ranking: string; human_before: string; labels: string; model: string };
  salt: string;
  ranked_by: string;
  audits: CertificateAudit[];
  people: { name: string; n_audits: number; n_labels: number }[];
  people_error: {
    n_second: number;
    n_differ: number;
    delta: number;
    upper: number;
    human_share: number;
    total_eps: number;
    sentence: string;
  } | null;
  model: { name: string; learner: string; params: ParamValues; seed: number; code_version: string; labels_hash: string; round: number };
  assumptions: string[];
  versions: { assay: string; python: string; scipy: string };
  digest: string;
}

export interface CutFacts {
  cut: number;
  allowed_wrong: number;
  audits_in_cut: number;
  wrong_in_cut: number;
  at_most_wrong: number;
}

export interface CertificateAudit {
  key: string;
  rank: number;
  predicted: string;
  answered: string | null;
  by: string | null;
  at: string | null;
}
