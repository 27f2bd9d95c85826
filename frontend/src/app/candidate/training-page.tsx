import { CandidatePanel } from "@/app/candidate/candidate-panel";
import { TrainingPage } from "@/training/training-page";

/** Training, with what waits to be published above it. */
export default function TrainingWithCandidate() {
  return <TrainingPage above={(project) => <CandidatePanel project={project} />} />;
}
