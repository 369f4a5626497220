/**
 * Work that is asked for more often than it need be done.
 */

/** Runs it once more after it has ended if it was asked for meanwhile, and never twice at the same time. */
export function once(work: () => Promise<void>): () => void {
  let running = false;
  let asked = false;
  async function run(): Promise<void> {
    while (asked) {
      asked = false;
      await work().catch(() => {});
    }
    running = false;
  }
  return () => {
    asked = true;
    if (running) return;
    running = true;
    void run();
  };
}
