/** The list of runs, asked for again while it is in sight. */
import { useEffect } from 'preact/hooks';
import * as api from '../api/routes.ts';
import { remote } from './remote.ts';

const EVERY = 5000;

export const runList = remote(api.runs);

export function useRunList(): void {
  useEffect(() => {
    void runList.load();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void runList.load();
    }, EVERY);
    return () => clearInterval(timer);
  }, []);
}
