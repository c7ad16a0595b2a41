//! A layered drawing of a directed graph (Sugiyama, Tagawa, Toda 1981): nodes in rows so that edges lead down, rows in an
//! order with few crossings, nodes near what they are joined to.

use std::collections::BTreeMap;

/// Room between two nodes of a row.
const GAP_X: f64 = 28.0;
/// Room between rows: an arrow head, and labels at the upper end.
const GAP_Y: f64 = 66.0;
/// Width kept free for an edge that passes a row.
const LANE: f64 = 14.0;
const SWEEPS: usize = 24;

/// The size of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where everything is. Points are `(x, y)`, down and to the right.
#[derive(Debug)]
pub(super) struct Layout {
    /// The middle of each node's upper edge.
    pub(super) nodes: Vec<(f64, f64)>,
    /// Where each edge comes to and leaves the rows between its ends, from its beginning.
    pub(super) lanes: Vec<Vec<(f64, f64)>>,
    /// True for edges that lead up.
    pub(super) upward: Vec<bool>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A place in a row: a node, or an edge that passes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Node(usize),
    Lane,
}

struct Rows {
    cells: Vec<Cell>,
    row_of: Vec<usize>,
    rows: Vec<Vec<usize>>,
    /// Cells above and below that a cell is joined to.
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    /// The passing cells of each edge, from its upper end.
    lanes: Vec<Vec<usize>>,
}

/// Draws nodes of these sizes, the first of which comes first, with edges between them.
pub(super) fn layout(sizes: &[Size], edges: &[(usize, usize)]) -> Layout {
    let upward = upward(sizes.len(), edges);
    let down: Vec<(usize, usize)> =
        edges.iter().zip(&upward).map(|((from, to), up)| if *up { (*to, *from) } else { (*from, *to) }).collect();
    let mut rows = Rows::new(&rows_of(sizes.len(), &down), &down);
    rows.order();
    let widths: Vec<f64> = rows.cells.iter().map(|cell| cell.width(sizes)).collect();
    let xs = rows.across(&widths);
    let left = xs.iter().zip(&widths).map(|(x, width)| x - width / 2.0).fold(f64::INFINITY, f64::min);
    let right = xs.iter().zip(&widths).map(|(x, width)| x + width / 2.0).fold(0.0, f64::max);
    let heights: Vec<f64> = rows.rows.iter().map(|row| rows.height(row, sizes)).collect();
    let tops: Vec<f64> =
        heights.iter().scan(0.0, |y, height| Some(std::mem::replace(y, *y + height + GAP_Y))).collect();
    let at = |cell: usize| (xs[cell] - left, tops[rows.row_of[cell]]);
    let lane = |(edge, lane): (usize, &Vec<usize>)| {
        // Upright past the whole row, so that it touches no node beside it.
        let past = |cell: &usize| {
            let ((x, y), height) = (at(*cell), heights[rows.row_of[*cell]]);
            [(x, y), (x, y + height)]
        };
        let mut points: Vec<(f64, f64)> = lane.iter().flat_map(past).collect();
        if upward[edge] {
            points.reverse();
        }
        points
    };
    Layout {
        nodes: (0..sizes.len()).map(at).collect(),
        lanes: rows.lanes.iter().enumerate().map(lane).collect(),
        width: right - left,
        height: tops.last().zip(heights.last()).map_or(0.0, |(top, height)| top + height),
        upward,
    }
}

/// Edges that must be turned round for the graph to have no circle: those that lead back to where the search came from.
fn upward(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (n, (from, _)) in edges.iter().enumerate() {
        out[*from].push(n);
    }
    let (mut seen, mut upward) = (vec![Seen::No; nodes], vec![false; edges.len()]);
    for root in 0..nodes {
        if seen[root] != Seen::No {
            continue;
        }
        seen[root] = Seen::Open;
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(edge) = out[node].get(next) else {
                seen[node] = Seen::Done;
                continue;
            };
            stack.push((node, next + 1));
            let to = edges[*edge].1;
            match seen[to] {
                Seen::No => {
                    seen[to] = Seen::Open;
                    stack.push((to, 0));
                }
                Seen::Open => upward[*edge] = true,
                Seen::Done => {}
            }
        }
    }
    upward
}

