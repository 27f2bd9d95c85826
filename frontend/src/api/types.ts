/** The server's shapes under the names that the pages use. */

export type Id = number;
export type ItemType = "image" | "text" | "table" | "series";
export type Role = "owner" | "engineer" | "reviewer" | "annotator" | "viewer";
export type Split = "pool" | "holdout" | "test";
export type WorkState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Page<T> {
  results: T[];
  next: string | null;
}

export interface Me {
  id: Id;
  username: string;
  is_staff: boolean;
}

export interface Token {
  id: Id;
  name: string;
  created_at: string;
  begins_with: string;
  token?: string;
}

export interface LabelClass {
  id: Id;
  name: string;
  colour: string;
  hotkey: string;
  position: number;
}

export interface ProjectSettings {
  name: string;
  question: string;
  target_precision: number;
  confidence_level: number;
  holdout_share: number;
  answers_wanted: number;
  acquisition: "margin" | "entropy" | "least_confident" | "random";
  review_budget: number;
  random_share: number;
  retrain_after: number;
  lease_seconds: number;
}

export interface Project extends ProjectSettings {
  id: Id;
  item_type: ItemType;
  role: Role;
  created_at: string;
  classes: LabelClass[];
}

export interface Diff {
  kept?: number;
  changed?: number;
  dropped?: number;
  new?: number;
}

export interface Progress {
  n_items: number;
  n_human: number;
  n_machine: number;
  n_unlabeled: number;
  n_holdout: number;
  n_test: number;
  by_class: { class_id: Id; n_human: number; n_machine: number }[];
  publication: {
    id: Id;
    source_id: Id;
    source_name: string;
    started_at: string;
    n_labels: number;
    diff: Diff;
  } | null;
}

export interface Member {
  id: Id;
  username: string;
  role: Role;
}

export interface Source {
  id: Id;
  kind: "person" | "consensus" | "file" | "model";
  name: string;
}

export interface CurrentLabel {
  id: Id;
  class_id: Id;
  is_human: boolean;
  source: Source;
  confidence: number | null;
  threshold: number | null;
  created_at: string;
}

export interface ItemImage {
  url: string;
  thumbnail_url: string;
  width: number;
  height: number;
}

export type Features = Record<string, string | number | boolean | null> | number[] | number[][];

export interface Item {
  id: Id;
  key: string;
  split: Split;
  text: string | null;
  features: Features | null;
  image: ItemImage | null;
  label: CurrentLabel | null;
}

export interface Work {
  id: Id;
  state: WorkState;
  is_open: boolean;
  step_name: string;
  step: number;
  n_steps: number;
  seconds_left: number | null;
  error_code: string;
  error_message: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  created_by: string | null;
}

export interface Upload {
  upload: string;
  file_name: string;
  n_bytes: number;
}

export interface Problem {
  row: number | null;
  field: string;
  message: string;
}

/** What the importer found or was told; sent back with the import. See the API for each. */
export interface ImportOptions {
  format?: string;
  encoding?: string;
  delimiter?: string;
  has_header?: boolean;
  columns?: Record<string, string>;
  labels_from?: "person" | "machine";
  split?: "auto" | "pool" | "test";
  dry_run?: boolean;
  [name: string]: unknown;
}

export interface RowPreview {
  row: number;
  key: string;
  split: string;
  text: string | null;
  features: Features | null;
  image: { name: string; width: number; height: number; data_url: string } | null;
  label: string | null;
  confidence: number | null;
}

export interface Preview {
  item_type: ItemType;
  format: string;
  options: ImportOptions;
  columns: { name: string; role: string; examples: string[] }[];
  rows: RowPreview[];
  n_rows_seen: number;
  is_whole_file: boolean;
  classes: { name: string; n: number }[];
  n_labeled: number;
  n_unlabeled: number;
  problems: Problem[];
  n_problems: number;
}

export interface ImportReport {
  n_rows: number;
  n_known: number;
  n_duplicate_content: number;
  duplicates: { row: number; key: string; same_as: string }[];
  n_label_conflicts: number;
  conflicts: { row: number; key: string; message: string }[];
  classes_added: string[];
  n_problems: number;
  problems: Problem[];
  notes: string[];
}

export interface Import extends Work {
  file_name: string;
  options: ImportOptions;
  report: ImportReport;
  n_items_added: number;
  n_labels_added: number;
}

export interface Export extends Work {
  format: "csv" | "jsonl" | "parquet" | "images";
  filters: Record<string, unknown>;
  as_of: string | null;
  n_rows: number;
  n_bytes: number;
  sha256: string;
}

