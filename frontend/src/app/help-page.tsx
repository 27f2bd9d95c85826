import { Accordion, Anchor, List, Text, Title } from "@mantine/core";

import { msg, t, type Message } from "@/language/translate";
import { Page } from "@/ui/page";

const STEPS: Message[] = [
  msg("Import a file. Some of its items may be labeled already, or none."),
  msg("Label what the queue asks: it begins with a varied and a random part of the items."),
  msg("Train. The model labels what it is sure of, and asks people about the rest."),
  msg("Publish a round, answer what it is unsure of, and train again."),
  msg("Certify: people check a random part blind, and the result is proven."),
  msg("Export the labels, each with who said so, and the certificate."),
];

const QUESTIONS: { question: Message; answer: Message }[] = [
  {
    question: msg("How many labels do I need?"),
    answer: msg("The page Certificates has a forecast as soon as there are items, and a sharper one after each round. It says so when it is out of date."),
  },
  {
    question: msg("What is the threshold?"),
    answer: msg("How sure the model must be for its label to count. Nearer to 0.99 there are fewer labels and they are surer; nearer to 0.50 there are more. The page Train shows what each value would accept."),
  },
  {
    question: msg("Why do I not see what the model says?"),
    answer: msg("Some items are asked blind, to measure how good the model and people are. A guess that is shown sways the answer. Where several people answer each item, all of them answer blind."),
  },
  {
    question: msg("What does “held out” mean?"),
    answer: msg("A part of the labels that people gave to items drawn at random is never trained on. It measures the model, and nothing else."),
  },
  {
    question: msg("I lost the connection. Are my answers gone?"),
    answer: msg("No. They are kept in this browser and sent when the server is back. The badge on top says how many wait; do not clear the data of this site before it says that all are stored."),
  },
  {
    question: msg("I answered wrongly. What now?"),
    answer: msg("Press Z to take back your last answers. Later a reviewer may relabel the item on its page."),
  },
  {
    question: msg("Two people disagree. Who decides?"),
    answer: msg("Where several answers are wanted the majority decides; without one, a reviewer does, on the page Adjudication."),
  },
  {
    question: msg("Will a new round overwrite labels?"),
    answer: msg("A finished round is a candidate that somebody publishes, unless the project publishes by itself. What people said is never replaced by a model, and an earlier round can be published again."),
  },
  {
    question: msg("What does a certificate prove?"),
    answer: msg("That at most a stated share of the labels is wrong, with a stated confidence, by blind checks of items drawn at random. It assumes nothing of the model. Anybody can check it from two files."),
  },
  {
    question: msg("How do other people join?"),
    answer: msg("An owner adds them under Settings, Members, by their user name. Administrators of this Assay can make an account there at the same time."),
  },
];

/** How it works, what people ask, and where more is written. */
export default function HelpPage() {
  return (
    <Page title={t("Help")} size="md">
      <Title order={2} size="h4" mb="xs">
        {t("How it works")}
      </Title>
      <List type="ordered" spacing={4} mb="lg">
        {STEPS.map((step) => (
          <List.Item key={step.english}>{t(step)}</List.Item>
        ))}
      </List>
      <Title order={2} size="h4" mb="xs">
        {t("Questions")}
      </Title>
      <Accordion variant="separated" mb="lg">
        {QUESTIONS.map(({ question, answer }) => (
          <Accordion.Item key={question.english} value={question.english}>
            <Accordion.Control>{t(question)}</Accordion.Control>
            <Accordion.Panel>
              <Text size="sm">{t(answer)}</Text>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      <Title order={2} size="h4" mb="xs">
        {t("More")}
      </Title>
      <List spacing={4}>
        <List.Item>{t("Press ? on a page for labeling to see its keys, and G for the guide of the project.")}</List.Item>
        <List.Item>
          <Anchor href="/api/docs">{t("The API, each call to be tried")}</Anchor>
        </List.Item>
        <List.Item>{t("The documents that came with Assay are in its folder docs: start.md first, review.md for those who label, certificates.md on what is proven, importing.md on files.")}</List.Item>
      </List>
    </Page>
  );
}