/// The row of each node: below everything that leads to it. An edge from a node to itself stays in its row.
fn rows_of(nodes: usize, down: &[(usize, usize)]) -> Vec<usize> {
    let mut rows = vec![0; nodes];
    // No circle is left, so this settles after as many rounds as there are rows.
    for _ in 0..nodes {
        for (from, to) in down.iter().filter(|(from, to)| from != to) {
            rows[*to] = rows[*to].max(rows[*from] + 1);
        }
    }
    rows
}

impl Cell {
    fn width(self, sizes: &[Size]) -> f64 {
        match self {
            Self::Node(node) => sizes[node].width,
            Self::Lane => LANE,
        }
    }
}

impl Rows {
    fn new(row_of_node: &[usize], down: &[(usize, usize)]) -> Self {
        let nodes = row_of_node.len();
        let mut made = Self {
            cells: (0..nodes).map(Cell::Node).collect(),
            row_of: row_of_node.to_vec(),
            rows: vec![Vec::new(); row_of_node.iter().max().map_or(0, |last| last + 1)],
            above: vec![Vec::new(); nodes],
            below: vec![Vec::new(); nodes],
            lanes: Vec::new(),
        };
        for (node, row) in row_of_node.iter().enumerate() {
            made.rows[*row].push(node);
        }
        for (from, to) in down {
            made.add(*from, *to);
        }
        made
    }

    fn add(&mut self, from: usize, to: usize) {
        let (mut last, mut lane) = (from, Vec::new());
        for row in self.row_of[from] + 1..self.row_of[to] {
            let cell = self.cells.len();
            self.cells.push(Cell::Lane);
            self.row_of.push(row);
            self.rows[row].push(cell);
            self.above.push(Vec::new());
            self.below.push(Vec::new());
            self.join(last, cell);
            lane.push(cell);
            last = cell;
        }
        if from != to {
            self.join(last, to);
        }
        self.lanes.push(lane);
    }

    fn join(&mut self, upper: usize, lower: usize) {
        self.below[upper].push(lower);
        self.above[lower].push(upper);
    }

    fn places(&self) -> Vec<f64> {
        let mut places = vec![0.0; self.cells.len()];
        for row in &self.rows {
            for (place, cell) in row.iter().enumerate() {
                places[*cell] = place as f64;
            }
        }
        places
    }

    /// Sorts each row by the mean place of what its cells are joined to, down and up in turn; keeps the best.
    fn order(&mut self) {
        let (mut best, mut fewest) = (self.rows.clone(), self.crossings());
        for sweep in 0..SWEEPS {
            let downwards = sweep % 2 == 0;
            let count = self.rows.len();
            for n in 1..count {
                let row = if downwards { n } else { count - 1 - n };
                let (places, joined) = (self.places(), if downwards { &self.above } else { &self.below });
                let mean = |cell: &usize| {
                    let near = &joined[*cell];
                    let sum: f64 = near.iter().map(|other| places[*other]).sum();
                    if near.is_empty() { places[*cell] } else { sum / near.len() as f64 }
                };
                let keys: BTreeMap<usize, f64> = self.rows[row].iter().map(|cell| (*cell, mean(cell))).collect();
                self.rows[row].sort_by(|a, b| keys[a].total_cmp(&keys[b]));
            }
            let crossings = self.crossings();
            if crossings < fewest {
                (best, fewest) = (self.rows.clone(), crossings);
            }
        }
        self.rows = best;
    }

