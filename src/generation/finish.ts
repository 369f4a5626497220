/**
 * Runs a generator of steps to its end, for callers that want what it returns. Knows no steps in particular.
 */

/** What `steps` returns; `onStep` sees each step on the way, and is waited for. */
export async function finish<Step, Result>(
  steps: AsyncGenerator<Step, Result, undefined>,
  onStep?: (step: Step) => unknown,
): Promise<Result> {
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
    await onStep?.(next.value);
  }
}
