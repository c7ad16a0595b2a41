//! A picture of the waits: the share of contacts answered within each time.

use planning::simulate::{Centre, Curve, Report};
use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 180.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 56.0;
/// Okabe and Ito's colours, which colour-blind people can tell apart.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d00"];

/// Where a wait and a share are drawn.
struct Frame {
    /// Seconds at the right end.
    longest_s: f64,
}

impl Frame {
    fn x(&self, wait_s: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (wait_s / self.longest_s).min(1.0)
    }

    fn y(share: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    }
}

/// The picture as SVG.
pub(super) fn svg(centre: &Centre, report: &Report) -> String {
    let thresholds = &centre.scenario().run.thresholds_s;
    let longest = thresholds.iter().copied().fold(0.0, f64::max);
    let frame = Frame { longest_s: if longest > 0.0 { longest * 1.05 } else { 60.0 } };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\" fill=\"#222\">\n<title>Share of contacts answered within each wait</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"16\">Answered within the wait, of all that were not blocked</text>\n"
    );
    axes(&mut svg, &frame, thresholds);
    // A single type is the whole.
    let curves = if report.curves.len() == 2 { &report.curves[..1] } else { &report.curves[..] };
    for (at, curve) in curves.iter().enumerate() {
        let is_all = at > 0 && at + 1 == curves.len();
        draw(&mut svg, &frame, curve, (at, is_all));
    }
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String, frame: &Frame, thresholds: &[f64]) {
    let right = WIDTH - RIGHT;
    for tenth in (0..=10).step_by(2) {
        let y = Frame::y(f64::from(tenth) / 10.0);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} %</text>",
            LEFT - 8.0,
            y + 4.0,
            tenth * 10
        );
    }
    let (top, floor) = (Frame::y(1.0), Frame::y(0.0));
    let mut free_from = f64::NEG_INFINITY;
    for threshold in thresholds.iter().chain([&0.0]) {
        let x = frame.x(*threshold);
        let _ = writeln!(svg, "<path d=\"M{x:.1} {top:.1}V{floor:.1}\" stroke=\"#ddd\"/>");
        // Labels that would stand on each other are left out.
        if x >= free_from || *threshold == 0.0 {
            let label = floor + 20.0;
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{label:.1}\" text-anchor=\"middle\">{threshold} s</text>");
            free_from = x + 36.0;
        }
    }
    let (middle, foot) = ((LEFT + right) / 2.0, HEIGHT - 12.0);
    let _ = writeln!(svg, "<text x=\"{middle:.1}\" y=\"{foot}\" text-anchor=\"middle\">wait</text>");
}

fn draw(svg: &mut String, frame: &Frame, curve: &Curve, (at, is_all): (usize, bool)) {
    let colour = if is_all { "#222" } else { COLOURS[at % COLOURS.len()] };
    let dashes = if is_all || at >= COLOURS.len() { " stroke-dasharray=\"6 4\"" } else { "" };
    let mut path = String::new();
    let mut last = 0.0;
    for (wait, share) in curve.points.iter().take_while(|(wait, _)| *wait <= frame.longest_s) {
        let command =
            if path.is_empty() { format!("M{:.1} {:.1}", frame.x(0.0), Frame::y(0.0)) } else { String::new() };
        let _ = write!(path, "{command}L{:.1} {:.1}", frame.x(*wait), Frame::y(*share));
        last = *share;
    }
    let right = WIDTH - RIGHT;
    if !path.is_empty() {
        let _ =
            writeln!(svg, "<path d=\"{path}H{right}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>");
    }
    let (x, y) = (right + 16.0, TOP + 16.0 + at as f64 * 22.0);
    let _ = writeln!(
        svg,
        "<path d=\"M{x:.1} {y:.1}h22\" stroke=\"{colour}\" stroke-width=\"3\"{dashes}/><text x=\"{:.1}\" y=\"{:.1}\">{} ({:.0} %)</text>",
        x + 30.0,
        y + 4.0,
        escaped(&curve.name),
        last * 100.0
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
