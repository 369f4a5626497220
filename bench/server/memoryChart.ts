/**
 * How much memory a process had over time, as a line of text and as an SVG.
 */
const bars = '▁▂▃▄▅▆▇█';

/** From 0 to the largest value. */
export function sparkline(values: readonly number[], width = 80): string {
  const most = Math.max(...values);
  const shown = Math.min(width, values.length);
  return Array.from({ length: shown }, (_, i) => {
    const value = values[Math.floor((i * values.length) / shown)] as number;
    return bars[Math.min(bars.length - 1, Math.floor((value / most) * bars.length))];
  }).join('');
}

/** `values`: MiB, one every `seconds`. */
export function memoryChart(values: readonly number[], seconds: number): string {
  const [width, height, margin] = [640, 240, 40];
  const most = 1.1 * Math.max(...values);
  const x = (i: number) => margin + (i / Math.max(1, values.length - 1)) * (width - 2 * margin);
  const y = (value: number) => height - margin - (value / most) * (height - 2 * margin);
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const end = Math.round(values.length * seconds);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="white"/>
<path d="M${margin} ${margin}V${height - margin}H${width - margin}" fill="none" stroke="#888"/>
<polyline points="${points}" fill="none" stroke="#2563eb" stroke-width="1.5"/>
<text x="4" y="${margin - 8}">MiB, at most ${Math.max(...values).toFixed(0)}</text>
<text x="${width - margin}" y="${height - 12}" text-anchor="end">${end} s</text>
</svg>
`;
}
