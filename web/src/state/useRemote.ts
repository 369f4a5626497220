/** A remote value for as long as a component shows it; fetched anew when `key` changes. */
import { useEffect, useMemo } from 'preact/hooks';
import { type Remote, remote } from './remote.ts';

export function useRemote<T>(fetchValue: (signal: AbortSignal) => Promise<T>, key: string): Remote<T> {
  // The key stands for what the function closes over.
  const value = useMemo(() => remote(fetchValue), [key]);
  useEffect(() => {
    void value.load();
    return () => value.stop();
  }, [value]);
  return value;
}
