import { Anchor, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";

import type { Certificate, CertificateDocument } from "@/api/types";
import { boundPercent, goalPercent, inEachClass, promiseText, STATES } from "@/certificates/attempt-state";
import styles from "@/certificates/certificates.module.css";
import { Hash } from "@/certificates/hash";
import { recalls } from "@/certificates/recall";
import { LANGUAGE } from "@/language/languages";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { count, percent, percentWithin, whenUtc, words } from "@/ui/format";

const N_SHOWN = 15; // audits on screen, until asked for all; in print all

/** The certificate as a document: what is promised, on what it rests, and all that is needed to check it. */
export function CertificateSheet({ certificate, document: data }: { certificate: Certificate; document: CertificateDocument }) {
  const { goal, counts, project } = data;
  return (
    <article className={styles.sheet} aria-label={t("Certificate {number}", { number: data.number })}>
      {certificate.retired.n_retired > 0 && <p role="status">{retiredText(certificate.retired)}</p>}
      {certificate.revoked_at !== null && (
        <div className={styles.revoked} role="alert">
          <strong>{t("Revoked on {date}", { date: whenUtc(certificate.revoked_at) })}</strong>
          <span dir="auto">{certificate.revoked_reason}</span>
        </div>
      )}
      <header className={styles.head}>
        <div>
          <h1>{t("Certificate {number}", { number: data.number })}</h1>
          <p>
            {project.question
              ? rich("of the labels of {project}: “{question}”", { project: <b dir="auto">{project.name}</b>, question: <bdi>{project.question}</bdi> })
              : rich("of the labels of {project}", { project: <b dir="auto">{project.name}</b> })}
          </p>
        </div>
        <p className={styles.issued}>{t("Issued on {date}", { date: whenUtc(data.issued_at) })}</p>
      </header>
      <p className={styles.sentence}>{data.sentence}</p>
      {data.people_error && <p className={styles.people}>{data.people_error.sentence}</p>}
      <dl className={styles.figures}>
        <Figure name={t("Items")}>{count(counts.items)}</Figure>
        <Figure name={goal.promise === "dataset" ? t("Of all labels wrong, at most") : t("Of the machine's labels wrong, at most")}>
          {data.people_error ? boundPercent(data.people_error.total_eps) : goalPercent(goal.eps)}
        </Figure>
        <Figure name={t("Confidence")}>{goalPercent(goal.confidence)}</Figure>
        <Figure name={t("Labels by the machine")}>{count(counts.machine)}</Figure>
        <Figure name={t("Labels by people")}>{count(counts.human)}</Figure>
        <Figure name={t("Blind audits")}>
          {counts.wrong_in_cut === 0
            ? t("{n}, none wrong", { n: count(counts.audits_in_cut) })
            : t("{n}, {wrong} wrong", { n: count(counts.audits_in_cut), wrong: count(counts.wrong_in_cut) })}
        </Figure>
      </dl>
      <Section title={t("What it rests on")}>
        <ol className={styles.assumptions}>
          {data.assumptions.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ol>
      </Section>
      <Section title={t("Goal, attempt and test")}>
        <GoalFacts document={data} />
      </Section>
      {data.per_class && (
        <Section title={t("For each predicted class")}>
          <ClassTable classes={data.per_class} />
        </Section>
      )}
      {data.per_class && (
        <Section title={t("By true class, no part of the promise")}>
          <p>
            {t("The promise is on what the machine put into each class. How many items of a true class it found, before people labeled what lies beyond the cut, can only be estimated from the audits:")}
          </p>
          <RecallTable document={data} />
        </Section>
      )}
      {data.people_error && (
        <Section title={t("People's own error")}>
          <PeopleFacts error={data.people_error} />
        </Section>
      )}
      <Section title={t("Who answered")}>
        <PeopleTable people={data.people} />
      </Section>
      <Section title={t("What labeled the rest")}>
        <ModelFacts document={data} />
      </Section>
      <Section title={t("How to check it")}>
        <HowToCheck document={data} />
      </Section>
      <Section title={t("The audits: {n}", { n: count(counts.audits) })} mayBreak>
        <AuditTable document={data} />
      </Section>
    </article>
  );
}

function Section({ title, mayBreak = false, children }: { title: string; mayBreak?: boolean; children: ReactNode }) {
  return (
    <section className={mayBreak ? undefined : styles.whole}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** What may be wider than a phone; with a place in the tab order, so that keys can move it. */
function Scrolled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function GoalFacts({ document: { goal, attempt, counts, test, ranked_by, project, people_error } }: { document: CertificateDocument }) {
  const drawn = { n: count(counts.audits), within: count(counts.audits_in_cut), wrong: count(counts.wrong_in_cut) };
  const promised = goal.per_class ? inEachClass(promiseText(goal)) : promiseText(goal);
  const earlier = attempt.earlier.map((one) => t("{number} ({state}, risk {risk})", { number: one.number, state: stateTitle(one.state), risk: goalPercent(one.delta) }));
  return (
    <dl className={styles.facts}>
      <Figure name={t("Promise")}>
        {people_error ? t("{goal}, and people's own errors on top", { goal: promised }) : promised}
      </Figure>
      <Figure name={t("Classes")}>{project.classes.join(", ")}</Figure>
      <Figure name={t("Attempt")}>
        {t("{number}, with a risk of {risk} for its test", { number: attempt.number, risk: goalPercent(attempt.delta) })}
      </Figure>
      <Figure name={t("Attempts before")}>{earlier.length > 0 ? earlier.join("; ") : t("none")}</Figure>
      <Figure name={t("Frozen, ended")}>
        {whenUtc(attempt.frozen_at)}; {whenUtc(attempt.ended_at)}
      </Figure>
      <Figure name={t("Items")}>
        {t("{human} labeled by people before, {candidates} ranked by {measure}", {
          human: count(counts.human_before),
          candidates: count(counts.candidates),
          measure: ranked_by,
        })}
      </Figure>
      <Figure name={t("Cut")}>
        {[
          counts.cut === 0
            ? t("no rank keeps the machine's label")
            : t("ranks 1 to {cut} keep the machine's label, unless a person gave one", { cut: count(counts.cut) }),
          counts.unlabeled > 0 &&
            plural(counts.unlabeled, "{n} item beyond it have none", "{n} items beyond it have none", { n: count(counts.unlabeled) }),
        ]
          .filter(Boolean)
          .join("; ")}
      </Figure>
      <Figure name={t("Audits")}>
        {counts.skipped > 0
          ? t("{n} drawn, {within} of them within the cut: {wrong} wrong there, {skipped} skipped in all, which count as wrong", {
              ...drawn,
              skipped: count(counts.skipped),
            })
          : t("{n} drawn, {within} of them within the cut: {wrong} wrong there", drawn)}
      </Figure>
      {attempt.stages.length > 1 && (
        <Figure name={t("Stages")}>
          {t("{stage} of {stages} ({audits} audits), whose tests share the attempt's risk", {
            stage: attempt.stage,
            stages: attempt.stages.length,
            audits: attempt.stages.map(count).join(", "),
          })}
        </Figure>
      )}
      <Figure name={t("Wrong within the cut")}>
        {t("{n} allowed", { n: count(counts.allowed_wrong) })}
      </Figure>
      <Figure name={t("Test")}>
        {test.name}
        {test.grid &&
          `; ${plural(test.grid[2], "cuts from {first} to {last} in {n} step", "cuts from {first} to {last} in {n} steps", {
            first: count(test.grid[0]),
            last: count(test.grid[1]),
            n: count(test.grid[2]),
          })}`}
      </Figure>
      <Figure name={t("p value")}>
        {test.stopped_at === null
          ? t("{p}; no cut failed", { p: pValue(test.p_value) })
          : t("{p}; the first cut that failed: {cut}", { p: pValue(test.p_value), cut: count(test.stopped_at) })}
      </Figure>
    </dl>
  );
}

const stateTitle = (state: string) => (state in STATES ? t(STATES[state as keyof typeof STATES].title) : state);

const threeDigits = new Intl.NumberFormat(LANGUAGE, { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const pValue = (p: number) => (p < 1e-6 ? p.toPrecision(3) : threeDigits.format(p));

function ClassTable({ classes }: { classes: NonNullable<CertificateDocument["per_class"]> }) {
  return (
    <Scrolled label={t("Each class")}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t("Class")}</th>
            <th>{t("Candidates")}</th>
            <th>{t("Cut")}</th>
            <th>{t("May be wrong")}</th>
            <th>{t("Audits")}</th>
            <th>{t("Wrong")}</th>
            <th>{t("p value")}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(classes).map(([name, cut]) => (
            <tr key={name}>
              <td dir="auto">{name}</td>
              <td>{count(cut.candidates)}</td>
              <td>{count(cut.cut)}</td>
              <td>{count(cut.allowed_wrong)}</td>
              <td>{count(cut.audits_in_cut)}</td>
              <td>{count(cut.wrong_in_cut)}</td>
              <td>{pValue(cut.p_value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function RecallTable({ document }: { document: CertificateDocument }) {
  return (
    <Scrolled label={t("Each true class")}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t("True class")}</th>
            <th>{t("Audits of it")}</th>
            <th>{t("Found by the machine")}</th>
            <th>{t("Share found, 95% interval")}</th>
          </tr>
        </thead>
        <tbody>
          {recalls(document).map(({ name, answered, found, interval: [low, high] }) => (
            <tr key={name}>
              <td dir="auto">{name}</td>
              <td>{count(answered)}</td>
              <td>{count(found)}</td>
              <td>
                {answered > 0
                  ? percentWithin(found / answered, low, high)
                  : t("no audit was of it")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function PeopleFacts({ error }: { error: NonNullable<CertificateDocument["people_error"]> }) {
  return (
    <dl className={styles.facts}>
      <Figure name={t("Second answers")}>
        {t("{n}, of which {differ} differ or were skipped", { n: count(error.n_second), differ: count(error.n_differ) })}
      </Figure>
      <Figure name={t("Of people's labels wrong, at most")}>{boundPercent(error.upper)}</Figure>
      <Figure name={t("Share by people")}>{percent(error.human_share)}</Figure>
      <Figure name={t("Wrong in all, at most")}>{boundPercent(error.total_eps)}</Figure>
      <Figure name={t("Risk of this bound")}>{goalPercent(error.delta)}</Figure>
    </dl>
  );
}

function PeopleTable({ people }: { people: CertificateDocument["people"] }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>{t("Person")}</th>
          <th>{t("Audits")}</th>
          <th>{t("Labels")}</th>
        </tr>
      </thead>
      <tbody>
        {people.map((one) => (
          <tr key={one.name}>
            <td dir="auto">{one.name}</td>
            <td>{count(one.n_audits)}</td>
            <td>{count(one.n_labels)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ModelFacts({ document: { model, versions } }: { document: CertificateDocument }) {
  const params = Object.entries(model.params).map(([name, value]) => `${words(name)} ${JSON.stringify(value)}`);
  return (
    <dl className={styles.facts}>
      <Figure name={t("Model")}>{model.name || t("none")}</Figure>
      <Figure name={t("Learner")}>{words(model.learner) || t("none: made elsewhere")}</Figure>
      <Figure name={t("Settings")}>{params.length > 0 ? params.join(", ") : t("as they come")}</Figure>
      <Figure name={t("Seed, round")}>
        {model.seed}, {model.round}
      </Figure>
      <Figure name={t("Code")}>{model.code_version}</Figure>
      <Figure name={t("Versions")}>
        {t("Assay {assay}, Python {python}, SciPy {scipy}", versions)}
      </Figure>
    </dl>
  );
}

function HowToCheck({ document: { number, salt, hashes, model, digest, format } }: { document: CertificateDocument }) {
  return (
    <>
      <p>
        {t("Download certificate and labels, and run this anywhere. It needs neither this server nor its database, recomputes the draw, the cut, the test and each hash, and says what does not fit:")}
      </p>
      <pre className={styles.command}>
        <code>
          assay verify certificate-{number}.json certificate-{number}-labels.csv
        </code>
      </pre>
      <p>
        {t("The audits are the candidates with the smallest SHA-256 of salt, colon and key, as hexadecimal numbers. The salt was secret while they were answered; its hash was shown before.")}
      </p>
      <div className={styles.hashes}>
        <Hash name={t("Salt")} value={salt} />
        <Hash name={t("Hash of the salt")} value={hashes.salt} />
        <Hash name={t("Items")} value={hashes.items} />
        <Hash name={t("Labeled by people before")} value={hashes.human_before} />
        <Hash name={t("Ranking")} value={hashes.ranking} />
        <Hash name={t("Labels")} value={hashes.labels} />
        <Hash name={t("Model's files")} value={hashes.model} />
        <Hash name={t("Labels it was trained on")} value={model.labels_hash} />
        <Hash name={t("Digest of this document ({format})", { format })} value={digest} />
      </div>
    </>
  );
}

function answerText({ answered, predicted, rank }: CertificateDocument["audits"][number], cut: number): string {
  const answer = answered ?? t("skipped");
  if (predicted === answered) return answer;
  return rank <= cut ? t("{answer}: wrong", { answer }) : t("{answer}: wrong, beyond the cut", { answer });
}

/** Plain rows, all of them in the page: print has every one, whatever the screen folds away. */
function AuditTable({ document: { audits, counts } }: { document: CertificateDocument }) {
  const [isFolded, setIsFolded] = useState(audits.length > N_SHOWN);
  return (
    <>
      <Scrolled label={t("Audits")}>
        <table className={`${styles.table} ${styles.audits}`} data-folded={isFolded || undefined}>
          <thead>
            <tr>
              <th>{t("Item")}</th>
              <th>{t("Rank")}</th>
              <th>{t("Machine")}</th>
              <th>{t("Person")}</th>
              <th>{t("By")}</th>
              <th>{t("On")}</th>
            </tr>
          </thead>
          <tbody>
            {audits.map((audit) => (
              <tr key={audit.key} data-wrong={audit.predicted !== audit.answered || undefined}>
                <td dir="auto">{audit.key}</td>
                <td>{count(audit.rank)}</td>
                <td dir="auto">{audit.predicted}</td>
                <td>
                  {answerText(audit, counts.cut)}
                </td>
                <td dir="auto">{audit.by ?? "–"}</td>
                <td>{whenUtc(audit.at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      {isFolded && (
        <Text size="sm" className={styles.screenOnly}>
          <Anchor component="button" type="button" size="sm" onClick={() => setIsFolded(false)}>
            {t("Show all {n} audits", { n: count(audits.length) })}
          </Anchor>
        </Text>
      )}
    </>
  );
}

/** How many of the labels that it is about no longer stand. */
function retiredText({ n_labels, n_retired, n_confirmed }: Certificate["retired"]): string {
  const said = plural(n_retired, "{n} of {total} certified labels has been retired since.", "{n} of {total} certified labels have been retired since.", {
    n: count(n_retired),
    total: count(n_labels),
  });
  if (n_confirmed === 0) return said;
  return `${said} ${plural(n_confirmed, "For {n} of them a person said the same, and that stands instead.", "For {n} of them people said the same, and that stands instead.", { n: count(n_confirmed) })}`;
}
