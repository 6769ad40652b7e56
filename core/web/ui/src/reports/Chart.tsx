import { useEffect, useRef, useState } from 'preact/hooks';
import { dashOf, inkOf, patternOf } from './patterns';
import type { Picture } from './plot';

/** A small square with a series' filling, before its name. */
function Swatch({ colour, n, theme, line }: { colour: string; n: number; theme: string; line: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const to = canvas.current?.getContext('2d');
    if (!to || !canvas.current) return;
    const ink = inkOf(canvas.current, colour);
    to.clearRect(0, 0, 40, 20);
    if (line) {
      to.strokeStyle = ink;
      to.lineWidth = 3;
      to.setLineDash(dashOf(n));
      to.beginPath();
      to.moveTo(0, 10);
      to.lineTo(40, 10);
      to.stroke();
    } else {
      to.fillStyle = patternOf(ink, n, inkOf(canvas.current, '--sheet'));
      to.fillRect(0, 0, 40, 20);
    }
  }, [colour, n, theme, line]);
  return <canvas ref={canvas} class="swatch" width={line ? 40 : 20} height={20} aria-hidden="true" />;
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
          <thead><tr><th scope="col">{rowTitle}</th>{picture.series.map((one, n) => <th key={one.label} scope="col" class="number">{picture.series.length > 1 && <Swatch colour={one.colour} n={n} theme={theme} line={picture.kind === 'lines'} />} {one.label}</th>)}</tr></thead>
          <tbody>
            {picture.names.map((name, i) => <tr key={name}><th scope="row">{name}</th>{picture.series.map((one) => <td key={one.label} class="number">{one.values[i] ?? 0}{picture.unit}</td>)}</tr>)}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
