// Fillings that differ by their drawing, not by colour alone.

/** The value of one of the page's colours, as this element has it. */
export const inkOf = (element: HTMLElement, name: string) => getComputedStyle(element).getPropertyValue(name).trim() || '#000';

/** Dashes of the n-th line. */
export const dashOf = (n: number) => [[], [10, 6], [3, 5], [14, 5, 3, 5]][n % 4]!;

/** The n-th filling: full, hatched one way, the other, dotted, crossed. Nothing below shines through. */
export function patternOf(colour: string, n: number, ground: string): CanvasPattern | string {
  const size = 10, tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const to = tile.getContext('2d');
  if (!to || n % 5 === 0) return colour;
  to.fillStyle = ground;
  to.fillRect(0, 0, size, size);
  to.globalAlpha = 0.25;
  to.fillStyle = colour;
  to.fillRect(0, 0, size, size);
  to.globalAlpha = 1;
  to.strokeStyle = colour;
  to.lineWidth = 3;
  const stroke = (...points: [number, number][]) => {
    to.beginPath();
    points.forEach(([x, y], i) => (i === 0 ? to.moveTo(x, y) : to.lineTo(x, y)));
    to.stroke();
  };
  if (n % 5 === 3) {
    to.beginPath();
    to.arc(size / 2, size / 2, 3, 0, 7);
    to.fill();
  } else {
    if (n % 5 !== 2) { stroke([-2, size + 2], [size + 2, -2]); stroke([-2, 2], [2, -2]); stroke([size - 2, size + 2], [size + 2, size - 2]); }
    if (n % 5 !== 1) { stroke([-2, -2], [size + 2, size + 2]); stroke([-2, size - 2], [2, size + 2]); stroke([size - 2, -2], [size + 2, 2]); }
  }
  return to.createPattern(tile, 'repeat') ?? colour;
}
