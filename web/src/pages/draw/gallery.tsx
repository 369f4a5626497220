/** Past pictures, newest first, and the search in them. */
import type { Picture } from '../../../../src/server/contract/gallery.ts';
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { Frame } from '../../components/frame.tsx';
import { Skeleton } from '../../components/parts.tsx';
import { SearchField } from '../../components/searchField.tsx';
import { gallery, galleryQuery, loadGallery, searchGallery } from '../../state/gallery.ts';
import { number, t } from '../../texts/texts.ts';

export function Gallery({ onOpen }: { onOpen: (picture: Picture) => void }) {
  const texts = t().gallery;
  const { pictures, total, loading, loaded, error } = gallery.value;
  return (
    <section class="gallery" aria-labelledby="gallery-title">
      <header class="section-head">
        <h2 id="gallery-title">{texts.title}</h2>
        {total > 0 && <span class="quiet">{texts.total(number(total))}</span>}
        <SearchField
          label={texts.search}
          placeholder={texts.searchHint}
          value={galleryQuery.value}
          onValue={searchGallery}
        />
      </header>
      {error !== undefined && <ErrorNote error={error} onRetry={() => void loadGallery()} />}
      {!loaded && <Skeleton rows={2} />}
      {loaded && error === undefined && pictures.length === 0 && (
        <p class="quiet">{galleryQuery.value ? texts.noMatch : texts.empty}</p>
      )}
      <ul class="tiles">
        {pictures.map((picture) => (
          <li key={picture.id}>
            <button type="button" class="tile" onClick={() => onOpen(picture)}>
              <Frame lazy src={api.pictureFile(picture)} alt="" />
              <span class="tile-text">{picture.parameters.prompt || texts.noPrompt}</span>
            </button>
          </li>
        ))}
      </ul>
      {pictures.length < total && (
        <button type="button" class="button" disabled={loading} onClick={() => void loadGallery(true)}>
          {t().common.more}
        </button>
      )}
    </section>
  );
}
