/** 그리기: a prompt becomes a picture, step by step; below it what was drawn before. */
import { computed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Picture } from '../../../../src/server/contract/gallery.ts';
import { loadGallery } from '../../state/gallery.ts';
import { jobView, onJobEnd, recall, watchedJobs } from '../../state/jobs.ts';
import { route } from '../../state/route.ts';
import { DrawForm } from './drawForm.tsx';
import { DropTarget } from './dropTarget.tsx';
import { Gallery } from './gallery.tsx';
import { PictureDialog } from './pictureDialog.tsx';
import { Stage } from './stage.tsx';

const drawings = computed(() => watchedJobs.value.filter((view) => view.job.request.kind === 'generate'));

export function DrawPage() {
  const open = useSignal<Picture | undefined>(undefined);
  const lost = useSignal<unknown>(undefined);
  const named = route.value.params['job'];
  useEffect(() => {
    void loadGallery();
    return onJobEnd((job) => {
      if (job.state === 'done') void loadGallery();
    });
  }, []);
  useEffect(() => {
    lost.value = undefined;
    if (!named) return;
    recall(named).catch((error: unknown) => {
      lost.value = error;
    });
  }, [named]);
  const current = jobView(named) ?? (named ? undefined : drawings.value[0]);
  return (
    <DropTarget>
      <div class="studio">
        <DrawForm />
        <Stage
          view={current}
          jobs={drawings.value}
          error={lost.value}
          onOpen={(picture) => (open.value = picture)}
        />
      </div>
      <Gallery onOpen={(picture) => (open.value = picture)} />
      {open.value && <PictureDialog picture={open.value} onClose={() => (open.value = undefined)} />}
    </DropTarget>
  );
}
