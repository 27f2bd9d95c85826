import { Anchor, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";

import type { Certificate, CertificateDocument } from "@/api/types";
import { boundPercent, goalPercent, PROMISES, STATES } from "@/certificates/attempt-state";
import styles from "@/certificates/certificates.module.css";
import { Hash } from "@/certificates/hash";
import { count, counted, percent, whenUtc, words } from "@/ui/format";

const N_SHOWN = 15; // audits on screen, until asked for all; in print all

/** The certificate as a document: what is promised, on what it rests, and all that is needed to check it. */
export function CertificateSheet({ certificate, document: data }: { certificate: Certificate; document: CertificateDocument }) {
  const { goal, counts, project } = data;
  return (
    <article className={styles.sheet} aria-label={`Certificate ${data.number}`}>
      {certificate.revoked_at !== null && (
        <div className={styles.revoked} role="alert">
          <strong>Revoked on {whenUtc(certificate.revoked_at)}</strong>
          <span>{certificate.revoked_reason}</span>
        </div>
      )}
      <header className={styles.head}>
        <div>
          <h1>Certificate {data.number}</h1>
          <p>
            of the labels of <b>{project.name}</b>
            {project.question && <>: “{project.question}”</>}
          </p>
        </div>
        <p className={styles.issued}>Issued on {whenUtc(data.issued_at)}</p>
      </header>
      <p className={styles.sentence}>{data.sentence}</p>
      {data.people_error && <p className={styles.people}>{data.people_error.sentence}</p>}
      <dl className={styles.figures}>
        <Figure name="Items">{count(counts.items)}</Figure>
        <Figure name={`Of ${PROMISES[goal.promise]} wrong, at most`}>{data.people_error ? boundPercent(data.people_error.total_eps) : goalPercent(goal.eps)}</Figure>
        <Figure name="Confidence">{goalPercent(goal.confidence)}</Figure>
        <Figure name="Labels by the machine">{count(counts.machine)}</Figure>
        <Figure name="Labels by people">{count(counts.human)}</Figure>
        <Figure name="Blind audits">
          {count(counts.audits_in_cut)}, {counts.wrong_in_cut === 0 ? "none" : count(counts.wrong_in_cut)} wrong
        </Figure>
      </dl>
      <Section title="What it rests on">
        <ol className={styles.assumptions}>
          {data.assumptions.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ol>
      </Section>
      <Section title="Goal, attempt and test">
        <GoalFacts document={data} />
      </Section>
      {data.per_class && (
        <Section title="For each class">
          <ClassTable classes={data.per_class} />
        </Section>
      )}
      {data.people_error && (
        <Section title="People's own error">
          <PeopleFacts error={data.people_error} />
        </Section>
      )}
      <Section title="Who answered">
        <PeopleTable people={data.people} />
      </Section>
      <Section title="What labeled the rest">
        <ModelFacts document={data} />
      </Section>
      <Section title="How to check it">
        <HowToCheck document={data} />
      </Section>
      <Section title={`The audits: ${count(counts.audits)}`} mayBreak>
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
  const earlier = attempt.earlier.map((one) => `${one.number} (${stateTitle(one.state)}, risk ${goalPercent(one.delta)})`);
  return (
    <dl className={styles.facts}>
      <Figure name="Promise">
        at most {goalPercent(goal.eps)} of {PROMISES[goal.promise]} wrong{goal.per_class && ", in each class"}
        {people_error && ", and people's own errors on top"}
      </Figure>
      <Figure name="Classes">{project.classes.join(", ")}</Figure>
      <Figure name="Attempt">
        {attempt.number}, with a risk of {goalPercent(attempt.delta)} for its test
      </Figure>
      <Figure name="Attempts before">{earlier.length > 0 ? earlier.join("; ") : "none"}</Figure>
      <Figure name="Frozen, ended">
        {whenUtc(attempt.frozen_at)}; {whenUtc(attempt.ended_at)}
      </Figure>
      <Figure name="Items">
        {count(counts.human_before)} labeled by people before, {count(counts.candidates)} ranked by {ranked_by}
      </Figure>
      <Figure name="Cut">
        {counts.cut === 0 ? "no rank keeps the machine's label" : `ranks 1 to ${count(counts.cut)} keep the machine's label, unless a person gave one`}
        {counts.unlabeled > 0 && `; ${counted(counts.unlabeled, "item")} beyond it have none`}
      </Figure>
      <Figure name="Audits">
        {count(counts.audits)} drawn, {count(counts.audits_in_cut)} of them within the cut: {count(counts.wrong_in_cut)} wrong there
        {counts.skipped > 0 && `, ${count(counts.skipped)} skipped in all, which count as wrong`}
      </Figure>
      {attempt.stages.length > 1 && (
        <Figure name="Stages">
          {attempt.stage} of {attempt.stages.length} ({attempt.stages.map(count).join(", ")} audits), each with an equal share of the attempt's risk
        </Figure>
      )}
      <Figure name="Wrong within the cut">
        {count(counts.allowed_wrong)} allowed
      </Figure>
      <Figure name="Test">
        {test.name}
        {test.grid && `; cuts from ${count(test.grid[0])} to ${count(test.grid[1])} in ${counted(test.grid[2], "step")}`}
      </Figure>
      <Figure name="p value">
        {test.p_value.toPrecision(3)}
        {test.stopped_at === null ? "; no cut failed" : `; the first cut that failed: ${count(test.stopped_at)}`}
      </Figure>
    </dl>
  );
}

const stateTitle = (state: string) => (state in STATES ? STATES[state as keyof typeof STATES].title : state);

function ClassTable({ classes }: { classes: NonNullable<CertificateDocument["per_class"]> }) {
  return (
    <Scrolled label="Each class">
      <table className={styles.table}>
        <thead>
          <tr>
            <th>Class</th>
            <th>Candidates</th>
            <th>Cut</th>
            <th>May be wrong</th>
            <th>Audits</th>
            <th>Wrong</th>
            <th>p value</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(classes).map(([name, cut]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{count(cut.candidates)}</td>
              <td>{count(cut.cut)}</td>
              <td>{count(cut.allowed_wrong)}</td>
              <td>{count(cut.audits_in_cut)}</td>
              <td>{count(cut.wrong_in_cut)}</td>
              <td>{cut.p_value.toPrecision(3)}</td>
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
      <Figure name="Second answers">
        {count(error.n_second)}, of which {count(error.n_differ)} differ or were skipped
      </Figure>
      <Figure name="Of people's labels wrong, at most">{boundPercent(error.upper)}</Figure>
      <Figure name="Share by people">{percent(error.human_share)}</Figure>
      <Figure name="Wrong in all, at most">{boundPercent(error.total_eps)}</Figure>
      <Figure name="Risk of this bound">{goalPercent(error.delta)}</Figure>
    </dl>
  );
}

function PeopleTable({ people }: { people: CertificateDocument["people"] }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>Person</th>
          <th>Audits</th>
          <th>Labels</th>
        </tr>
      </thead>
      <tbody>
        {people.map((one) => (
          <tr key={one.name}>
            <td>{one.name}</td>
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
      <Figure name="Model">{model.name || "none"}</Figure>
      <Figure name="Learner">{words(model.learner)}</Figure>
      <Figure name="Settings">{params.length > 0 ? params.join(", ") : "as they come"}</Figure>
      <Figure name="Seed, round">
        {model.seed}, {model.round}
      </Figure>
      <Figure name="Code">{model.code_version}</Figure>
      <Figure name="Versions">
        Assay {versions.assay}, Python {versions.python}, SciPy {versions.scipy}
      </Figure>
    </dl>
  );
}

function HowToCheck({ document: { number, salt, hashes, model, digest, format } }: { document: CertificateDocument }) {
  return (
    <>
      <p>
        Download certificate and labels, and run this anywhere. It needs neither this server nor its database, recomputes the draw, the cut, the
        test and each hash, and says what does not fit:
      </p>
      <pre className={styles.command}>
        assay verify certificate-{number}.json certificate-{number}-labels.csv
      </pre>
      <p>
        The audits are the candidates with the smallest SHA-256 of salt, colon and key, as hexadecimal numbers. The salt was secret while they were
        answered; its hash was shown before.
      </p>
      <div className={styles.hashes}>
        <Hash name="Salt" value={salt} />
        <Hash name="Hash of the salt" value={hashes.salt} />
        <Hash name="Items" value={hashes.items} />
        <Hash name="Labeled by people before" value={hashes.human_before} />
        <Hash name="Ranking" value={hashes.ranking} />
        <Hash name="Labels" value={hashes.labels} />
        <Hash name="Model's files" value={hashes.model} />
        <Hash name="Labels it was trained on" value={model.labels_hash} />
        <Hash name={`Digest of this document (${format})`} value={digest} />
      </div>
    </>
  );
}

/** Plain rows, all of them in the page: print has every one, whatever the screen folds away. */
function AuditTable({ document: { audits, counts } }: { document: CertificateDocument }) {
  const [isFolded, setIsFolded] = useState(audits.length > N_SHOWN);
  return (
    <>
      <Scrolled label="Audits">
        <table className={`${styles.table} ${styles.audits}`} data-folded={isFolded || undefined}>
          <thead>
            <tr>
              <th>Item</th>
              <th>Rank</th>
              <th>Machine</th>
              <th>Person</th>
              <th>By</th>
              <th>On</th>
            </tr>
          </thead>
          <tbody>
            {audits.map((audit) => (
              <tr key={audit.key} data-wrong={audit.predicted !== audit.answered || undefined}>
                <td>{audit.key}</td>
                <td>{count(audit.rank)}</td>
                <td>{audit.predicted}</td>
                <td>
                  {audit.answered ?? "skipped"}
                  {audit.predicted !== audit.answered && (audit.rank <= counts.cut ? ": wrong" : ": wrong, beyond the cut")}
                </td>
                <td>{audit.by ?? "–"}</td>
                <td>{whenUtc(audit.at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      {isFolded && (
        <Text size="sm" className={styles.screenOnly}>
          <Anchor component="button" type="button" size="sm" onClick={() => setIsFolded(false)}>
            Show all {count(audits.length)} audits
          </Anchor>
        </Text>
      )}
    </>
  );
}
