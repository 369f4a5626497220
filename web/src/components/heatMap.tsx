/** Where a word is read, as a glow over the picture: dark where it is not. */
import { useEffect, useRef } from 'preact/hooks';
import { heatPixels } from '../state/heat.ts';

interface Props {
  /** [height * width] in 0 to 255, base64. */
  readonly heat: string;
  readonly width: number;
  readonly height: number;
  readonly label: string;
}

export function HeatMap({ heat, width, height, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    image.data.set(heatPixels(heat, width * height));
    context.putImageData(image, 0, 0);
  }, [heat, width, height]);
  return <canvas ref={canvas} class="heat" width={width} height={height} role="img" aria-label={label} />;
}
