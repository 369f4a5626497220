/** Noise that becomes a picture in five tiles: what the page shows where there is none yet. */
import { useEffect, useRef } from 'preact/hooks';

const apple = [
  '................',
  '.........gg.....',
  '.......k.ggg....',
  '.......kgg......',
  '....rrr.krrr....',
  '...rrrrrrrrrr...',
  '..rrwrrrrrrrrr..',
  '..rwwrrrrrrrrr..',
  '..rwrrrrrrrrrd..',
  '..rrrrrrrrrrrd..',
  '..rrrrrrrrrrrd..',
  '...rrrrrrrrrd...',
  '...rrrrrrrrdd...',
  '....rrrrrrdd....',
  '.....rr..dd.....',
  '................',
];
const colours: Readonly<Record<string, readonly [number, number, number]>> = {
  '.': [38, 92, 214],
  r: [226, 58, 40],
  d: [186, 36, 28],
  w: [255, 190, 170],
  g: [74, 160, 72],
  k: [70, 50, 34],
};
const SIDE = 16;
const TILES = 5;

export function Unfolding() {
  return (
    <div class="unfolding" aria-hidden="true">
      {Array.from({ length: TILES }, (_, tile) => (
        <Tile key={tile} clarity={(tile / (TILES - 1)) ** 1.5} />
      ))}
    </div>
  );
}

function Tile({ clarity }: { clarity: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(SIDE, SIDE);
    let state = 7;
    for (let at = 0; at < SIDE * SIDE; at++) {
      const pixel = colours[apple[Math.floor(at / SIDE)]?.[at % SIDE] ?? '.'] ?? [0, 0, 0];
      for (let channel = 0; channel < 3; channel++) {
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
        const noise = (state / 2 ** 31) * 255;
        image.data[at * 4 + channel] = pixel[channel]! * clarity + noise * (1 - clarity);
      }
      image.data[at * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [clarity]);
  return <canvas ref={canvas} width={SIDE} height={SIDE} />;
}
