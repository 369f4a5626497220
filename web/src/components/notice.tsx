/** One short message that comes and goes, and that a screen reader says. */
import { signal } from '@preact/signals';

const message = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

export function notify(text: string): void {
  message.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    message.value = '';
  }, 4000);
}

export function Notice() {
  return (
    <div class={`notice ${message.value ? 'notice-shown' : ''}`} role="status">
      {message.value}
    </div>
  );
}
