/** Reads the parameters of a PNG that is dropped on the page or chosen, and puts them into the form. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import * as api from '../../api/routes.ts';
import { Icon } from '../../components/icon.tsx';
import { notify } from '../../components/notice.tsx';
import { drawForm, formOf, knownNames } from '../../state/drawForm.ts';
import { namesOf } from '../../state/names.ts';
import { system } from '../../state/system.ts';
import { sentences } from '../../texts/failures.ts';
import { t } from '../../texts/texts.ts';

async function readFile(file: File | undefined): Promise<void> {
  if (!file) return;
  if (file.type !== 'image/png') return notify(t().draw.notPng);
  try {
    const parameters = await api.readPicture(file);
    drawForm.value = knownNames(formOf(parameters), namesOf(system.value));
    notify(t().draw.dropped(file.name));
  } catch (error) {
    const { problem, remedy } = sentences(error);
    notify(`${problem} ${remedy}`);
  }
}

export function DropTarget({ children }: { children: ComponentChildren }) {
  const over = useSignal(false);
  const hasFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the button in the form does the same.
    <div
      class={over.value ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        if (!hasFile(event)) return;
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        void readFile(event.dataTransfer?.files[0]);
      }}
    >
      {children}
      {over.value && (
        <div class="drop-veil" aria-hidden="true">
          {t().draw.dropHint}
        </div>
      )}
    </div>
  );
}

export function OpenPng() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="text-button"
        title={t().draw.dropHint}
        onClick={() => input.current?.click()}
      >
        <Icon name="file" />
        {t().draw.openPng}
      </button>
      <input
        ref={input}
        type="file"
        accept="image/png"
        hidden
        aria-label={t().draw.openPng}
        onChange={(event) => {
          void readFile(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
