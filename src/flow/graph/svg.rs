//! The picture's text.

use super::layout::{self, Layout, Size};
use super::{Arrow, Card};
use std::fmt::Write as _;

const MARGIN: f64 = 24.0;
const TITLE: f64 = 34.0;
const HEADER: f64 = 24.0;
const LINE: f64 = 16.0;
const PADDING: f64 = 10.0;
/// Width of a narrow character of the text.
const CHAR: f64 = 6.6;
const NARROWEST: f64 = 120.0;
/// How far an edge from a node to itself goes round its right side.
const ROUND: f64 = 34.0;

/// A colour for each kind of node: what speaks, what asks, what decides, what leaves.
const COLOURS: &[(&str, &str)] = &[
    ("play", "#2f6fb5"),
    ("menu", "#7a4fb0"),
    ("collect", "#7a4fb0"),
    ("lookup", "#5b6675"),
    ("branch", "#5b6675"),
    ("set", "#5b6675"),
    ("call", "#5b6675"),
    ("return", "#5b6675"),
    ("enqueue", "#1d7d56"),
    ("transfer", "#a8611a"),
    ("hangup", "#a33a3a"),
];
const OTHER_COLOUR: &str = "#40606b";

/// Columns of a text; Chinese characters take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c as u32 >= 0x2e80 { 2 } else { 1 }).sum()
}

/// A text in lines of so many columns, broken at spaces or within Chinese.
pub(super) fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        if columns(&line) + columns(word.trim_end()) > most && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        line.push_str(word);
    }
    lines.extend(Some(line.trim_end().to_owned()).filter(|line| !line.is_empty()));
    lines
}

/// Parts between which a line may end.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    for (at, c) in text.char_indices() {
        let wide = c as u32 >= 0x2e80;
        if (c == ' ' || wide) && at + c.len_utf8() > begin {
            words.push(&text[begin..at + c.len_utf8()]);
            begin = at + c.len_utf8();
        }
    }
    words.push(&text[begin..]);
    words
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn width_of(text: &str) -> f64 {
    columns(text) as f64 * CHAR
}

impl Card {
    fn size(&self, arrows: &[Arrow], own: usize) -> Size {
        let header = format!("{}  {}", self.kind, self.name);
        let lines = self.does.iter().chain(&self.says).map(|line| width_of(line));
        let text = lines.fold(width_of(&header) + 20.0, f64::max) + 2.0 * PADDING;
        let down = arrows.iter().filter(|arrow| arrow.from == own && arrow.to != own);
        let labels: f64 = down.map(Arrow::room).sum();
        let count = (self.does.len() + self.says.len()) as f64;
        let body = if count == 0.0 { 0.0 } else { count * LINE + PADDING };
        Size { width: text.max(labels).max(NARROWEST), height: HEADER + body }
    }
}

impl Arrow {
    /// Room at its beginning, so that labels of one node do not touch.
    fn room(&self) -> f64 {
        (width_of(&self.label) + 16.0).max(24.0)
    }
}

/// Where the edges leave and reach their nodes.
struct Ports {
    begin: Vec<(f64, f64)>,
    end: Vec<(f64, f64)>,
}

impl Ports {
    fn new(drawn: &Layout, sizes: &[Size], arrows: &[Arrow]) -> Self {
        let mut ports = Self { begin: vec![(0.0, 0.0); arrows.len()], end: vec![(0.0, 0.0); arrows.len()] };
        for node in 0..sizes.len() {
            for lower in [true, false] {
                ports.of_side(node, lower, drawn, sizes, arrows);
            }
        }
        for (n, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from == arrow.to) {
            let ((x, y), size) = (drawn.nodes[arrow.from], sizes[arrow.from]);
            let side = x + size.width / 2.0;
            ports.begin[n] = (side, y + size.height - 10.0);
            ports.end[n] = (side, y + HEADER / 2.0);
        }
        ports
    }

    /// Spreads what touches one side of a node, in the order of where it goes.
    fn of_side(&mut self, node: usize, lower: bool, drawn: &Layout, sizes: &[Size], arrows: &[Arrow]) {
        let (x, y) = drawn.nodes[node];
        let mut touching: Vec<(f64, usize, bool)> = Vec::new();
        for (n, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from != arrow.to) {
            let (first, last) = (drawn.lanes[n].first(), drawn.lanes[n].last());
            if arrow.from == node && drawn.upward[n] != lower {
                touching.push((first.map_or(drawn.nodes[arrow.to].0, |point| point.0), n, true));
            }
            if arrow.to == node && drawn.upward[n] == lower {
                touching.push((last.map_or(drawn.nodes[arrow.from].0, |point| point.0), n, false));
            }
        }
        touching.sort_by(|a, b| a.0.total_cmp(&b.0));
        let room = |n: usize, begins: bool| if begins { arrows[n].room() } else { 24.0 };
        let total: f64 = touching.iter().map(|(_, n, begins)| room(*n, *begins)).sum();
        // Where there is not room enough, they stand closer.
        let scale = (sizes[node].width / total.max(1.0)).min(1.0);
        let mut at = x - total * scale / 2.0;
        let side = if lower { y + sizes[node].height } else { y };
        for (_, n, begins) in touching {
            let own = room(n, begins) * scale;
            let ports = if begins { &mut self.begin } else { &mut self.end };
            ports[n] = (at + own / 2.0, side);
            at += own;
        }
    }
}