    fn crossings(&self) -> usize {
        let places = self.places();
        let of_row = |row: &Vec<usize>| {
            let edges: Vec<(f64, f64)> = row
                .iter()
                .flat_map(|upper| self.below[*upper].iter().map(|lower| (places[*upper], places[*lower])))
                .collect();
            let crosses = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0) * (a.1 - b.1) < 0.0;
            edges
                .iter()
                .enumerate()
                .map(|(n, a)| edges[n + 1..].iter().filter(|b| crosses(a, b)).count())
                .sum::<usize>()
        };
        self.rows.iter().map(of_row).sum()
    }

    /// The middle of each cell: near the mean of what it is joined to, in the order of its row and apart.
    fn across(&self, widths: &[f64]) -> Vec<f64> {
        let mut xs = vec![0.0; self.cells.len()];
        for row in &self.rows {
            let wanted: Vec<f64> = row.iter().map(|_| 0.0).collect();
            self.settle(row, &wanted, widths, &mut xs);
        }
        for sweep in 0..SWEEPS {
            let count = self.rows.len();
            for n in 0..count {
                let row = &self.rows[if sweep % 2 == 0 { n } else { count - 1 - n }];
                let near = |cell: &usize| {
                    let joined = self.above[*cell].iter().chain(&self.below[*cell]);
                    let (sum, count) = joined.fold((0.0, 0.0), |(sum, count), other| (sum + xs[*other], count + 1.0));
                    if count == 0.0 { xs[*cell] } else { sum / count }
                };
                let wanted: Vec<f64> = row.iter().map(near).collect();
                self.settle(row, &wanted, widths, &mut xs);
            }
        }
        xs
    }

    /// Places a row as near as can be to what is wanted: the least squares under "each right of the one before", by
    /// pooling adjacent violators.
    fn settle(&self, row: &[usize], wanted: &[f64], widths: &[f64], xs: &mut [f64]) {
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(row.len());
        for (n, cell) in row.iter().enumerate() {
            if n > 0 {
                offset += f64::midpoint(widths[row[n - 1]], widths[*cell]) + GAP_X;
            }
            offsets.push(offset);
        }
        // Blocks of cells that stand shoulder to shoulder: sum of wishes, sum of weights, how many.
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
        for (n, cell) in row.iter().enumerate() {
            // Straight lanes are worth more than centred nodes.
            let weight = if self.cells[*cell] == Cell::Lane { 4.0 } else { 1.0 };
            blocks.push(((wanted[n] - offsets[n]) * weight, weight, 1));
            while let [.., a, b] = blocks[..] {
                if a.0 / a.1 <= b.0 / b.1 {
                    break;
                }
                blocks.truncate(blocks.len() - 2);
                blocks.push((a.0 + b.0, a.1 + b.1, a.2 + b.2));
            }
        }
        let mut cells = row.iter().zip(&offsets);
        for (sum, weight, count) in blocks {
            for (cell, offset) in cells.by_ref().take(count) {
                xs[*cell] = sum / weight + offset;
            }
        }
    }

    fn height(&self, row: &[usize], sizes: &[Size]) -> f64 {
        let height = |cell: &usize| match self.cells[*cell] {
            Cell::Node(node) => sizes[node].height,
            Cell::Lane => 0.0,
        };
        row.iter().map(height).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Size = Size { width: 100.0, height: 40.0 };

    #[test]
    fn edges_lead_down_and_nodes_of_a_row_stand_apart() {
        let edges = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (0, 4)];
        let drawn = layout(&[BOX; 5], &edges);
        for (from, to) in edges {
            assert!(drawn.nodes[from].1 + BOX.height < drawn.nodes[to].1, "{from} → {to}");
        }
        let mut row: Vec<f64> = (1..4).map(|node| drawn.nodes[node].0).collect();
        row.sort_by(f64::total_cmp);
        assert!(row.windows(2).all(|pair| pair[1] - pair[0] >= BOX.width + GAP_X - 0.01), "{row:?}");
        assert_eq!(drawn.lanes[6].len(), 2, "the long edge goes past one row");
        assert_eq!(drawn.upward, [false; 7]);
    }

    #[test]
    fn a_way_back_leads_up_and_a_node_may_lead_to_itself() {
        let drawn = layout(&[BOX; 3], &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        assert_eq!(drawn.upward, [false, false, true, true]);
        assert_eq!(drawn.lanes[2].len(), 2);
        assert!(drawn.lanes[2][0].1 > drawn.lanes[2][1].1, "upwards");
        assert!(drawn.nodes[0].1 < drawn.nodes[1].1 && drawn.nodes[1].1 < drawn.nodes[2].1);
    }

    #[test]
    fn rows_are_ordered_without_needless_crossings() {
        // Written crosswise: 0 leads to 4, 1 to 3.
        let drawn = layout(&[BOX; 5], &[(2, 0), (2, 1), (0, 4), (1, 3)]);
        let (left, right) = if drawn.nodes[0].0 < drawn.nodes[1].0 { (4, 3) } else { (3, 4) };
        assert!(drawn.nodes[left].0 < drawn.nodes[right].0);
    }

    #[test]
    fn nothing_and_one_node_can_be_drawn() {
        assert_eq!(layout(&[], &[]).nodes.len(), 0);
        assert_eq!(layout(&[BOX], &[]).nodes, [(50.0, 0.0)]);
    }
}
