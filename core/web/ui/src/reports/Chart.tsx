import { useEffect, useRef, useState } from 'preact/hooks';
import { inkOf, patternOf } from './patterns';
import type { Picture } from './plot';

/** A small square with a series' filling, before its name. */
function Swatch({ colour, n, theme }: { colour: string; n: number; theme: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const to = canvas.current?.getContext('2d');
    if (!to || !canvas.current) return;
    to.clearRect(0, 0, 20, 20);
    to.fillStyle = patternOf(inkOf(canvas.current, colour), n);
    to.fillRect(0, 0, 20, 20);
  }, [colour, n, theme]);
  return <canvas ref={canvas} class="swatch" width={20} height={20} aria-hidden="true" />;
}

/** A chart, and the same numbers as a table: whoever cannot see the one reads the other. */
export function Chart({ title, picture, theme, rowTitle }: { title: string; picture: Picture; theme: string; rowTitle: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!place.current) return;
    const look = new ResizeObserver((entries) => setWidth(Math.floor(entries[0]?.contentRect.width ?? 0)));
    look.observe(place.current);
    return () => look.disconnect();
  }, []);
  const key = JSON.stringify(picture);
  useEffect(() => {
    let end: (() => void) | null = null, gone = false;
    const element = place.current;
    if (!element || width < 50) return;
    void import('./plot').then(({ draw }) => { if (!gone) { end = draw(picture, element, width); element.dataset.drawn = String(picture.names.length); } });
    return () => { gone = true; end?.(); };
  }, [key, width, theme]);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} class="plot" role="img" aria-label={title} />
      <div class="scroll" tabIndex={0} role="group" aria-label={title}>
        <table>
          <thead><tr><th scope="col">{rowTitle}</th>{picture.series.map((one, n) => <th key={one.label} scope="col" class="number">{picture.series.length > 1 && picture.kind !== 'lines' && <Swatch colour={one.colour} n={n} theme={theme} />} {one.label}</th>)}</tr></thead>
          <tbody>
            {picture.names.map((name, i) => <tr key={name}><th scope="row">{name}</th>{picture.series.map((one) => <td key={one.label} class="number">{one.values[i] ?? 0}{picture.unit}</td>)}</tr>)}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
