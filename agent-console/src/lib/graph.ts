/** What the page must know of a drawn graph: its size, and where its nodes are. Pure. */

/** A node of the drawing, as shares of its width and height. */
export interface GraphNode {
  id: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A drawing. */
export interface Graph {
  /** In pixels, at its natural size. */
  width: number;
  height: number;
  nodes: GraphNode[];
}

const NODE = /<g><rect x="(-?[\d.]+)" y="(-?[\d.]+)" width="([\d.]+)" height="([\d.]+)"[^>]*>(?:(?!<g>).)*?font-weight="600">([^<]+)</gs;

/** Reads a drawing of `switchroom flow graph`. A drawing that looks otherwise has no nodes to click on. */
export function readGraph(svg: string): Graph {
  const [, width = '0', height = '0'] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  const [w, h] = [Number(width), Number(height)];
  const [, right = '0', down = '0'] = /<g transform="translate\((-?[\d.]+) (-?[\d.]+)\)">/.exec(svg) ?? [];
  if (!(w > 0 && h > 0)) return { width: 0, height: 0, nodes: [] };
  const nodes = [...svg.matchAll(NODE)].map(([, x, y, wide, tall, id = '']) => ({
    id, left: (Number(x) + Number(right)) / w, top: (Number(y) + Number(down)) / h, width: Number(wide) / w, height: Number(tall) / h,
  }));
  return { width: w, height: h, nodes };
}

/** A drawing as an address for an image. An image runs no script and loads nothing. */
export function imageOf(svg: string): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