export interface LearnerParam {
  name: string;
  type: "int" | "float" | "bool" | "choice";
  default: number | boolean | string | null;
  low: number | null;
  high: number | null;
  choices: string[] | null;
  help: string;
}

export interface Learner {
  name: string;
  title: string;
  description: string;
  item_types: ItemType[];
  params: LearnerParam[];
}

export interface PolicyForm {
  kind: string;
  title: string;
  description: string;
  params: LearnerParam[];
}

export type ParamValues = Record<string, unknown>;
export type Policy = ParamValues & { kind: string };

export interface RoundSummary {
  id: Id;
  run_id: Id;
  run_number: number;
  number: number;
  state: "running" | "ready" | "published" | "skipped";
  n_human: number;
  holdout_accuracy: number | null;
  low: number | null;
  high: number | null;
  test_accuracy: number | null;
  share_accepted: number | null;
  n_accepted: number | null;
  finished_at: string | null;
}

export interface Run extends Work {
  number: number;
  learner: string;
  params: Record<string, unknown>;
  policy: Policy;
  n_rounds: number;
  seed: number;
  trigger: string;
  stop_reason: string;
  rounds: RoundSummary[];
}

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

export interface ReliabilityBin {
  low: number;
  high: number;
  n: number;
  confidence: number;
  accuracy: number;
}

export interface ThresholdRow {
  threshold: number;
  n_accepted: number;
  share: number;
  holdout_n: number;
  holdout_precision: number | null;
  holdout_low: number | null;
  holdout_high: number | null;
}

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
  true_precision: {
    n: number;
    accepted: number;
    low: number;
    high: number;
    pool_accuracy: number;
  } | null;
}

export interface Round extends RoundSummary {
  source_id: Id | null;
  temperature: number | null;
  threshold: Record<string, number>;
  labels_hash: string;
  code_version: string;
  seconds: Record<string, number>;
  metrics: Partial<RoundMetrics>;
}

export interface LogLine {
  id: Id;
  at: string;
  level: "info" | "warning" | "error";
  message: string;
}

export type Reason = "uncertain" | "diverse" | "random" | "flagged" | "audit";

export interface Queue {
  n_open: number;
  n_held: number;
  n_disputed: number;
  by_reason: Partial<Record<Reason, number>>;
  held_by_me: number;
  answered_by_me: number;
}

export interface Entry {
  id: Id;
  reason: Reason;
  lease_until: string;
  is_blind: boolean;
  suggestion: { class_id: Id; confidence: number } | null;
  item: Item;
}

export interface Claim {
  entries: Entry[];
  n_open: number;
}

export type AnswerKind = "label" | "skip_me" | "skip_all";

export interface AnswerInput {
  key: string;
  entry_id: Id;
  kind: AnswerKind;
  class_id?: Id;
  seconds?: number;
  note?: string;
}

export interface AnswerResult {
  key: string;
  outcome: "stored" | "repeated" | "refused";
  code: string;
  message: string;
}

export interface Health {
  status: "ok" | "degraded";
  parts?: {
    name: string;
    state: "up" | "down";
    since: string | null;
    message: string;
    how_to_fix: string;
  }[];
}

export interface Publication {
  id: Id;
  source: Source;
  round_id: Id | null;
  started_at: string;
  started_by: string | null;
  ended_at: string | null;
  ended_reason: string;
  n_labels: number;
  diff: Diff;
}

export interface HistoryEvent {
  at: string;
  kind: "prediction" | "flag" | "answer" | "undone" | "retired" | "label" | "split" | "published";
  by?: string | null;
  class_id?: Id | null;
  label_id?: Id;
  is_human?: boolean;
  source?: Source;
  confidence?: number | null;
  threshold?: number | null;
  reason?: string;
  until?: string | null;
  round_id?: Id;
  round?: string;
  is_accepted?: boolean;
  answer?: AnswerKind;
  seen?: { is_blind?: boolean; suggestion?: { class_id: Id; confidence: number } | null; reason?: Reason };
  seconds?: number | null;
  note?: string;
  split?: Split;
}

export interface Flag {
  id: Id;
  item_id: Id;
  item_key: string;
  person: string;
  note: string;
  created_at: string;
  resolved_at: string | null;
}

/** An entry on which people disagree. */
export interface Dispute {
  id: Id;
  item: Item;
  answers: { person: string; class_id: Id; created_at: string }[];
}

export interface MyAnswer {
  key: string;
  entry_id: Id | null;
  item_id: Id;
  item_key: string;
  kind: AnswerKind;
  class_id: Id | null;
  created_at: string;
  withdrawn_at: string | null;
}
