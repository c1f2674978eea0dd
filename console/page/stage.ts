/** A stage that real orders go through. */
export function isLiveStage(stage: string): boolean {
  return /^(prod|live)/i.test(stage);
}

/** Its name is written in capitals, so that no tab is taken for another. */
export function nameOf(stage: string): string {
  return isLiveStage(stage) ? stage.toUpperCase() : stage;
}
