/** One picture of the gallery: large, with how it was made and what can be done with it. */
import { useSignal } from '@preact/signals';
import type { Picture, PictureParameters } from '../../../../src/server/contract/gallery.ts';
import * as api from '../../api/routes.ts';
import { Dialog } from '../../components/dialog.tsx';
import { ErrorNote } from '../../components/errorNote.tsx';
import { Frame } from '../../components/frame.tsx';
import { Icon } from '../../components/icon.tsx';
import { notify } from '../../components/notice.tsx';
import { Facts } from '../../components/parts.tsx';
import { samplerTitle } from '../../components/settings.tsx';
import { compareForm } from '../../state/compareForm.ts';
import { drawForm, formOf, knownNames } from '../../state/drawForm.ts';
import { removePicture } from '../../state/gallery.ts';
import { namesOf } from '../../state/names.ts';
import { go } from '../../state/route.ts';
import { system } from '../../state/system.ts';
import { dateTime, t } from '../../texts/texts.ts';

interface Props {
  readonly picture: Picture;
  readonly onClose: () => void;
}

export function PictureDialog({ picture, onClose }: Props) {
  const { parameters } = picture;
  const { width, height } = parameters;
  const texts = t();
  return (
    <Dialog title={texts.gallery.details} onClose={onClose}>
      <div class="picture-view">
        <Frame
          src={api.pictureFile(picture)}
          alt={texts.draw.picture(parameters.prompt)}
          ratio={width && height ? width / height : 1}
        />
        <div class="picture-side">
          <p class="picture-prompt">{parameters.prompt || texts.gallery.noPrompt}</p>
          {picture.flagged && <p class="note">{texts.draw.flagged}</p>}
          <Facts facts={[...factsOf(parameters), [texts.gallery.createdAt, dateTime(picture.createdAt)]]} />
          <Actions picture={picture} onClose={onClose} />
        </div>
      </div>
    </Dialog>
  );
}

function Actions({ picture, onClose }: Props) {
  const texts = t().gallery;
  const sure = useSignal(false);
  const refused = useSignal<unknown>(undefined);
  const { parameters } = picture;
  const remove = async () => {
    if (!sure.value) {
      sure.value = true;
      return;
    }
    try {
      await removePicture(picture.id);
      notify(texts.deleted);
      onClose();
    } catch (error) {
      refused.value = error;
    }
  };
  return (
    <div class="actions">
      <button
        type="button"
        class="button button-primary"
        onClick={() => {
          drawForm.value = knownNames(formOf(parameters), namesOf(system.value));
          onClose();
          scrollTo({ top: 0 });
        }}
      >
        {texts.reuse}
      </button>
      <a class="button" href={api.pictureFile(picture)} download={`${picture.id}.png`}>
        <Icon name="download" />
        {t().common.download}
      </a>
      <button
        type="button"
        class="button"
        onClick={() => {
          compareForm.value = { ...compareForm.value, ko: parameters.prompt, seed: parameters.seed ?? '' };
          go('compare');
        }}
      >
        {texts.compare}
      </button>
      {parameters.text && (
        <button
          type="button"
          class="button"
          onClick={() => {
            void navigator.clipboard.writeText(parameters.text ?? '').then(() => notify(texts.copied));
          }}
        >
          {texts.copy}
        </button>
      )}
      <button type="button" class="button button-danger" onClick={() => void remove()}>
        {sure.value ? texts.confirmDelete : t().common.delete}
      </button>
      {refused.value !== undefined && <ErrorNote error={refused.value} />}
    </div>
  );
}

function factsOf(parameters: PictureParameters): [string, string | undefined][] {
  const texts = t().fields;
  const { width, height, student } = parameters;
  return [
    [texts.negativePrompt, parameters.negativePrompt],
    [texts.seed, parameters.seed],
    [texts.steps, parameters.steps?.toString()],
    [texts.guidance, parameters.guidance?.toString()],
    [texts.scheduler, parameters.scheduler && samplerTitle(system.value, parameters.scheduler)],
    [`${texts.width} × ${texts.height}`, width && height ? `${width} × ${height}` : undefined],
    [texts.student, student === 'none' ? texts.original : student],
    [texts.model, parameters.model],
  ];
}
