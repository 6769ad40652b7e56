// uPlot and how the page uses it; loaded when somebody opens the reports, not before.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dashOf, inkOf, patternOf } from './patterns';

export interface Series { label: string; colour: string; values: number[] }
export interface Picture {
  kind: 'stacked' | 'lying' | 'lines';
  /** One a bar or point. */
  names: string[];
  series: Series[];
  unit: string;
}

/** Sums from the first series on: what a stack's bars reach up to. */
const reaching = (series: Series[]) => series.map((_, s) => series[0]!.values.map((__, i) => series.slice(0, s + 1).reduce((sum, one) => sum + (one.values[i] ?? 0), 0)));

export function draw(picture: Picture, element: HTMLElement, width: number): () => void {
  const ink = inkOf(element, '--ink'), line = inkOf(element, '--line'), ground = inkOf(element, '--sheet');
  const font = '15px system-ui, sans-serif';
  const n = picture.names.length, lying = picture.kind === 'lying';
  const shown = picture.kind === 'stacked' ? reaching(picture.series) : picture.series.map((one) => one.values);
  const most = Math.max(1, ...shown.flat());
  // The highest of a stack is drawn first, the lower ones over it.
  const order = picture.series.map((_, i) => (picture.kind === 'stacked' ? picture.series.length - 1 - i : i));
  const every = Math.max(1, Math.ceil(n / (lying ? 100 : Math.max(1, Math.floor(width / 110)))));
  const names: uPlot.Axis = {
    scale: 'x', stroke: ink, font, grid: { show: false }, ticks: { show: false }, side: lying ? 3 : 2, size: lying ? 190 : 34,
    splits: () => picture.names.map((_, i) => i).filter((i) => i % every === 0),
    values: (_, at) => at.map((i) => picture.names[i] ?? ''),
  };
  const amounts: uPlot.Axis = { scale: 'y', stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, side: lying ? 2 : 3, size: lying ? 34 : 64, space: lying ? 80 : 40,
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000] };
  const options: uPlot.Options = {
    width, height: lying ? Math.max(90, 44 + n * 34) : 280,
    legend: { show: false }, cursor: { show: false }, padding: [10, lying ? 30 : 10, 0, 0],
    scales: {
      x: { time: false, range: [-0.6, n - 0.4], ori: lying ? 1 : 0, dir: lying ? -1 : 1 },
      y: { range: [0, most * 1.05], ori: lying ? 0 : 1 },
    },
    axes: [names, amounts],
    series: [{}, ...order.map((s): uPlot.Series => {
      const one = picture.series[s]!, colour = inkOf(element, one.colour);
      return picture.kind === 'lines'
        ? { label: one.label, stroke: colour, width: 3, dash: dashOf(s), points: { show: true, size: 8, fill: colour, stroke: colour } }
        : { label: one.label, stroke: colour, width: 1, fill: () => patternOf(colour, s, ground), points: { show: false }, paths: uPlot.paths.bars!({ size: [0.7, 60, 8] }) };
    })],
  };
  const data = [picture.names.map((_, i) => i), ...order.map((s) => shown[s]!)] as uPlot.AlignedData;
  const plot = new uPlot(options, data, element);
  return () => plot.destroy();
}