/// A flow's picture.
pub(super) fn picture(flow: &str, cards: &[Card], arrows: &[Arrow]) -> String {
    let sizes: Vec<Size> = cards.iter().enumerate().map(|(n, card)| card.size(arrows, n)).collect();
    let edges: Vec<(usize, usize)> = arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    // Room on both sides, so that the node stays in the middle.
    let round = |own: usize| arrows.iter().filter(move |arrow| arrow.from == own && arrow.to == own);
    let beside = |own: usize| round(own).map(|arrow| 2.0 * (ROUND + width_of(&arrow.label))).fold(0.0, f64::max);
    let rooms: Vec<Size> =
        sizes.iter().enumerate().map(|(n, size)| Size { width: size.width + beside(n), ..*size }).collect();
    let drawn = layout::layout(&rooms, &edges);
    let ports = Ports::new(&drawn, &sizes, arrows);
    let (width, height) = (drawn.width + 2.0 * MARGIN, drawn.height + 2.0 * MARGIN + TITLE);
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif\" \
         font-size=\"12\">\n<title>Flow {flow}</title>\n<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
         markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#5b6675\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"{:.0}\" font-size=\"15\" font-weight=\"600\" fill=\"#1c2530\">Flow {}</text>\n\
         <g transform=\"translate({MARGIN} {})\">",
        MARGIN + 8.0,
        escaped(flow),
        MARGIN + TITLE,
        flow = escaped(flow),
    );
    for (n, arrow) in arrows.iter().enumerate() {
        if arrow.from == arrow.to {
            round_the_side(&mut svg, ports.begin[n], ports.end[n], &arrow.label);
        } else {
            line(&mut svg, n, &drawn, &ports);
        }
    }
    for (n, card) in cards.iter().enumerate() {
        node(&mut svg, card, drawn.nodes[n], sizes[n], n == 0);
    }
    for (n, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from != arrow.to) {
        let ((x, y), up) = (ports.begin[n], drawn.upward[n]);
        let y = if up { y - 8.0 } else { y + 16.0 };
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#1c2530\" stroke=\"#ffffff\" \
             stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
            escaped(&arrow.label)
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// An edge: a curve that is upright at both ends and in each row that it passes.
fn line(svg: &mut String, n: usize, drawn: &Layout, ports: &Ports) {
    let (begin, end) = (ports.begin[n], ports.end[n]);
    let mut path = format!("M{:.1} {:.1}", begin.0, begin.1);
    let mut from = begin;
    for to in drawn.lanes[n].iter().copied().chain([end]) {
        let middle = f64::midpoint(from.1, to.1);
        let _ = write!(path, " C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}", from.0, to.0, to.0, to.1);
        from = to;
    }
    let dashes = if drawn.upward[n] { " stroke-dasharray=\"5 3\"" } else { "" };
    stroke(svg, &path, dashes);
}

fn stroke(svg: &mut String, path: &str, dashes: &str) {
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"#5b6675\" stroke-width=\"1.3\" marker-end=\"url(#head)\"{dashes}/>"
    );
}

/// An edge of a node to itself.
fn round_the_side(svg: &mut String, begin: (f64, f64), end: (f64, f64), label: &str) {
    let side = begin.0 + ROUND;
    let path = format!(
        "M{:.1} {:.1} C{side:.1} {:.1} {side:.1} {:.1} {:.1} {:.1}",
        begin.0, begin.1, begin.1, end.1, end.0, end.1
    );
    stroke(svg, &path, " stroke-dasharray=\"5 3\"");
    let middle = f64::midpoint(begin.1, end.1) + 4.0;
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{middle:.1}\" font-size=\"11\" fill=\"#1c2530\">{}</text>",
        side - 4.0,
        escaped(label)
    );
}

fn node(svg: &mut String, card: &Card, (middle, y): (f64, f64), size: Size, first: bool) {
    let x = middle - size.width / 2.0;
    let colour = COLOURS.iter().find(|(kind, _)| *kind == card.kind).map_or(OTHER_COLOUR, |(_, colour)| colour);
    let (width, height) = (size.width, size.height);
    let border = if first { 2.5 } else { 1.2 };
    let _ = writeln!(
        svg,
        "<g><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\" fill=\"#f7f9fb\" \
         stroke=\"{colour}\" stroke-width=\"{border}\"/><path d=\"M{x:.1} {:.1}v-{:.1}a6 6 0 0 1 6 -6h{:.1}a6 6 0 0 1 6 6v{:.1}z\" \
         fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"#ffffff\"><tspan font-size=\"10\">{}</tspan>\
         <tspan dx=\"7\" font-weight=\"600\">{}</tspan></text>",
        y + HEADER,
        HEADER - 6.0,
        width - 12.0,
        HEADER - 6.0,
        x + PADDING,
        y + HEADER - 8.0,
        escaped(card.kind),
        escaped(&card.name),
    );
    let lines = card
        .does
        .iter()
        .map(|text| (text, "#1c2530", ""))
        .chain(card.says.iter().map(|text| (text, "#2b4a6f", " font-style=\"italic\"")));
    for (n, (text, ink, style)) in lines.enumerate() {
        let at = y + HEADER + LINE * (n as f64 + 1.0);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{at:.1}\" fill=\"{ink}\"{style}>{}</text>",
            x + PADDING,
            escaped(text)
        );
    }
    svg.push_str("</g>\n");
}
