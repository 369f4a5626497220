/** A picture in its frame. Small ones, as the emoji world draws, are enlarged with their pixels in sight. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

interface Props {
  readonly src: string | undefined;
  readonly alt: string;
  /** Width to height. */
  readonly ratio?: number | undefined;
  readonly children?: ComponentChildren;
  readonly lazy?: boolean;
  /** Noise that is not a picture yet. */
  readonly busy?: boolean;
}

const SMALL = 160;

export function Frame({ src, alt, ratio = 1, children, lazy, busy }: Props) {
  const small = useSignal(false);
  return (
    <div class={`frame ${busy ? 'frame-busy' : ''}`} style={{ aspectRatio: String(ratio) }}>
      {src ? (
        <img
          src={src}
          alt={alt}
          class={small.value ? 'pixels' : ''}
          loading={lazy ? 'lazy' : 'eager'}
          decoding="async"
          onLoad={(event) => {
            small.value = event.currentTarget.naturalWidth < SMALL;
          }}
        />
      ) : (
        <span class="frame-wait" />
      )}
      {children}
    </div>
  );
}
