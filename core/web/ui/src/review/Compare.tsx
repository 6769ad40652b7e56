import type OpenSeadragon from 'openseadragon';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useShared } from '../context';
import { isWord } from '../i18n';
import type { Ready, Side } from './data';

export type Mode = 'beside' | 'flicker' | 'slider' | 'difference';
export const modes: Mode[] = ['beside', 'flicker', 'slider', 'difference'];

type Library = typeof OpenSeadragon;
let library: Promise<Library> | null = null;
const load = () => (library ??= import('openseadragon').then((module) => (module as unknown as { default: Library }).default));

const flickerMs = 500;

interface Look { expected: OpenSeadragon.Viewer; photo: OpenSeadragon.Viewer }

/** Expected face and photograph, zoomed and moved in step; or one over the other. */
export function Compare({ ready, side, mode, focus }: { ready: Ready; side: Side; mode: Mode; focus: number }) {
  const { say } = useShared();
  const left = useRef<HTMLDivElement>(null);
  const right = useRef<HTMLDivElement>(null);
  const [look, setLook] = useState<Look | null>(null);
  const [shown, setShown] = useState('');
  const [split, setSplit] = useState(50);

  const expectedUrl = ready.urls[`${side}-expected`] ?? '';
  const photoUrl = ready.urls[`${side}-aligned`] ?? ready.urls[`${side}-photograph`] ?? '';
  const aligned = ready.urls[`${side}-aligned`] !== undefined;
  const key = `${ready.card.card}-${side}`;

  useEffect(() => {
    let gone = false;
    let made: Look | null = null;
    void load().then((OSD) => {
      if (gone || !left.current || !right.current) return;
      const make = (element: HTMLElement) => {
        const viewer = new OSD.Viewer({
          element, showNavigationControl: false, drawer: 'canvas', animationTime: 0.15, springStiffness: 12, minZoomImageRatio: 0.9,
          maxZoomPixelRatio: 12, visibilityRatio: 0.4, imageSmoothingEnabled: false, crossOriginPolicy: false,
          gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
        });
        // The page has its own keys.
        (viewer as unknown as { innerTracker: { keyHandler: unknown; keyDownHandler: unknown } }).innerTracker.keyDownHandler = null;
        (viewer as unknown as { innerTracker: { keyHandler: unknown } }).innerTracker.keyHandler = null;
        (viewer.canvas as HTMLElement).tabIndex = -1;
        return viewer;
      };
      made = { expected: make(left.current), photo: make(right.current) };
      // What one shows the other shows: the same place, as large.
      let following = false;
      const follow = (from: OpenSeadragon.Viewer, to: OpenSeadragon.Viewer) => () => {
        if (following || from.world.getItemCount() === 0 || to.world.getItemCount() === 0) return;
        following = true;
        to.viewport.zoomTo(from.viewport.getZoom(false), undefined, true);
        to.viewport.panTo(from.viewport.getCenter(false), true);
        following = false;
      };
      made.expected.addHandler('viewport-change', follow(made.expected, made.photo));
      made.photo.addHandler('viewport-change', follow(made.photo, made.expected));
      setLook(made);
    });
    return () => { gone = true; made?.expected.destroy(); made?.photo.destroy(); };
  }, []);

  // The pictures of the card.
  useEffect(() => {
    if (!look) return;
    const open = (viewer: OpenSeadragon.Viewer, urls: string[]) => new Promise<void>((done) => {
      viewer.addOnceHandler('open', () => done());
      viewer.addOnceHandler('open-failed', () => done());
      // Both in the same frame of width 1, so that one lies exactly on the other.
      viewer.open(urls.filter(Boolean).map((url) => ({ tileSource: { type: 'image', url } as never, x: 0, y: 0, width: 1 })) as never);
    });
    let gone = false;
    void Promise.all([open(look.expected, [expectedUrl, photoUrl]), open(look.photo, [photoUrl])]).then(() => { if (!gone) setShown(key); });
    return () => { gone = true; };
  }, [look, key]);

  // One over the other, or side by side.
  useEffect(() => {
    if (!look || shown !== key) return;
    const over = look.expected.world.getItemAt(1);
    if (!over) return;
    over.setOpacity(mode === 'beside' ? 0 : 1);
    over.setCompositeOperation(mode === 'difference' ? 'difference' : 'source-over');
    over.setClip(null);
    if (mode !== 'flicker') return;
    let visible = true;
    const timer = setInterval(() => { visible = !visible; over.setOpacity(visible ? 1 : 0); }, flickerMs);
    return () => clearInterval(timer);
  }, [look, shown, key, mode]);

  useEffect(() => {
    if (!look || shown !== key || mode !== 'slider') return;
    const over = look.expected.world.getItemAt(1);
    if (!over) return;
    void load().then((OSD) => {
      const size = over.getContentSize();
      over.setClip(new OSD.Rect((size.x * split) / 100, 0, (size.x * (100 - split)) / 100, size.y));
    });
  }, [look, shown, key, mode, split]);

  // Findings as boxes, in pixels of the expected picture.
  useEffect(() => {
    if (!look || shown !== key) return;
    const width = look.expected.world.getItemAt(0)?.getContentSize().x ?? 0;
    if (width === 0) return;
    void load().then((OSD) => {
      for (const viewer of [look.expected, look.photo]) {
        viewer.clearOverlays();
        if (viewer === look.photo && !aligned) continue; // not in the expected frame: a box would point elsewhere
        ready.card.findings.forEach((finding, index) => {
          if (finding.side !== side || finding.box[2] <= 0) return;
          const box = document.createElement('div');
          box.className = `finding${index === focus ? ' chosen' : ''}`;
          const label = document.createElement('span');
          const word = `kind.${finding.kind}`;
          label.textContent = `${index + 1} ${isWord(word) ? say(word) : finding.kind}`;
          box.append(label);
          const [x, y, w, h] = finding.box;
          viewer.addOverlay({ element: box, location: new OSD.Rect(x / width, y / width, w / width, h / width) });
        });
      }
    });
  }, [look, shown, key, focus, aligned, say]);

  // The finding that was chosen, large.
  useEffect(() => {
    const finding = ready.card.findings[focus];
    if (!look || shown !== key || !finding || finding.side !== side || finding.box[2] <= 0) return;
    const width = look.expected.world.getItemAt(0)?.getContentSize().x ?? 0;
    if (width === 0) return;
    void load().then((OSD) => {
      const [x, y, w, h] = finding.box;
      const room = Math.max(w, h, width * 0.08);
      look.expected.viewport.fitBounds(new OSD.Rect((x - room) / width, (y - room) / width, (w + 2 * room) / width, (h + 2 * room) / width));
    });
  }, [look, shown, key, focus]);

  return (
    <div class={`compare ${mode}`} data-shown={shown}>
      <figure>
        <figcaption>{say(mode === 'beside' ? 'review.expected' : `review.mode-${mode}`)}</figcaption>
        <div ref={left} class="viewer" role="img" aria-label={`${say('review.expected')}, ${say(`side.${side}`)}`} />
        {mode === 'slider' && (
          <label class="split"><span class="hidden">{say('review.mode-slider')}</span>
            <input type="range" min={0} max={100} value={split} onInput={(event) => setSplit(Number(event.currentTarget.value))} />
          </label>
        )}
      </figure>
      <figure class="second">
        <figcaption>{say('review.photographed')}{!aligned && photoUrl && ` (${say('review.not-aligned')})`}{!photoUrl && ` (${say('review.no-photo')})`}</figcaption>
        <div ref={right} class="viewer" role="img" aria-label={`${say('review.photographed')}, ${say(`side.${side}`)}`} />
      </figure>
    </div>
  );
}
